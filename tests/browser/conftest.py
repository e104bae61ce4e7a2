"""A real server and Debian's chromium for the browser tests.

The server gets a data folder of its own, in which the carriers are links to the ones that are installed, so that a test
never sees or leaves runs of the person who runs it.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request

from fedviz.bench import stage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the browser, and is slow (tests/conftest.py)."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Debian's chromium instead of a download of Playwright's."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("The browser tests need chromium: install Debian's package chromium.")
    return {"executable_path": path, "args": stage.FLAGS, "headless": True}


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the shared server; `server_home / "runs"` holds its runs."""
    return stage.make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def app_url(server_home: Path) -> Iterator[str]:
    """Address of a running app, without a trailing slash."""
    with stage.server(server_home) as (address, _):
        yield address


def painted(page: Page, address: str, height: int) -> Page:
    """A page 1,400 wide at that address, once its graph is painted."""
    page.set_viewport_size({"width": 1400, "height": height})
    page.goto(address)
    page.locator(".graph[data-painted]").wait_for(timeout=60_000)
    page.wait_for_timeout(500)
    return page


@pytest.fixture
def external_requests(page: Page) -> list[str]:
    """Addresses outside this machine that the page asked for; must stay empty."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")):
            seen.append(request.url)

    page.on("request", note)
    return seen
