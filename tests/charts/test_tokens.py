"""Charts of a language model: what is drawn is what was told, and a classifier's run has none of them."""

from dataclasses import replace

from fedviz.charts import metrics, tokens
from fedviz.charts.live import document
from fedviz.core.events import WatchedAnswer
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.runs.fake import fake_events


def spoken(view: RunView) -> RunView:
    """The run as if it had trained a language model."""
    told = tuple((number, {"loss": 2.0 - 0.1 * number, "accuracy": 0.2, "perplexity": 7.4 - 0.5 * number}) for number, _values in view.global_metrics)
    clients = tuple(replace(client, metrics=tuple((number, {"loss": 1.0, "accuracy": 0.2, "perplexity": 3.0 + client.info.index}) for number, _values in client.metrics)) for client in view.clients)
    answers = tuple((number, (WatchedAnswer(text="the <b> [MASK]", likeliest=(("a<b", 0.5), ("b", 0.25))), WatchedAnswer(text="two", likeliest=(("c", 0.9), ("d", 0.1))))) for number, _values in told)
    return replace(view, global_metrics=told, clients=clients, watched=answers)


def test_a_language_model_shows_perplexity_and_watched_texts_and_a_classifier_does_not() -> None:
    view = apply_all(RunView.empty(), fake_events())
    assert not {"perplexity", "watched"} & set(document(view).charts) and not metrics.of_tokens(view)
    shown = document(spoken(view))
    assert {"perplexity", "watched"} <= set(shown.charts)
    assert len(shown.charts["scores"]["data"]) == 1 and shown.charts["scores"]["layout"]["shapes"] == []
    assert shown.head["perplexity"] and all(row[3] == "" for row in shown.rows)


def test_lines_and_cells_are_what_was_told() -> None:
    view = spoken(apply_all(RunView.empty(), fake_events()))
    lines = tokens.perplexity_figure(tokens.perplexity_record(view)).data
    assert [line.y[-1] for line in lines] == [3.0 + client.info.index for client in view.clients if client.info.test_examples]
    first, second = tokens.watched_figure(tokens.watched_record(view)).data
    assert first.text[0][0] == "a&lt;b" and first.z[0][0] == 0.5 and second.z[1][-1] == 0.1
    assert set(first.y) & set(second.y) == set() and list(first.x) == [number for number, _answers in view.watched]
