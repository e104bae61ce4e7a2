"""The reader of sentences: what an error says becomes one message for each way to say it."""

from pathlib import Path

import pytest

from fedviz.ui.raised import raised

SOURCE = '''
WAY_OUT = "run `fetch`"
_CAUSES = (("sign", "the disk is full"), ("other", "the disk is slow"))


def check(path, key, items, error):
    """Nothing of this is a message, nor is `raise RunError("x")`."""
    %s


def _cause(log):
    for sign, meaning in _CAUSES:
        if sign in log:
            return meaning
    return log[-1] if log else "nothing was said"


def _disk(error):
    if error.errno == 1:
        return f"The disk {error.filename} is full."
    return f"The disk cannot be used: {error.strerror or error}."
'''


@pytest.fixture
def read(tmp_path: Path):
    def messages(statement: str, block: str = "core") -> list[str]:
        folder = tmp_path / "product" / block
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "some.py").write_text(SOURCE % statement, "utf-8")
        return [message for _file, message in raised(tmp_path / "product")]

    return messages


@pytest.mark.parametrize(("statement", "messages"), [
    ('raise RunError("It is gone.") from None', ["It is gone."]),
    ('raise RunError("It is " "gone" f" from {path.parent.name}/{path.name}.")', ["It is gone from {name}/{name2}."]),
    ('raise InputError(f"A text has {len(items):,} of {key[:80]!r}, {path!s:>9}.")', ["A text has {items} of {key}, {path}."]),
    ('raise ConfigError(f"{key} is missing; {WAY_OUT}.")', ["{key} is missing; run `fetch`."]),
    ('raise CarrierError(_disk(error))', ["The disk {filename} is full.", "The disk cannot be used: {strerror}."]),
    ('raise CarrierError(f"No: {_cause(items)}.")', ["No: {cause}.", "nothing was said", "the disk is full", "the disk is slow"]),
    ('why = f"; for {key}" if key else ""\n    raise RunError(f"It failed{why}")', ["It failed; for {key}", "It failed"]),
    ('kept = ", ".join(items) or "none"\n    raise RunError(f"Kept: {kept}.")', ["Kept: {kept}.", "none"]),
    ('kept = items or "none"\n    raise RunError(f"got kept={kept}.")', ["got kept={kept}."]),
    ('raise UnknownNameError(f"file of {key}", path, items)', ["file of {key}"]),
    ('raise ValueError(f"no {{braces}} in {path}")', ["no {{braces}} in {path}"]),
    ('worker.end("failed", f"It stopped: {error}.")', ["It stopped: {error}."]),
    ('reason = error.reason or "no reason was given"', ["no reason was given"]),
    ('intake.skip(3, f"it has {len(items)} cells")', ["it has {items} cells"]),
    ('key = key or key\n    raise RunError(f"{key} is odd.")', ["{key} is odd."]),
    ('raise RunError(_("Translated."))', []),
    ('raise RunError(str(error))', []),
    ('raise RunError(key)', []),
    ('raise NotImplementedError("for nobody")', []),
])
def test_an_error_gives_its_messages(read, statement, messages):
    assert sorted(read(statement)) == sorted(messages)


def test_the_interface_is_not_read(read):
    assert read('raise RunError("It is gone.")', block="ui") == []


def test_messages_that_differ_in_names_alone_are_one(tmp_path):
    for block, name in (("core", "path"), ("runs", "folder")):
        (tmp_path / "product" / block).mkdir(parents=True)
        (tmp_path / "product" / block / "some.py").write_text(f'raise RunError(f"No {{{name}}} here.")', "utf-8")
    assert list(raised(tmp_path / "product")) == [("product/core/some.py", "No {path} here."), ("product/runs/some.py", "No {path} here.")]
