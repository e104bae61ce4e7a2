"""`kg build`: a graph from texts, from the command line."""

import pytest

from fedviz.kg.store.store import GraphStore
from tests.cli.conftest import call


@pytest.fixture
def names(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    (tmp_path / "names.txt").write_text("Anemia\nDeafness; hearing loss\n", "utf-8")
    (tmp_path / "notes.txt").write_text("Anemia due to lead\n\nAnemia without hearing loss\n", "utf-8")
    return tmp_path


def test_it_shows_each_step_and_writes_nothing(names):
    said = call("kg", "build", "made", "--file", str(names / "notes.txt"), "--names", str(names / "names.txt"), "--show", "--json")
    (found,) = said.documents
    assert said.code == 0 and (found["texts"], found["triples"], found["held"], found["sources"]) == (2, 1, 1, [])
    assert [one["mentions"][-1]["entity"] for one in found["found"]] == ["anemia", "deafness"]
    assert call("kg", "list", "--json").documents == []


def test_it_writes_a_source_of_the_party(names):
    said = call("kg", "build", "made", "--text", "Anemia due to lead", "--names", str(names / "names.txt"), "--party", "Hospital A", "--json")
    assert said.code == 0 and [source["party"] for source in said.documents[0]["sources"]] == ["Hospital A"]
    assert GraphStore("made").statistics().triples == 3


@pytest.mark.parametrize(
    ("more", "why"),
    [(("--text", " "), "no triple"), (("--text", "x", "--set", "domain=poetry"), "domain"), (("--text", "x", "--names", "nowhere"), "nowhere"), (("--file", "missing.txt"), "cannot be read"), (("--text", "x" * 30_000), "20,000")],
)
def test_what_cannot_be_done_is_one_sentence(names, more, why):
    said = call("kg", "build", "made", *more)
    assert said.code == 2 and why in said.err and len(said.err.strip().splitlines()) == 1
    assert call("kg", "list", "--json").documents == []


def test_missing_attributes_are_proposed_and_not_added(names):
    from fedviz.kg.store import folder
    from fedviz.kg.store.change import change
    from fedviz.kg.store.memory import BROADER
    from fedviz.kg.store.records import SourceInfo
    from fedviz.kg.store.terms import Statement, entity, literal, relation

    folder.create("fruit", "Fruit")
    rows = [Statement(entity(f"apple {k}"), BROADER[0], entity("apple")) for k in range(6)] + [Statement(entity(f"apple {k}"), relation("colour"), literal("red")) for k in range(5)]
    with change("fruit", "Made") as write:
        write.add(write.new_source(SourceInfo(key="", title="made", reader="hand")).key, [(row, None) for row in rows])
    before = GraphStore("fruit").digest
    (told,) = call("kg", "propose", "fruit", "--attributes", "--json").documents
    assert [(one["object"], one["confidence"]) for one in told["proposals"]] == [('"red"', 1.0)] and told["tested"][0]["asked"] == 5 and GraphStore("fruit").digest == before
    assert "right, held out" in call("kg", "propose", "fruit", "--attributes").out
