"""The control file: one word, and a cancel is not taken back."""

import pytest

from fedviz.runs.control import Control


def test_words_are_asked_read_and_cleared(tmp_path) -> None:
    control = Control(tmp_path / "control")
    assert control.read() is None
    for word in ("pause", "step", "cancel"):
        control.ask(word)
        assert Control(tmp_path / "control").read() == word
    control.ask("pause")
    assert control.read() == "cancel"
    control.clear()
    control.clear()
    assert control.read() is None


@pytest.mark.parametrize("content", [b"", b"stop", b"\xff\xfe", b"pause now"])
def test_anything_else_means_nothing(tmp_path, content: bytes) -> None:
    (tmp_path / "control").write_bytes(content)
    assert Control(tmp_path / "control").read() is None
