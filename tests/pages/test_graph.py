"""The page Graph without a browser: what is shown, deep links, bad addresses, and the way by keyboard."""

import time

import pytest

from fedviz.charts.graph_view import MAX_NODES
from fedviz.core.types import Triple
from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.kg.sources.load import import_graph
from fedviz.kg.store import folder as graphs
from fedviz.kg.store.records import SourceInfo
from fedviz.ui import jobs, provenance
from tests.pages.conftest import parameter


def words(at):
    shown = " ".join(str(element.value) for element in (*at.markdown, *at.caption, *at.text, *at.warning, *at.info, *at.subheader))
    return shown.replace("\\", "")


def card(at):
    return [element.value for element in at.subheader]


def test_it_shows_counts_and_says_what_one_sees(open_page):
    at = open_page("graph", scenario="toy")
    assert at.title[0].value == "Graph"
    assert "40 entities and 35 triples" in words(at)
    assert "40 of 40 entities and 35 triples are shown." in words(at)
    assert list(at.dataframe[0].value.columns) == ["Head", "Relation", "Tail"] and len(at.dataframe[0].value) == 35
    assert "one summand each" in words(at)


def test_a_node_by_keyboard_opens_its_card_and_stands_in_the_address(open_page):
    at = open_page("graph", scenario="toy")
    assert card(at) == []
    at.selectbox(key="graph-node").select("toy:antenna").run()
    assert card(at) == ["antenna"] and parameter(at, "node") == "toy:antenna"
    shown = words(at)
    for said in ("toy:antenna · Radio", "aerial", "invented workshops", "Training texts that name it", "invented for fedviz"):
        assert said in shown
    assert not at.exception


def test_a_deep_link_opens_the_card(open_page):
    at = open_page("graph", scenario="toy", node="toy:spoke")
    assert card(at) == ["spoke"] and at.selectbox(key="graph-node").value == "toy:spoke"


@pytest.mark.parametrize("node", ["toy:unicorn", "<img src=x onerror=alert(1)>", "x" * 5000, "__proto__"])
def test_a_node_that_is_none_is_one_sentence(open_page, node):
    at = open_page("graph", scenario="toy", node=node)
    assert len(at.warning) == 1 and "overview" in at.warning[0].value and len(at.warning[0].value) < 400
    assert card(at) == [] and "40 of 40 entities" in words(at)


def test_a_scenario_that_is_none_is_one_sentence(open_page):
    at = open_page("graph", scenario="<b>astrology</b>")
    assert "astrology" in at.warning[0].value and "<b>" not in at.warning[0].value.replace("\\<", "") and "toy" in at.warning[0].value


def test_another_client_counts_other_texts(open_page):
    at = open_page("graph", scenario="toy", node="toy:antenna")
    at.selectbox(key="graph-client").select(1).run()
    assert not at.exception and card(at) == ["antenna"]


def test_a_neighbour_on_the_card_leads_on(open_page):
    at = open_page("graph", scenario="toy", node="toy:antenna")
    at.button_group(key="card-toy:antenna-is_a →").select("toy:receiver-part").run()
    assert card(at) == ["Receiver part"] and parameter(at, "node") == "toy:receiver-part"


def test_without_relations_there_are_no_triples(open_page):
    at = open_page("graph", scenario="toy")
    relations = next(group for group in at.button_group if group.label == "Relations")
    relations.unselect("is_a").run()
    assert "40 of 40 entities and 0 triples" in words(at)


def test_back_to_the_overview_closes_the_card(open_page):
    at = open_page("graph", scenario="toy", node="toy:antenna")
    at.button(key="graph-overview").click().run()
    assert card(at) == [] and parameter(at, "node") is None


def test_the_graph_of_the_run_one_looks_at(open_page, toy_run):
    at = open_page("graph", run=toy_run("My run"))
    assert at.selectbox(key="graph-source").value == "run" and "40 entities" in words(at)


def test_a_graph_of_ones_own_is_drawn_in_the_texts_of_the_run(open_page, toy_run):
    run = toy_run("My run")
    graphs.create("mine", "My words")
    small = KnowledgeGraph("m", "m", {"a": Entity("a", "antenna"), "b": Entity("b", "mast")}, (Triple("a", "on", "b"),))
    import_graph("mine", small, SourceInfo(key="", title="by hand", reader="hand"))
    at = open_page("graph", run=run, scenario="graph-mine")
    assert "2 entities and 1 triples" in words(at) and "The training texts name 1 of the entities" in words(at) and not at.exception
    assert "My words" in at.selectbox(key="graph-source").format_func("graph-mine")


def test_no_picture_is_larger_than_it_may_be(open_page):
    at = open_page("graph", scenario="toy")
    assert max(map(int, at.select_slider(key="graph-limit").options)) == MAX_NODES


def test_data_that_is_not_here_is_offered(open_page):
    at = open_page("graph", scenario="medicine-coding")
    assert "Not here yet" in at.warning[0].value and not at.exception


def test_a_fetch_can_be_cancelled_and_begun_again(open_page, monkeypatch):
    told, left = [], []

    def fetch(keys, tell):
        told.append(keys)
        try:
            while len(told) == 1:
                tell("Something", 1, 2)
                time.sleep(0.01)
        finally:
            left.append(keys)

    monkeypatch.setattr(provenance, "fetch", fetch)
    at = open_page("graph", scenario="medicine-coding")
    (button,) = (button for button in at.button if button.label == "Fetch the data")
    button.click().run()
    jobs._jobs()["fetch"].cancel()
    for _turn in range(6000):
        if not jobs.running("fetch"):
            break
        time.sleep(0.01)
    at.run()
    assert len(left) == 1 and "was cancelled" in at.error[0].value and not at.exception
    next(button for button in at.button if button.label == "Fetch the data").click().run()
    assert len(told) == 2 and not at.exception
    jobs._jobs().pop("fetch")
