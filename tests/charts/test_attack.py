"""Attack success: drawn where an attack has an aim, whatever way the journal is cut, and nowhere else."""

import pytest

from fedviz.charts import attack, live
from fedviz.core import events as e
from fedviz.core.types import Metric, MetricKey
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.charts import test_live
from tests.runs.fake import fake_events


def attacked_events() -> list[e.Event]:
    """A run whose attackers get 20 % further in every round."""

    def more(event: e.Event) -> e.Event:
        if not isinstance(event, e.GlobalEvaluated):
            return event
        return event.model_copy(update={"metrics": (*event.metrics, Metric(key=MetricKey(name="attack_success"), value=0.2 * event.round))})

    return [more(event) for event in fake_events(4, 3)]


def test_success_stands_beside_accuracy_in_a_section_of_its_own() -> None:
    view = apply_all(RunView.empty(), attacked_events())
    chart = live.document(view).charts["attack"]
    success, accuracy = chart["data"]
    assert (success["x"], success["y"]) == ([0, 1, 2, 3], pytest.approx([0, 20, 40, 60]))
    assert accuracy["y"] == pytest.approx([100 * values["accuracy"] for _number, values in view.global_metrics], abs=0.01)
    assert chart["section"] == "Does the attack work?" and chart["note"]
    assert len(attack.attack_figure(attack.attack_record(view)).data) == 2
    assert "attack" not in live.document(apply_all(RunView.empty(), fake_events(4, 3))).charts


def test_the_picture_grows_piece_by_piece_to_the_whole() -> None:
    events = attacked_events()
    picture, whole = test_live.follow(events, list(range(7, len(events), 40)))
    assert picture == whole
