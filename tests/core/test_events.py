"""Every event survives its journal line, and a line that is none is refused."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fedviz.core import events
from fedviz.core.events import Event, event_from_json

TYPES = get_args(get_args(events.AnyEvent)[0])


def test_the_union_holds_every_event_of_the_module():
    declared = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event}
    assert set(TYPES) == declared
    assert all(kind.model_fields["type"].default == kind.__name__ for kind in declared)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_an_event_survives_its_line(kind, data):
    names = {name: st.just(kind.__name__) if name == "type" else st.from_type(field.annotation) for name, field in kind.model_fields.items()}
    event = data.draw(st.builds(kind, **names))
    line = event.model_dump_json()
    assert "\n" not in line
    again = event_from_json(line)
    assert type(again) is kind
    assert again.model_dump_json() == line  # the bytes, since nan differs from itself
    assert event_from_json(line.encode()).model_dump_json() == line


@pytest.mark.parametrize(
    "line", ["", "{}", "3", '{"type":"Nothing"}', '{"type":"RoundStarted","round":1}', '{"type":"RoundStarted","round":1,"clients":[],"more":1}', "\x00"]
)
def test_a_line_that_is_no_event_is_refused(line):
    with pytest.raises(ValidationError):
        event_from_json(line)


def test_an_event_is_frozen():
    event = events.RoundStarted(round=1, clients=(0,))
    with pytest.raises(ValidationError, match="frozen"):
        event.round = 2
