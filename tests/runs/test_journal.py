"""The journal gives back exactly what was written, whatever happens to its last line."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core import events as e
from fedviz.core.errors import RunError
from fedviz.core.types import Metric, MetricKey
from fedviz.runs.journal import JournalWriter, Tail, read
from tests.runs.fake import fake_events

texts = st.text(max_size=40)
floats = st.floats(allow_nan=False)
counts = st.integers(min_value=0, max_value=2**40)
metrics = st.lists(
    st.builds(Metric, key=st.builds(MetricKey, name=texts, split=st.sampled_from(["train", "test"]), client=st.none() | counts), value=floats), max_size=3
).map(tuple)
events = st.one_of(
    st.builds(e.RunQueued, seq=st.just(0), at=st.just(0.0), run_id=texts, title=texts, config_digest=texts, fedviz_version=texts),
    st.builds(e.RunPreparing, seq=st.just(0), at=st.just(0.0), step=texts, done=counts, total=counts),
    st.builds(e.BatchTrained, seq=st.just(0), at=st.just(0.0), round=counts, client=counts, step=counts, steps=counts, examples=counts, loss=floats),
    st.builds(e.ClientFailed, seq=st.just(0), at=st.just(0.0), round=counts, client=counts, phase=st.just("train"), reason=texts),
    st.builds(
        e.ClientFinished,
        seq=st.just(0),
        at=st.just(0.0),
        round=counts,
        client=counts,
        phase=st.just("evaluate"),
        examples=counts,
        elapsed_s=floats,
        sent_bytes=counts,
        metrics=metrics,
    ),
    st.builds(
        e.Compared,
        seq=st.just(0),
        at=st.just(0.0),
        client=counts,
        examples=counts,
        federated=st.dictionaries(texts, floats, max_size=3),
        local=st.none() | st.dictionaries(texts, floats, max_size=3),
        pooled=st.none(),
    ),
    st.sampled_from(fake_events(3, 2)).map(lambda event: event.model_copy(update={"seq": 0, "at": 0.0})),
)


@given(event=events)
def test_every_event_survives_its_json_line(event: e.Event) -> None:
    line = event.model_dump_json()
    assert "\n" not in line
    assert e.event_from_json(line) == event


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_ran_away_is_written_and_read(loss: float) -> None:
    line = e.BatchTrained(round=1, client=0, step=1, steps=1, examples=1, loss=loss).model_dump_json()
    assert repr(e.event_from_json(line).loss) == repr(loss)


@settings(max_examples=30, deadline=None)
@given(sequence=st.lists(events, max_size=12), cut=st.integers(0, 30))
def test_a_truncated_last_line_is_passed_over_and_then_removed(tmp_path_factory, sequence: list[e.Event], cut: int) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    with JournalWriter(path) as journal:
        written = [journal.append(event) for event in sequence]
    assert list(read(path)) == written
    assert [event.seq for event in written] == list(range(1, len(written) + 1))
    data = path.read_bytes()
    path.write_bytes(data[: max(0, len(data) - cut)])
    left = read(path)
    assert list(left) == written[: len(left)]
    with JournalWriter(path) as journal:
        more = journal.append(e.RunPreparing(step="again", done=0, total=1))
    assert more.seq == len(left) + 1
    assert read(path) == (*left, more)


def test_a_tail_gives_every_event_once_while_others_write(tmp_path) -> None:
    path = tmp_path / "journal.jsonl"
    sequence = fake_events(4, 3)
    writer = JournalWriter(path)
    thread = threading.Thread(target=lambda: [writer.append(event) for event in sequence])
    tail, seen = Tail(path), []
    thread.start()
    while thread.is_alive():
        seen += tail.events()
    thread.join()
    seen += tail.events()
    assert [event.seq for event in seen] == list(range(1, len(sequence) + 1))
    assert tail.events() == ()
    assert [event.seq for event in read(path, after=len(sequence) - 2)] == [len(sequence) - 1, len(sequence)]


def test_a_damaged_line_is_named(tmp_path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"type":"RunPreparing","step":"a","done":0,"total":1,"seq":1}\nnonsense\n')
    with pytest.raises(RunError, match="line 2"):
        read(path)
    with pytest.raises(RunError, match="damaged"):
        JournalWriter(path)


def test_no_journal_means_no_events(tmp_path) -> None:
    assert read(tmp_path / "none.jsonl") == ()
