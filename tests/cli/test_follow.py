"""Following runs from the command line, in this process: bars for a person, pause and resume from elsewhere, failures."""

import json

from fedviz.cli.main import main
from fedviz.runs.folder import create
from tests.runs.small import small


def said(capsys) -> tuple[list, str]:
    captured = capsys.readouterr()
    return [json.loads(line) for line in captured.out.splitlines()], captured.err


def test_a_run_is_shown_to_a_person(tmp_path, capsys) -> None:
    (tmp_path / "c.toml").write_text(small(compare=True).to_toml())
    assert main(["run", str(tmp_path / "c.toml"), "--runs", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    for words in ("round   0", "round   2", "Finished.", "alone", "pooled"):
        assert words in out


def test_pause_and_resume_across_commands(tmp_path, capsys) -> None:
    folder = create(tmp_path, small(rounds=3), "t")
    assert main(["runs", "pause", folder.id, "--runs", str(tmp_path)]) == 2
    assert "interrupted" in capsys.readouterr().err
    with folder.lock():  # as if another process worked on it
        assert main(["runs", "pause", folder.id, "--runs", str(tmp_path), "--json"]) == 0
        assert folder.control.read() == "pause"
    folder.control.clear()
    capsys.readouterr()
    assert main(["run", "--resume", folder.id, "--runs", str(tmp_path), "--json"]) == 0
    lines, _ = said(capsys)
    assert lines[0]["type"] == "RunQueued" and lines[0]["seq"] == 2 and lines[-1]["status"] == "finished"
    assert main(["runs", "resume", folder.id, "--runs", str(tmp_path)]) == 2


def test_steps_are_rounds_and_end_with_the_bits_of_a_straight_run(tmp_path, capsys) -> None:
    (tmp_path / "c.toml").write_text(small(rounds=3).to_toml())
    assert main(["run", str(tmp_path / "c.toml"), "--runs", str(tmp_path / "straight"), "--json"]) == 0
    straight = said(capsys)[0][-1]["weights_digest"]
    folder = create(tmp_path, small(rounds=3), "t")
    for number, status in ((1, "paused"), (2, "paused"), (3, "finished")):
        before = len(folder.journal_path.read_bytes())
        assert main(["runs", "step", folder.id, "--runs", str(tmp_path), "--json"]) == 0
        captured = capsys.readouterr()
        assert captured.out.encode() == folder.journal_path.read_bytes()[before:] and captured.err == ""
        lines = [json.loads(line) for line in captured.out.splitlines()]
        assert lines[0]["type"] == "RunQueued"
        assert (lines[-1]["status"], lines[-1]["rounds_done"]) == (status, number)
    assert lines[-1]["weights_digest"] == straight != ""


def test_a_step_is_shown_to_a_person(tmp_path, capsys) -> None:
    folder = create(tmp_path, small(rounds=2), "t")
    assert main(["runs", "step", folder.id, "--runs", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "round   1" in out and "round   2" not in out and "Paused." in out


def test_a_step_of_a_run_at_work_elsewhere_asks_for_a_pause_after_its_round(tmp_path, capsys) -> None:
    folder = create(tmp_path, small(), "t")
    with folder.lock():  # as if another process worked on it
        assert main(["runs", "--json", "step", folder.id, "--runs", str(tmp_path)]) == 0
        assert folder.control.read() == "step"
    assert said(capsys) == ([{"asked": "step", "run": folder.id}], "")


def test_a_failed_run_says_why_and_exits_with_1(tmp_path, capsys) -> None:
    (tmp_path / "c.toml").write_text(small(faulty_clients=[0, 1, 2]).to_toml())
    assert main(["run", str(tmp_path / "c.toml"), "--runs", str(tmp_path), "--json"]) == 1
    lines, error = said(capsys)
    assert lines[-1]["status"] == "failed" and error.startswith("fedviz: Round 1 has no surviving client")


def test_every_option_can_be_set_under_the_key_that_is_listed(capsys) -> None:
    from fedviz.cli.options import options
    from fedviz.core.config import RunConfig

    base = RunConfig.parse({"scenario": "toy", "knowledge": "none", "federation": {"optimizer": "sgd", "weighting": "even"}})
    for option in options():
        section, _, name = option.section.partition(" [")
        if option.key.endswith(".name") or option.default is None:
            continue
        changes = {f"{section}.name": name[:-1]} if name else {}
        assert base.updated({**changes, option.key: option.default})
