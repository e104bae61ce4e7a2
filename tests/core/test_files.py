"""A file is whole or not there: whatever fails on the way, the old file stays and nothing is left beside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fedviz.core.files import write_atomic

ROOT = Path(__file__).parents[2]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_bytes_and_text_are_written_into_new_folders(tmp_path):
    target = tmp_path / "a" / "b" / "file.json"
    write_atomic(target, "Ärzte 医\r\n")
    assert target.read_bytes() == "Ärzte 医\r\n".encode()
    write_atomic(target, b"\x00\xff")
    assert target.read_bytes() == b"\x00\xff"
    assert names(target.parent) == ["file.json"]


@pytest.mark.parametrize("step", ["fsync", "replace", "write"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_alone(tmp_path, monkeypatch, step, error):
    target = tmp_path / "file"
    write_atomic(target, "old")

    def fail(*_, **__):
        raise error

    if step == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    elif step == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:
        monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(type(error)):
        write_atomic(target, "new")
    monkeypatch.undo()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_process_that_dies_leaves_the_old_file_and_the_next_write_works(tmp_path):
    target = tmp_path / "file"
    write_atomic(target, "old")
    # dies after it wrote beside, before it renamed
    dying = (
        "import os, sys\nfrom pathlib import Path\nfrom fedviz.core.files import write_atomic\n"
        "os.fsync = lambda _: os._exit(9)\nwrite_atomic(Path(sys.argv[1]), 'new')"
    )
    assert subprocess.run([sys.executable, "-c", dying, str(target)], cwd=ROOT).returncode == 9
    assert target.read_text() == "old"
    write_atomic(target, "newer")
    assert target.read_text() == "newer"


def test_a_reader_sees_one_of_the_versions_at_all_times(tmp_path):
    target = tmp_path / "file"
    versions = [letter * 100_000 for letter in "ab"]
    write_atomic(target, versions[0])
    with target.open() as reader:
        write_atomic(target, versions[1])
        assert reader.read() == versions[0]
    assert target.read_text() == versions[1]
