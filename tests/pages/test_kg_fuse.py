"""The section Fuse of the page Graph without a browser: pairs are decided and taken back, contradictions settled and opened again."""

import pytest

from fedviz.kg.fuse import contradictions, merge, queue
from fedviz.kg.fuse.records import Proposal
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import RDFS, Statement, literal

pytestmark = pytest.mark.slow

LABEL = f"<{RDFS}label>"
SCRIPT = "<script>alert(1)</script>"


def words(at):
    shown = " ".join(str(element.value) for element in (*at.markdown, *at.caption, *at.warning, *at.info, *at.error, *at.success, *at.subheader))
    return shown.replace("\\", "")


@pytest.fixture
def store(home):
    folder.create("g", "G")
    for number, title in enumerate(("first", "second", "third")):
        rows = [Statement(f"<urn:e:{title}:{key}>", LABEL, literal(name)) for key, name in (("a", f"Aspirin {SCRIPT}"), ("b", "Valve"))]
        rows += [Statement(f"<urn:e:p{person}>", "<urn:r:born>", literal(f"19{person + (number == 2 and person == 3):02d}")) for person in range(12)]
        with change("g", title) as write:
            write.add(write.new_source(SourceInfo(key="", title=title, reader="hand")).key, [(row, None) for row in rows])
    pairs = [("<urn:e:first:a>", "<urn:e:second:a>"), ("<urn:e:first:b>", "<urn:e:second:b>")]
    queue._write("g", [Proposal(left=left, right=right, names=("Aspirin", SCRIPT), score=0.7, parts={"letters": 2.0, "neighbours": -1.0}, mutual=True) for left, right in pairs])
    return GraphStore("g")


def test_without_a_graph_it_says_where_one_comes_from(open_page):
    assert "There is no graph of your own yet" in words(open_page("graph", section="fuse"))


def test_pairs_are_decided_one_by_one_and_taken_back(store, open_page):
    at = open_page("graph", section="fuse", graph="g")
    assert "Pairs that wait: 2. Decided: 0." in words(at) and at.button(key="fuse-undo").disabled
    at.button(key="fuse-same").click().run()
    assert list(merge.decided(store).values()) == ["same"] and "Pairs that wait: 1. Decided: 1." in words(at)
    at.button(key="fuse-different").click().run()
    assert "No pair waits" in words(at) and sorted(merge.decided(store).values()) == ["different", "same"]
    at.button(key="fuse-take-back").click().run()
    assert len(merge.decided(store)) == 1 and "Pairs that wait: 1." in words(at)
    assert not at.exception and at.session_state["fuse-last"]
    at.button(key="fuse-undo").click().run()
    assert not at.exception


def test_later_puts_a_pair_behind_the_others(store, open_page):
    at = open_page("graph", section="fuse", graph="g")
    assert "urn:e:first:a" in words(at)
    at.button(key="fuse-later").click().run()
    assert "urn:e:first:b" in words(at) and merge.decided(store) == {}


def test_contradictions_are_shown_settled_and_opened_again(store, open_page):
    at = open_page("graph", section="fuse", graph="g", fuse="contradictions")
    shown = words(at)
    assert "One value, several answers: 1" in shown
    assert "Statements that would change their status: 1." in shown, shown
    assert len(contradictions.find(store)) == 1
    at.button(key="fuse-settle").click().run()
    assert contradictions.find(store) == () and "Nothing here contradicts" in words(at)
    at.button(key="fuse-restore").click().run()
    assert len(contradictions.find(store)) == 1 and not at.exception


def test_a_persons_answer_wins(store, open_page):
    at = open_page("graph", section="fuse", graph="g", fuse="contradictions")
    (found,) = contradictions.find(store)
    right = min(range(2), key=lambda number: len(found.claims[number].sources))
    at.radio(key=f"fuse-right-{found.key}").set_value(right).run()
    at.button(key="fuse-hand").click().run()
    assert not at.exception and contradictions.find(store) == ()
    (settled,) = contradictions.settled(store)
    assert {status for *_said, status in settled.claims[1 - right].said} == {"rejected"}


@pytest.mark.parametrize("query", [{"graph": "../../etc"}, {"graph": "g", "fuse": SCRIPT}])
def test_a_bad_address_is_no_trouble(store, open_page, query):
    at = open_page("graph", section="fuse", **query)
    assert not at.exception and "<script>" not in " ".join(str(element.value) for element in at.markdown).replace("\\<script\\>", "")
