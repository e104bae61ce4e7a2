"""Sections *Propose* and *Ask together* of the page Graph, without a browser, and the same from the command line."""

import json

import pytest

from fedviz.cli.main import main
from fedviz.core.errors import InputError
from fedviz.federation.asking.ask import ask
from fedviz.federation.asking.split import parties_of
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, entity, relation
from fedviz.ui import kg_asking


@pytest.fixture
def graph(home):
    folder.create("ring", "Ring")
    rows = [Statement(entity(f"n{k}"), relation(f"shift {step}"), entity(f"n{(k + step) % 12}")) for step in (1, 2, 3) for k in range(12)]
    with change("ring", "Made") as write:
        for party in range(2):
            key = write.new_source(SourceInfo(key="", title=f"file {party}", reader="hand", party=f"Hospital {party}")).key
            write.add(key, [(row, None) for row in rows[party::2]])
    return GraphStore("ring")


@pytest.mark.slow
def test_without_a_graph_each_section_says_so(open_page):
    for section in ("propose", "asking"):
        at = open_page("graph", section=section)
        assert "no graph of your own" in at.info[0].value


def test_a_question_shows_rows_their_proof_and_what_moved(open_page, graph, monkeypatch):
    asked = []
    monkeypatch.setattr(kg_asking, "ask", lambda question, parties: asked.append(question) or ask(question, parties))
    at = open_page("graph", section="asking", graph="ring")
    at.selectbox(key="kg-asking-by").select("party").run()
    at.text_area[0].set_value("ent:n3 rel:shift_1 ?x\n?x rel:shift_2 ?y").run()
    at.button(key="kg-asking-go").click().run()
    assert not at.exception and [metric.value for metric in at.metric][0] == "1"
    assert at.dataframe[0].value.iloc[0].tolist() == ["n4", "n6"]
    assert any("held by Hospital 1" in text.value.replace("\\", "") for text in at.markdown)
    at.number_input(key="kg-asking-row").set_value(1).run()
    at.toggle(key="kg-asking-named").set_value(False).run()
    assert len(asked) == 1 and at.metric[0].value == "1", "the answer is kept until something else is asked"
    at.text_area[0].set_value("nothing").run()
    at.button(key="kg-asking-go").click().run()
    assert not at.exception and "Line 1" in at.error[0].value


def test_names_stay_with_the_parties_where_they_do_not_show_them(graph):
    parties = parties_of(graph, "party", names_shown=False)
    assert [party.name for party in parties] == ["Hospital 0", "Hospital 1"] and sum(party.triples for party in parties) == 36
    assert sum(party.triples for party in parties_of(graph, "random", 3)) == 36
    with pytest.raises(InputError, match="split by"):
        parties_of(graph, "luck")
    with change("ring", "Less") as write:
        write.remove_source(write.info.sources[0].key)
    with pytest.raises(InputError, match="belongs to 1 parties"):
        parties_of(GraphStore("ring"), "party")


def test_the_command_line_asks_and_proposes(graph, capsys):
    before = graph.digest
    assert main(["kg", "asking", "ring", "ent:n3 rel:shift_1 ?x", "?x rel:shift_2 ?y", "--no-names", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["rows"]) == 1 and told["rows"][0]["values"]["?x"].startswith("#") and told["moved"] == sum(row["sent"] + row["got"] for row in told["parties"])
    assert main(["kg", "propose", "ring", "--count", "3", "--set", "epochs=3", "--set", "width=8", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["proposals"]) == 3 and graph.digest == before


@pytest.mark.slow
def test_proposals_appear_and_only_what_is_chosen_is_added(open_page, graph):
    import time

    from fedviz.ui import jobs

    at = open_page("graph", section="propose", graph="ring")
    at.button(key="kg-propose-go").click().run()
    while jobs.running("kg-propose"):
        time.sleep(0.2)
    at.run()
    assert not at.exception and not at.error and [metric.label for metric in at.metric][:2] == ["MRR, held out", "MRR of chance"]
    assert len(at.dataframe[0].value) == 50 and at.button(key="kg-propose-accept").disabled and at.button(key="kg-propose-reject").disabled and len(graph.info.sources) == 2
    before = set(graph.match())
    decide(at, "kg-propose", graph, "accept", [0])
    assert len(at.dataframe[0].value) == 49 and "1 statements were added" in at.success[0].value and not at.warning, "the others can be decided on without training anew"
    decide(at, "kg-propose", graph, "reject", [0, 2])
    assert len(at.dataframe[0].value) == 47 and len(set(graph.match()) - before) == 1 and len(set(graph.match(statuses=("rejected",)))) == 2


def decide(at, key, graph, what, rows):
    """Choose rows of the table of proposals, which AppTest cannot click, and press a button."""
    at.session_state[f"{key}-{graph.name}-{graph.digest}"] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    at.run()
    at.button(key=f"{key}-{what}").click().run()
    assert not at.exception and not at.error


@pytest.mark.slow
def test_missing_attributes_appear_with_their_test_and_control(open_page, home):
    from fedviz.kg.store.memory import BROADER
    from fedviz.kg.store.terms import literal

    folder.create("fruit", "Fruit")
    rows = [Statement(entity(f"{kind} {k}"), BROADER[0], entity(kind)) for kind in ("apple", "lemon") for k in range(6)]
    rows += [Statement(entity(f"{kind} {k}"), relation("colour"), literal(colour)) for kind, colour in (("apple", "red"), ("lemon", "yellow")) for k in range(5)]
    with change("fruit", "Made") as write:
        write.add(write.new_source(SourceInfo(key="", title="made", reader="hand")).key, [(row, None) for row in rows])
    store = GraphStore("fruit")
    at = open_page("graph", section="propose", graph="fruit")
    at.segmented_control(key="kg-propose-way").select("attributes").run()
    at.button(key="kg-gaps-go").click().run()
    at.run()
    assert not at.exception and at.dataframe[0].value.iloc[0].tolist()[1:] == [10, 10, 1.0, 0.5]
    assert at.dataframe[1].value["Value"].tolist() == ["red", "yellow"]
    decide(at, "kg-gaps", store, "accept", [0])
    assert Statement(entity("apple 5"), relation("colour"), literal("red")) in set(store.match()) and len(at.dataframe[1].value) == 1
