"""A run is its folder: ids, titles, summaries, zips, and damage that breaks nothing else."""

import io
import zipfile

import pytest

from fedviz.core.errors import RunError
from fedviz.runs.folder import MAX_TITLE, RUN_ID, RunFolder, create, list_runs, open_run, summary, view_of
from fedviz.runs.journal import JournalWriter
from tests.runs.fake import fake_events
from tests.runs.small import small


def finished(root) -> RunFolder:
    folder = create(root, small(), "A run")
    with JournalWriter(folder.journal_path) as journal:
        for event in fake_events(3, 2)[1:]:
            journal.append(event)
    return folder


def test_a_new_run_has_an_unguessable_id_and_its_config(tmp_path) -> None:
    ids = {create(tmp_path, small(), "same title").id for _ in range(5)}
    assert len(ids) == 5 and all(RUN_ID.fullmatch(one) for one in ids)
    assert open_run(tmp_path, next(iter(ids))).config() == small()


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "a\nb\x00c", "x" * 5000, "", "标题 😀"])
def test_any_title_survives_as_data(tmp_path, title: str) -> None:
    folder = create(tmp_path, small(), title)
    assert folder.title == " ".join(title.split())[:MAX_TITLE]
    assert list_runs(tmp_path)[0].title == folder.title


@pytest.mark.parametrize("run_id", ["", "..", "../../etc", "ABCDEFGH", "a" * 33, "abcdefgh/..", "none0000none"])
def test_an_id_that_is_none_opens_nothing(tmp_path, run_id: str) -> None:
    with pytest.raises(RunError, match="no run"):
        open_run(tmp_path, run_id)


def test_a_link_out_of_the_folder_is_no_run(tmp_path) -> None:
    folder = create(tmp_path / "elsewhere", small(), "t")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / folder.id).symlink_to(folder.path)
    with pytest.raises(RunError):
        open_run(tmp_path / "runs", folder.id)


def test_the_summary_of_a_finished_run(tmp_path) -> None:
    row = summary(finished(tmp_path))
    assert (row.status, row.rounds_done, row.rounds, row.clients, row.scenario, row.strategy) == ("finished", 2, 2, 3, "toy", "fedavg")
    assert set(row.metrics) == {"loss", "accuracy", "macro_f1"} and row.elapsed_s > 0 and not row.resumable


@pytest.mark.parametrize("damage", ["journal", "config", "no config", "no journal", "empty journal", "foreign config", "binary"])
def test_a_damaged_run_shows_as_damaged_and_hides_nobody(tmp_path, damage: str) -> None:
    whole, broken = finished(tmp_path), finished(tmp_path)
    match damage:
        case "journal":
            lines = broken.journal_path.read_text().splitlines(keepends=True)
            broken.journal_path.write_text("".join([lines[0], "{broken\n", *lines[1:]]))
        case "config":
            broken.config_path.write_text("seed = [")
        case "no config":
            broken.config_path.unlink()
        case "no journal":
            broken.journal_path.unlink()
        case "empty journal":
            broken.journal_path.write_text("")
        case "foreign config":
            broken.config_path.write_text('[scenario]\nname = "from-the-future"\n')
        case "binary":
            broken.config_path.write_bytes(b"\xff\xfe\x00")
    rows = {row.id: row for row in list_runs(tmp_path)}
    assert rows[whole.id].status == "finished"
    assert rows[broken.id].status == "damaged"
    assert rows[broken.id].reason.endswith(".") and "damaged" in rows[broken.id].reason


def test_other_folders_and_files_are_no_runs(tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "abcdefgh1234").mkdir()
    (tmp_path / ".deleted-abc").mkdir()
    assert list_runs(tmp_path) == []
    assert list_runs(tmp_path / "nowhere") == []


def test_a_zip_holds_the_run_and_no_locks(tmp_path) -> None:
    folder = finished(tmp_path)
    folder.control.ask("pause")
    with folder.lock():
        names = zipfile.ZipFile(io.BytesIO(folder.zip_bytes())).namelist()
    assert sorted(names) == [f"{folder.id}/config.toml", f"{folder.id}/journal.jsonl"]
    folder.zip_to(tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "again")
    again = open_run(tmp_path / "again", folder.id)
    assert view_of(again) == view_of(folder) and again.config() == folder.config()


def test_a_run_that_is_worked_on_cannot_be_deleted(tmp_path) -> None:
    folder = finished(tmp_path)
    with folder.lock(), pytest.raises(RunError, match="cancel"):
        folder.delete()
    folder.delete()
    assert not folder.path.exists() and list_runs(tmp_path) == []


def test_a_queued_run_without_a_worker_is_interrupted(tmp_path) -> None:
    folder = create(tmp_path, small(), "t")
    assert folder.status() == "interrupted"
    with folder.lock():
        assert folder.status() == "queued"
        assert folder.is_alive()
    assert not folder.is_alive()


def test_the_view_of_a_growing_journal_is_read_on(tmp_path) -> None:
    folder = create(tmp_path, small(), "t")
    events = fake_events(3, 2)[1:]
    with JournalWriter(folder.journal_path) as journal:
        for event in events:
            written = journal.append(event)
            assert view_of(folder).last_seq == written.seq
    assert view_of(folder).status == "finished"


def test_an_unwritable_place_is_one_sentence(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="^Runs cannot be kept in .*[.]$"):
        create(tmp_path / "file", small(), "t")
