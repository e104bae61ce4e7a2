"""The sections Ask and Reason of the page Graph without a browser: questions, errors at their place, rules, proofs, taking back."""

import threading
import time

import pytest

from fedviz.kg.reason import derive
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.memory import BROADER, LABELS
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, entity, literal, relation
from fedviz.ui import jobs, kg_graphs

NAMES = {"e": "Eye finding", "l": "Lens finding", "c": "Cataract", "d": "Drop"}
ROWS = [
    *(Statement(entity(key), LABELS[0], literal(name, "en")) for key, name in NAMES.items()),
    *(Statement(entity(a), BROADER[0], entity(b)) for a, b in ("le", "cl")), Statement(entity("d"), relation("treats"), entity("c")),
]  # fmt: skip


@pytest.fixture
def graph(home):
    folder.create("eyes", "Eyes *and* <b>more</b>")
    with change("eyes", "Said") as under_way:
        under_way.add(under_way.new_source(SourceInfo(key="", title="Book", reader="hand")).key, [(row, None) for row in ROWS])
    yield GraphStore("eyes")
    jobs._jobs().clear()


def words(at):
    shown = (*at.markdown, *at.caption, *at.warning, *at.info, *at.error, *at.success, *at.code)
    return " ".join(str(element.value) for element in shown).replace("\\", "").replace("**", "")


def finished(at, key):
    """The page once the work of that key has ended."""
    end = time.monotonic() + 60
    while jobs.running(key) and time.monotonic() < end:
        time.sleep(0.02)
    return at.run()


def test_without_a_graph_there_is_a_sentence(open_page):
    for section in ("ask", "reason"):
        assert "no graph of your own yet" in words(open_page("graph", section=section))


def test_a_question_in_words_is_answered_and_its_query_shown(open_page, graph):
    at = open_page("graph", section="ask", graph="eyes")
    at.selectbox(key="kg-ask-template").select("kinds")
    at.text_input(key="kg-ask-first").input("eye").run()
    assert "2 rows" in words(at) and "rdfs" not in words(at) and "subClassOf" in words(at)
    assert list(at.dataframe[0].value["thing"]) == ["Cataract · c", "Lens finding · l"]
    at.text_input(key="kg-ask-first").input("unicorn").run()
    assert "No entity has a name" in words(at) and not at.exception


def test_a_query_with_an_error_shows_the_place(open_page, graph):
    at = open_page("graph", section="ask", graph="eyes")
    at.button_group(key="kg-ask-way").set_value("sparql").run()
    at.text_area(key="kg-ask-sparql").input("SELECT ?x\nWHERE { ?x ?y }").run()
    at.button(key="kg-ask-run").click().run()
    assert "line 2, column" in words(at) and "2: WHERE { ?x ?y }" in words(at) and not at.exception
    at.text_area(key="kg-ask-sparql").input("SELECT * { SERVICE <http://x> { ?s ?p ?o } }").run()
    at.button(key="kg-ask-run").click().run()
    assert "asks nobody outside" in words(at)
    at.selectbox(key="kg-ask-example").select(0).run()
    at.button(key="kg-ask-run").click().run()
    assert "3 rows" in words(at) and not at.exception


def test_paths_are_told_in_words(open_page, graph):
    at = open_page("graph", section="ask", graph="eyes")
    at.button_group(key="kg-ask-way").set_value("paths").run()
    at.text_input(key="kg-path-from").input("Drop")
    at.text_input(key="kg-path-to").input("Eye").run()
    assert "Drop —treats→ Cataract —is_a→ Lens finding —is_a→ Eye finding" in words(at) and not at.exception


def test_rules_derive_say_why_and_take_back(open_page, graph):
    at = open_page("graph", section="reason", graph="eyes")
    assert at.multiselect(key="kg-rules-eyes").value == ["is-a"]
    at.button(key="kg-derive").click().run()
    at = finished(at, "kg-reason")
    assert "1 conclusions in" in words(at) and "Cataract — is_a — Eye finding (follows from 1, 2" in words(at) and "said by Book" in words(at)
    at.button(key="kg-reject").click().run()
    at = finished(at, "kg-reason")
    assert "1 conclusions went with it" in words(at) and graph.status(Statement(entity("c"), BROADER[0], entity("e"))) is None and not at.exception


def test_a_rule_that_is_none_is_one_sentence(open_page, graph):
    at = open_page("graph", section="reason", graph="eyes")
    at.text_area(key="kg-rule-own").input("CONSTRUCT { ?a rel:x ?z } WHERE { ?a rel:y ?b }").run()
    at.button(key="kg-derive").click().run()
    assert "no rule that can be followed" in words(at) and not jobs.running("kg-reason")
    at.button(key="kg-shapes-starter").click().run()
    assert "sh:NodeShape" in at.text_area(key="kg-shapes-text").value and not at.exception


def test_the_box_of_graphs_counts_what_was_derived_meanwhile(open_page, graph, monkeypatch):
    """The work ends after the box was drawn and before its end is looked at: the page is then drawn once more."""
    drawn = threading.Event()
    work, chosen = derive.derive, kg_graphs.chosen

    def late(*arguments):
        drawn.wait(60)
        return work(*arguments)

    def first():
        store = chosen()
        if jobs.running("kg-reason"):
            drawn.set()
            while jobs.running("kg-reason"):
                time.sleep(0.01)
        return store

    monkeypatch.setattr(derive, "derive", late)
    monkeypatch.setattr(kg_graphs, "chosen", first)
    at = open_page("graph", section="reason", graph="eyes")
    before = at.selectbox(key="kg-graph").options
    at.button(key="kg-derive").click().run()
    (label,) = at.selectbox(key="kg-graph").options
    assert drawn.is_set() and [label] != before and f"({graph.info.triples} statements)" in label and "1 conclusions in" in words(at)
