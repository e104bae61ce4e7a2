"""Who is like whom: what is drawn is who chose what, in every way in which a journal can be read."""

from fedviz.charts import clusters, live
from fedviz.charts.live_ops import ops
from fedviz.charts.theme import figure
from fedviz.core import events as e
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.charts.interpreter import interpret
from tests.runs.fake import fake_events

EVENTS = [
    event.model_copy(update={"clusters": tuple((client, client % 2 if event.round > 1 else 0) for client in range(4))}) if isinstance(event, e.RoundAggregated) else event
    for event in fake_events(4, 3)
]  # fmt: skip


def test_each_client_has_a_mark_for_each_round_in_the_trace_of_its_cluster() -> None:
    record = clusters.clusters_record(apply_all(RunView.empty(), EVENTS))
    first, second = figure(clusters.clusters_spec(record)).data
    assert sorted(zip(first.x, first.y, strict=True)) == [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 2), (3, 0), (3, 2)]
    assert sorted(zip(second.x, second.y, strict=True)) == [(2, 1), (2, 3), (3, 1), (3, 3)]
    assert (first.name, second.name) == ("cluster A", "cluster B") and set(second.text) == {"B"}


def test_it_stands_on_the_page_only_where_there_are_clusters_and_grows_with_the_run() -> None:
    assert "clusters" not in live.document(apply_all(RunView.empty(), fake_events(4, 3))).charts
    view, document = RunView.empty(), live.document(RunView.empty())
    picture = document.data()
    for start in range(0, len(EVENTS), 25):
        view = apply_all(view, EVENTS[start : start + 25])
        after = live.document(view, document)
        picture, document = interpret(picture, ops(document, after)), after
    assert picture == live.document(apply_all(RunView.empty(), EVENTS)).data()
    assert picture["charts"]["clusters"]["section"] == "Who is like whom?"


def test_a_run_that_resumes_shows_no_round_twice() -> None:
    start = next(event for event in EVENTS if isinstance(event, e.RunStarted))
    view = apply_all(RunView.empty(), [*EVENTS, start.model_copy(update={"first_round": 3, "seq": len(EVENTS) + 1})])
    assert [number for number, _chosen in view.clusters] == [1, 2]
