"""A carrier made for the tests, and an empty data folder for each."""

import hashlib
import shutil
import zipfile

import pytest

from fedviz.carriers import fetch, pip, records
from fedviz.carriers.records import Carrier


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty data folder; pip may look nowhere but into `wheels` beside it."""
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return tmp_path / "home"


@pytest.fixture
def sample(home, tmp_path, monkeypatch):
    """A wheel of two used files and one unused, its record (key "sample"), and its pin."""
    wheel = tmp_path / "wheels" / "sample_carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("sample_carrier/data/words.txt", "one two three")
        archive.writestr("sample_carrier/data/LICENSE", "MIT")
        archive.writestr("sample_carrier/data/unused.bin", "0" * 1000)
        archive.writestr("sample_carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: sample-carrier\nVersion: 1.0\n")
        archive.writestr("sample_carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("sample_carrier-1.0.dist-info/RECORD", "")
    carrier = Carrier(
        key="sample",
        title="Sample",
        package="sample-carrier",
        version="1.0",
        licence="MIT",
        says="Three words.",
        source="the tests",
        date="2026-01-01",
        citation="none",
        wheel_bytes=wheel.stat().st_size,
        files=(("words.txt", "sample_carrier/data/words.txt"), ("LICENSE", "sample_carrier/data/LICENSE")),
    )
    monkeypatch.setitem(records.CARRIERS, "sample", carrier)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setattr(pip, "requirement", lambda carrier: f"sample-carrier==1.0 --hash=sha256:{digest}")
    return wheel


@pytest.fixture
def copied(sample, monkeypatch):
    """The sample's wheel without pip: copied, where a test is about something else than the download."""

    def copy(carrier, into, progress):
        return shutil.copy(sample, into)

    monkeypatch.setattr(fetch, "download", copy)
    return sample
