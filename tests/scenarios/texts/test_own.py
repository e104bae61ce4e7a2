"""Data sets of one's own: kept whole or not at all, pinned by a run, split without a leak, and the scenario that is made of them."""

import json
from collections import Counter
from types import SimpleNamespace

import huggingface_hub
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError, InputError, UnknownNameError
from fedviz.kg.sources.load import import_graph
from fedviz.kg.store import folder as graphs
from fedviz.kg.store.records import SourceInfo
from fedviz.runs.folder import create
from fedviz.runs.sizes import sizes
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.texts import folder, hub
from fedviz.scenarios.texts.records import MAX_BYTES, Intake, Row, TextsOptions
from fedviz.scenarios.texts.split import by_chance, newest
from fedviz.scenarios.texts.tables import File

COLUMNS = TextsOptions(client="client", date="date")


def calls(count=40, start=0):
    """A file of texts in two classes of three branches, one a day."""
    lines = [f"text {n},{('billing', 'network')[n % 2]},{('North', 'South', 'East')[n % 3]},2026-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(start, start + count)]
    return File("calls.csv", "\n".join(["text,label,client,date", *lines]).encode())


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A data folder of its own."""
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    return tmp_path


def own(**changes):
    """A small run on the data set `calls`."""
    return RunConfig.parse({"scenario": {"name": "own", "data": "calls"} | changes, "model": "toy", "federation": {"clients": 3}})


def test_a_data_set_says_what_came_in_and_is_read_back():
    info = folder.keep("calls", [calls()], COLUMNS, title="Calls", licence="CC0")
    assert (info.rows, info.classes, info.clients) == (40, {"billing": 20, "network": 20}, {"East": 13, "North": 14, "South": 13})
    assert info.dated and (info.first_date[:10], info.last_date[:10]) == ("2026-01-01", "2026-02-12") and info.origin == "calls.csv" and len(info.sha256) == 64
    assert folder.kept() == (info,) and folder.read("calls") == info
    assert folder.rows(info)[0] == Row("text 0", "billing", "North", "2026-01-01T00:00:00.000000")
    assert folder.keep("again", [calls()], COLUMNS).digest == info.digest, "the digest is that of the rows"
    folder.remove("calls")
    assert [one.name for one in folder.kept()] == ["again"]
    with pytest.raises(UnknownNameError, match="again"):
        folder.read("calls")
    with pytest.raises(UnknownNameError):
        folder.remove("calls")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "UP", "x" * 41, "a\x00", "-a"])
def test_an_impossible_name_is_one_sentence_and_leaves_the_folder_alone(home, name):
    with pytest.raises(InputError, match="lower-case letters"):
        folder.keep(name, [calls()], COLUMNS)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("files", [[], [File("x.csv", b"text,label\na,b\n")], [File("x.csv", b"text,label\n,b\n")], [calls(), File("x.csv", b"")], [File("x", b"0")] * 1001])
def test_what_cannot_be_kept_leaves_what_was_there(files):
    first = folder.keep("calls", [calls()], COLUMNS)
    with pytest.raises(InputError):
        folder.keep("calls", files, TextsOptions(), replace=True)
    with pytest.raises(InputError, match="already"):
        folder.keep("calls", [calls()], COLUMNS)
    assert folder.read("calls") == first and len(folder.rows(first)) == 40


def test_files_that_are_too_large_are_refused_unread():
    class Huge(bytes):
        def __len__(self):
            return MAX_BYTES + 1

    with pytest.raises(InputError, match=f"bytes={MAX_BYTES + 1}"):
        folder.keep("calls", [File("x.csv", Huge(b"text,label"))], TextsOptions())


def test_damage_on_the_disk_is_one_sentence(home):
    info = folder.keep("calls", [calls()], COLUMNS)
    (home / "texts" / "calls" / f"rows-{info.digest}.jsonl").write_bytes(b'["a", "b"]\n')
    with pytest.raises(InputError, match="missing or damaged"):
        scenarios.load(own(test_share=0.31))
    (home / "texts" / "calls" / "texts.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        folder.read("calls")
    assert folder.kept() == ()


def test_a_folder_is_read_by_name_and_other_files_are_counted(tmp_path):
    place = tmp_path / "mine"
    (place / "b").mkdir(parents=True)
    (place / "b" / "x.csv").write_bytes(b"text,label\nlast,1\n")
    (place / "a.jsonl").write_bytes(b'{"text": "first", "label": 2}\n')
    (place / "picture.png").write_bytes(b"png")
    (place / ".hidden.csv").write_bytes(b"nothing")
    told = Intake()
    files = folder.from_paths([place], TextsOptions(), told)
    info = folder.keep("mine", files, TextsOptions(client_is_file=True), intake=told)
    assert [file.name for file in files] == ["a.jsonl", "b/x.csv"] and info.clients == {"a": 1, "b/x": 1} and info.left_out == {"files of another format": 1}
    with pytest.raises(InputError, match="no file"):
        folder.from_paths([tmp_path / "nowhere"], TextsOptions(), told)


def test_a_run_keeps_the_version_of_its_texts_and_refuses_another(tmp_path):
    info = folder.keep("calls", [calls()], COLUMNS)
    kept = create(tmp_path / "runs", own(), "own").config()
    assert kept.scenario.data == info.pinned and scenarios.load(kept).train.texts == scenarios.load(own()).train.texts
    counted = sum(sizes(own()).train)
    folder.keep("calls", [calls(80)], COLUMNS, replace=True)
    with pytest.raises(ConfigError, match="has changed since"):
        scenarios.load(kept)
    assert sum(sizes(own()).train) == 2 * counted and len(list((tmp_path / "texts" / "calls").iterdir())) == 2


def test_no_data_set_and_an_unknown_one_are_one_sentence(tmp_path):
    folder.keep("calls", [calls()], COLUMNS)
    for data, words in (("", "must name a data set"), ("other", "calls")):
        with pytest.raises(ConfigError, match=words):
            scenarios.load(own(data=data))
        with pytest.raises(ConfigError, match=words):
            create(tmp_path / "runs", own(data=data), "x")
    with pytest.raises(ConfigError, match=r"scenario\.data"):
        own(data="../x")


def test_the_newest_are_the_test_and_clients_are_those_of_the_column():
    folder.keep("calls", [calls()], COLUMNS)
    data = scenarios.load(own())
    assert data.test.texts == tuple(f"text {n}" for n in range(32, 40)) and len(data.train) == 32
    assert data.parties == ("East", "North", "South") and scenarios.shards(own(), data).names == data.parties
    assert set(data.samples) <= set(data.test.texts) and data.provenance.title == "calls" and data.graph.triples == ()
    mixed = scenarios.load(own(split="chance"))
    assert set(mixed.test.texts) != set(data.test.texts) and Counter(mixed.test.labels.tolist()) == {0: 4, 1: 4}
    assert scenarios.load(own(split="chance")) is mixed and scenarios.load(own(split="chance").updated({"seed": 1})).test.texts != mixed.test.texts


def test_texts_without_clients_are_dealt_by_a_partition_and_the_natural_one_says_so():
    folder.keep("calls", [calls()], TextsOptions())
    data = scenarios.load(own())
    with pytest.raises(ConfigError, match="partition=natural"):
        scenarios.shards(own(), data)
    dealt = scenarios.shards(own().updated({"partition": "iid"}), data)
    assert dealt.names == ("Client 1", "Client 2", "Client 3") and any("name no client" in warning for warning in data.warnings)


def test_a_graph_of_the_store_takes_part():
    folder.keep("calls", [calls()], COLUMNS)
    graphs.create("parts")
    toy = scenarios.load(RunConfig.parse({"scenario": "toy", "model": "toy"}))
    import_graph("parts", toy.graph, SourceInfo(key="", title="toy", reader="hand"))
    data = scenarios.load(own(graph="parts"))
    assert data.graph.digest == toy.graph.digest and "not checked" in data.warnings[0]


rows_of = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(1, 9)), min_size=2, max_size=40).map(
    lambda found: [Row(f"text {text}", f"class {label}", "", f"2026-01-0{day}") for text, label, day in found]
)


@settings(max_examples=60, deadline=None)
@given(rows=rows_of, share=st.floats(0.05, 0.5), seed=st.integers(0, 99))
def test_no_text_is_on_both_sides_and_none_is_lost(rows, share, seed):
    labels = np.array([int(row.label[-1]) for row in rows])
    try:
        train, test = by_chance(rows, labels, share, np.random.default_rng(seed))
    except ConfigError:
        assert max(Counter(row.label for row in {row.text: row for row in reversed(rows)}.values()).values()) < 2
    else:
        assert sorted((*train, *test)) == list(range(len(rows))) and not {rows[n].text for n in train} & {rows[n].text for n in test}
        assert len(train) and len(test)
    try:
        train, test, again = newest(rows, share)
    except ConfigError:
        return
    assert len(train) + len(test) + again == len(rows) and not {rows[n].text for n in train} & {rows[n].text for n in test}
    assert max(rows[n].date for n in train) < min(rows[n].date for n in test)


def test_every_class_is_in_both_parts_by_its_share():
    rows = [Row(f"text {n}", "often" if n % 10 else "seldom") for n in range(200)]
    labels = np.array([row.label == "often" for row in rows], dtype=np.int64)
    _train, test = by_chance(rows, labels, 0.2, np.random.default_rng(0))
    assert np.bincount(labels[test]).tolist() == [4, 36]


class FakeHub:
    """What `huggingface_hub` gives for one data set; `asked` holds every call."""

    def __init__(self, folder_, files, error=None):
        self.asked, self._folder, self._files, self._error = [], folder_, files, error

    def dataset_info(self, name, revision, files_metadata, timeout):
        self.asked.append((name, revision))
        if self._error:
            raise self._error
        found = self._files.get(revision, {})
        return SimpleNamespace(sha="c0ffee", siblings=[SimpleNamespace(rfilename=path, size=size) for path, size in found.items()], card_data=SimpleNamespace(license="cc0-1.0"))

    def download(self, name, path, repo_type, revision, cache_dir, token):
        self.asked.append((name, path, repo_type, revision, token))
        place = self._folder / "download"
        place.write_bytes(b"text,label\na,1\nb,2\n")
        return str(place)

    def install(self, monkeypatch):
        monkeypatch.setattr(huggingface_hub, "HfApi", lambda token: self)
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", self.download)
        return self


def test_a_data_set_of_the_hub_comes_at_one_commit_without_a_token(tmp_path, monkeypatch):
    fake = FakeHub(tmp_path, {None: {"README.md": 5, "script.py": 9, "train.csv": 20, "test.csv": 20}}).install(monkeypatch)
    found = hub.fetch("owner/name", part="train")
    assert [file.name for file in found.files] == ["train.csv"] and found.licence == "cc0-1.0" and found.origin.endswith("owner/name at c0ffee")
    assert fake.asked[-1] == ("owner/name", "train.csv", "dataset", "c0ffee", False)
    assert folder.keep("hub", found.files, TextsOptions(), origin=found.origin).origin == found.origin


def test_a_repository_of_scripts_is_read_as_the_hub_converted_it(tmp_path, monkeypatch):
    fake = FakeHub(tmp_path, {None: {"script.py": 9}, hub.CONVERTED: {"default/train/0000.parquet": 30}}).install(monkeypatch)
    assert [file.name for file in hub.fetch("owner/name").files] == ["default/train/0000.parquet"] and fake.asked[1] == ("owner/name", hub.CONVERTED)


@pytest.mark.parametrize(
    ("name", "files", "error", "words"),
    [
        ("owner/name", {}, ConnectionError("down"), "comes by network.*got ConnectionError"),
        ("owner/name", {None: {"a.py": 1}, hub.CONVERTED: {}}, None, "has no CSV"),
        ("owner/name", {None: {"a.csv": MAX_BYTES + 1}}, None, f"bytes={MAX_BYTES + 1}"),
        ("../../etc", {}, None, "OWNER/NAME"),
        ("a/b/c", {}, None, "OWNER/NAME"),
        ("", {}, None, "OWNER/NAME"),
    ],
)
def test_what_the_hub_cannot_give_is_one_sentence(tmp_path, monkeypatch, name, files, error, words):
    FakeHub(tmp_path, files, error).install(monkeypatch)
    with pytest.raises(InputError, match=words):
        hub.fetch(name)


def test_rows_are_kept_as_json_that_anybody_can_read(home):
    info = folder.keep("calls", [calls(2)], COLUMNS)
    lines = (home / "texts" / "calls" / f"rows-{info.digest}.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)[:2] for line in lines] == [["text 0", "billing"], ["text 1", "network"]]
