"""A construction on disk: its story, its books, the graph in the store, and what is left when somebody cancels."""

import pytest

from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError, UnknownNameError
from fedviz.federation.together.options import TogetherOptions
from fedviz.kg.store import folder
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import relation
from fedviz.runs import together, together_accuracy
from fedviz.runs.journal import read

TOY = RunConfig.parse({"scenario": {"name": "toy", "train_texts": 64, "test_texts": 16}, "model": {"name": "toy", "width": 16, "layers": 1}, "federation": {"clients": 4, "rounds": 1}})


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    return tmp_path


def test_the_story_the_books_and_the_store_say_the_same():
    told = together.build(TOY, TogetherOptions(least=1, support=1), "Eight workshops")
    assert together.stories() == (told.id,) and together.story(told.id) == told
    store = GraphStore(told.graph)
    assert store.digest == told.digest and told.party_word == "workshop"
    said = {(statement, key) for statement, key, _status in store.said(predicate=relation("points_to"))}
    parties = {source.key: source.party for source in store.info.sources}
    names = [party.name for party in told.parties]
    rows = [row for row in told.fused if row.relation == "points_to"]
    assert len(said) == sum(len(row.parties) for row in rows) and {parties[key] for _s, key in said} == {names[k] for row in rows for k in row.parties}
    disputed = {statement for statement, _key, status in store.said(statuses=("disputed",)) if status == "disputed"}
    assert len(disputed) == sum(row.disputed for row in told.fused) > 0
    assert sum(len(choices) for *_rest, choices in told.contradictions()) == len(disputed)
    assert all(not entry.sentence for statement in disputed for entry in store.evidence(statement))
    contents, passed = together.book(told.id)
    events = read(together.root() / told.id / "journal.jsonl")
    ended = [event for event in events if isinstance(event, e.RoundEnded)]
    assert sum(row.bytes for row in passed) == sum(event.sent_bytes + event.received_bytes for event in ended)
    assert {row.content for row in passed} == {content.id for content in contents} and events[-1].status == "finished" and events[-1].weights_digest == told.digest


def test_every_triple_of_a_party_has_one_fate_and_the_reasons_are_those_of_the_rule():
    few = together.build(TOY, TogetherOptions(least=2, refused=("occurs_with",)), graph="few")
    released = {(row.head_name, row.relation, row.tail_name): row.parties for row in few.fused}
    for party in few.parties:
        for row in party.rows:
            shared = party.client in released.get((row.head, row.relation, row.tail), ())
            assert row.fate == ("refused" if row.relation == "occurs_with" else "released" if shared else "few")
    private = together.build(TOY, TogetherOptions(rule="private", epsilon=2.0), graph="private")
    assert {fate for party in private.parties for fate in party.fates} <= {"noise", "bounded", "released"} and private.threshold > 10
    assert all(row.parties == () for row in private.fused)
    assert [source.party for source in GraphStore("private").info.sources if source.party] == []


def test_a_name_that_is_taken_and_a_construction_that_is_none_are_one_sentence():
    folder.create("mine")
    with pytest.raises(InputError, match="already"):
        together.build(TOY, TogetherOptions(), graph="mine")
    with pytest.raises(UnknownNameError):
        together.story("../../etc")


@pytest.mark.parametrize("after", [1, 6])
def test_a_cancel_leaves_no_graph_and_a_journal_that_says_what_had_left(after):
    seen = []

    def progress(done, total, step):
        seen.append(done)
        assert 0 <= done <= total

    with pytest.raises(InputError, match="cancelled"):
        together.build(TOY, TogetherOptions(), progress=progress, cancelled=lambda: len(seen) >= after)
    assert folder.list_graphs() == () and together.stories() == ()
    (place,) = together.root().iterdir()
    events = read(place / "journal.jsonl")
    assert events[-1].status == "cancelled"
    assert any(isinstance(event, e.MessagesPassed) for event in events) == (after > 4)


@pytest.mark.slow
def test_accuracy_is_measured_for_every_party_way_and_seed():
    told = together.build(TOY, TogetherOptions(least=1))
    found = together_accuracy.measure(told.id, 2)
    assert together_accuracy.accuracy(told.id) == found and len(found.rows) == 8 and len(found.parties) == 16
    assert set(found.ways()) == {"none", "own", "fused", "shuffled"} and all(0 <= row.everywhere <= 1 for row in found.rows)
    by = {(row.seed, row.way): row.everywhere for row in found.rows}
    assert found.gain()[0] == pytest.approx(sum(by[seed, "fused"] - by[seed, "own"] for seed in (0, 1)) / 2)
    with pytest.raises(InputError, match="cancelled"):
        together_accuracy.measure(told.id, 1, cancelled=lambda: True)
