"""A real server and Debian's chromium for the browser tests.

The server gets a data folder of its own, in which the carriers are links to the ones that are installed, so that a test
never sees or leaves runs of the person who runs it.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request

from fedviz.bench.stage import make_home

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is slow and needs the browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Debian's chromium instead of a download of Playwright's."""
    if CHROMIUM is None:
        pytest.fail("The browser tests need chromium: install Debian's package chromium.")
    return {"executable_path": CHROMIUM, "args": FLAGS, "headless": True}


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(home: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the app as the README says, wait until it answers, return its process."""
    environment = os.environ | {"FEDVIZ_HOME": str(home), "FLWR_TELEMETRY_ENABLED": "0", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless", "true"]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return process
        except OSError:
            time.sleep(0.2)
    process.kill()
    pytest.fail(f"The server did not start: {(home / 'server.log').read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the shared server; `server_home / "runs"` holds its runs."""
    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def app_url(server_home: Path) -> Iterator[str]:
    """Address of a running app, without a trailing slash."""
    port = free_port()
    process = start_server(server_home, port)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture
def external_requests(page: Page) -> list[str]:
    """Addresses outside this machine that the page asked for; must stay empty."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")):
            seen.append(request.url)

    page.on("request", note)
    return seen
