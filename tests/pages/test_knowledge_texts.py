"""Configure: written texts beside their originals, the list of suspects, harder texts; and Live: how far a run trusts the graph."""

import re
import threading

import pytest

from fedviz.core.config import RunConfig
from fedviz.federation.beside import texts_written
from fedviz.models.selection.suspicion import suspects
from fedviz.runs.folder import create, runs_root, view_of
from fedviz.runs.worker import work
from fedviz.scenarios.load import load, shards
from fedviz.ui import link
from fedviz.ui.knowledge_texts import marked
from tests.pages.conftest import TOY, parameter

WRITES = TOY.updated({"augmentation.name": "graph", "augmentation.synonyms": True})
SUSPECTS = TOY.updated({"scenario.train_texts": 200, "selection.name": "suspicion", "texts.wrong_labels": 0.2})


def opened(open_page, config):
    return open_page("configure", config=link.encode(config))


def ending(at, end):
    return next(button for button in at.button if button.key.endswith(end))


def words(at):
    return [element.value for element in (*at.markdown, *at.caption)]


def table(at, column):
    return next(frame.value for frame in at.dataframe if column in frame.value.columns)


def test_written_texts_are_shown_on_a_button_and_counted(open_page):
    at = opened(open_page, WRITES)
    assert not any("background" in text for text in words(at))
    ending(at, "-written").click().run()
    assert not at.exception
    data = load(WRITES)
    many = texts_written(WRITES, data, shards(WRITES, data))
    assert sum(table(at, "Written texts")["Written texts"]) == len(many) > 0
    assert any("green-background" in text for text in words(at))
    next(box for box in at.number_input if box.label == "Rounds").set_value(3).run()
    assert not any("green-background" in text for text in words(at)), "another configuration is asked anew"


def test_suspects_are_listed_and_planted_labels_found_among_them(open_page):
    at = opened(open_page, SUSPECTS)
    ending(at, "-suspects").click().run()
    assert not at.exception
    data = load(SUSPECTS)
    many = [one for client, rows in enumerate(shards(SUSPECTS, data).train) for one in suspects(data, rows, client) if one.score > 0]
    found = table(at, "The graph says")
    assert len(found) == len(many) and list(found["Score"]) == sorted(found["Score"], reverse=True)
    said = next(text for text in words(at) if "planted wrong" in text)
    share = int(re.search(r"\*\*(\d+) %", said)[1])
    assert said.startswith("40 labels") and share > 40, "chance would find a fifth"
    assert found["Planted"].mean() > 0.6


def test_nothing_is_offered_where_nothing_is_written_or_suspected(open_page):
    at = opened(open_page, TOY)
    assert not any(button.key and button.key.endswith(("-written", "-suspects")) for button in at.button)


def test_harder_texts_and_the_poisoner_are_chosen_in_the_form(open_page):
    at = opened(open_page, TOY)
    next(box for box in at.number_input if box.label == "Share of wrong labels").set_value(0.3).run()
    next(box for box in at.number_input if box.label == "Share of poisoned entities").set_value(0.5).run()
    by = next(box for box in at.selectbox if box.label == "Poisoned by")
    by.set_value(1).run()
    assert not at.exception and not at.error
    kept = link.decode(parameter(at, "config"))
    assert (kept.texts.wrong_labels, kept.graph.poisoned, kept.graph.poisoned_by) == (0.3, 0.5, 1)


def test_too_many_unseen_classes_are_one_sentence(open_page):
    at = opened(open_page, TOY.updated({"texts.unseen_classes": 4}))
    assert not at.exception and any("unseen" in error.value for error in at.error)


@pytest.mark.parametrize(("old", "new", "left", "right"), [
    ("The lid is bent.", "The cover is bent.", "The :orange-background[lid] is bent\\.", "The :green-background[cover] is bent\\."),
    ("Same.", "Same.", "Same\\.", "Same\\."),
    ("a *b*", "a <i>", None, None),
])
def test_what_differs_is_marked_and_texts_stay_data(old, new, left, right):
    first, second = marked(old, new)
    assert left is None or (first, second) == (left, right)
    bare = [re.sub(r":(?:orange|green)-background\[(.*?)(?<!\\)\]", r"\1", some).replace("\\", "") for some in (first, second)]
    assert bare == [old, new]
    assert not re.search(r"(?<!\\)[*<>]", first + second)


@pytest.mark.slow
def test_live_tells_how_far_the_graph_is_trusted(open_page):
    asked = RunConfig.parse({**TOY.to_data(), "knowledge": {"name": "evidence", "trust": "validated"}, "model": {"name": "toy", "tuning": "head"}})
    folder = create(runs_root(), asked, "trusting")
    work(folder, threading.Event())
    at = open_page("live", run=folder.id)
    trust = view_of(folder).trust
    found = table(at, "Saved")
    assert list(found["Loss"]) == [one.loss for one in trust.tried]
    assert found["Kept"].sum() == 1 and found["Loss"][found["Kept"].idxmax()] == found["Loss"].min()
