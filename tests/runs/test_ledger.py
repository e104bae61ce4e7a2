"""The ledger tells what passed: its bytes are those of the run, and no text of the scenario is in any message."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from flwr.app import ConfigRecord, Message
from flwr.common import serde

from fedviz.bench.quadratics import quadratics
from fedviz.core import events as e
from fedviz.core.errors import RunError
from fedviz.federation import contents, messages
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.runs.ledger import COLUMNS, Ledger, ledger
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.federation.fakes import Quadratic, config
from tests.runs.fake import fake_events
from tests.runs.small import small


def told(experiment: Any, **hooks: Any) -> list[e.Event]:
    """The events of a whole run. They are numbered afterwards: clients tell theirs on several threads."""
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append, **hooks)).run()
    return [event.model_copy(update={"seq": seq}) for seq, event in enumerate(events, 1)]


def of(events: list[e.Event], run_config: Any) -> Ledger:
    return ledger(apply_all(RunView.empty(), events), run_config)


@pytest.mark.parametrize("federation", [{}, {"strategy": "scaffold", "optimizer": "sgd"}, {"secure_aggregation": True}, {"fraction": 0.5}], ids=str)
def test_bytes_are_those_of_the_run(federation: dict[str, Any]) -> None:
    """Rounds are compared with what they say when they end; round 0 and the clients with what they say of each message."""
    experiment = Quadratic(config(rounds=3, clients=6, **federation), failing=frozenset({(2, 5)}))
    events = told(experiment)
    view, book = apply_all(RunView.empty(), events), of(events, experiment.config)
    by_round = dict(view.passed)
    directions = {content.id: content.direction for content in view.contents}
    for end in view.rounds:
        sums = {"sent": 0, "received": 0}
        for row in by_round[end.round]:
            sums[directions[row.content]] += row.bytes
        assert sums == {"sent": end.sent_bytes, "received": end.received_bytes}
    hidden = view.protocol_bytes
    assert sum(c.sent_bytes + c.received_bytes for c in book.clients) == sum(c.sent_bytes + c.received_bytes for c in view.clients) + hidden
    assert book.total_bytes("sent") == sum(c.sent_bytes for c in book.clients) > 0
    assert book.total_bytes("received") == sum(c.received_bytes for c in book.clients) > 0
    assert all(sum(entry.bytes for entry in content.entries) * content.messages == content.bytes for content in book.contents)
    assert all(c.unlisted_bytes == 0 for c in book.clients)


def test_what_the_server_of_a_hidden_sum_gets_is_a_masked_vector() -> None:
    experiment = Quadratic(config(rounds=1, clients=4, secure_aggregation=True))
    sent = [(c.message, entry) for c in of(told(experiment), experiment.config).contents for entry in c.entries if c.direction == "sent"]
    trained = [entry for message, entry in sent if message.startswith("train")]
    assert [(entry.name, entry.type, entry.shape) for entry in trained] == [("masked", "uint64", (experiment.size + 2,))]
    assert {message for message, _ in sent} >= {"query.secure_keys", "query.secure_shares", "query.secure_unmask", "evaluate"}


def test_messages_of_a_round_that_was_broken_off_have_left() -> None:
    experiment, seen = Quadratic(config(rounds=4, clients=3)), []
    hooks = Hooks(emit=seen.append, command=lambda: "cancel" if len([s for s in seen if isinstance(s, e.ClientFinished)]) >= 8 else None)
    Rounds(experiment, hooks).run()
    book = of([event.model_copy(update={"seq": seq}) for seq, event in enumerate(seen, 1)], experiment.config)
    assert book.rounds_done == 1 or book.rounds_done == 0
    assert sum(c.sent_messages for c in book.clients) == len([s for s in seen if isinstance(s, e.ClientFinished)])


def test_a_content_is_described_once_and_then_counted() -> None:
    events = told(Quadratic(config(rounds=9, clients=5)))
    books = [event for event in events if isinstance(event, e.MessagesPassed)]
    assert [event.round for event in books] == list(range(10))
    assert [len(event.contents) for event in books] == [2, 2, *[0] * 8]
    assert all(sum(row.messages for row in event.rows) == 20 for event in books[1:])


def test_messages_without_end_of_shapes_are_counted_and_no_longer_described() -> None:
    books = contents.Contents()
    for length in range(contents.MOST + 9):
        content = messages.RecordDict({"arrays": messages.array_record({"w": np.zeros(length + 1)})})
        assert books.saw(0, Message(content, dst_node_id=1000, message_type="train"), "sent") == messages.content_bytes(content)
    event = books.closed(1)
    assert len(event.contents) == contents.MOST and sum(row.messages for row in event.rows if not row.content) == 9


def words(text: str) -> Iterator[bytes]:
    """Every two neighbouring words of a text."""
    for match in re.finditer(r"(?=(\b\w+\W+\w+))", text):
        yield match[1].encode()


def found(experiment: Any, monkeypatch: pytest.MonkeyPatch, plant: str = "") -> set[bytes]:
    """What of the texts and the classes of the clients is in the bytes of the run's messages, as Flower would put them on the wire."""
    wire: list[bytes] = []
    saw = contents.Contents.saw

    def listening(self: contents.Contents, client: int, message: Message, direction: str) -> int:
        if plant and direction == "sent":
            message.content["note"] = ConfigRecord({"seen": plant})
        wire.append(serde.recorddict_to_proto(message.content).SerializeToString())
        return saw(self, client, message, direction)

    monkeypatch.setattr(contents.Contents, "saw", listening)
    told(experiment)
    sought = {pair for part in (experiment.data.train, experiment.data.test) for text in part.texts for pair in words(text)}
    for part, rows in ((experiment.data.train, experiment.shards.train), (experiment.data.test, experiment.shards.test)):
        sought |= {part.labels[own].astype(kind).tobytes() for own in rows for kind in (np.int64, np.int32, np.int8) if len(own) > 7}
    everything = b"\x00".join(wire)
    assert len(wire) > 20 and len(sought) > 100
    return {one for one in sought if one in everything}


@pytest.mark.slow
@pytest.mark.parametrize("federation", [{}, {"strategy": "scaffold", "optimizer": "sgd"}, {"strategy": "ditto"}, {"secure_aggregation": True}, {"watch_local": True}], ids=str)
def test_no_text_is_in_any_message(federation: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(assemble(small(**federation)), monkeypatch) == set()


@pytest.mark.slow
def test_a_text_in_a_message_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = assemble(small())
    planted = experiment.data.train.texts[3]
    assert set(words(planted)) <= found(experiment, monkeypatch, planted)


def test_the_exports_read_back() -> None:
    experiment = Quadratic(config(rounds=2, clients=3))
    book = of(told(experiment), experiment.config)
    assert Ledger.model_validate_json(book.model_dump_json()) == book
    lines = list(csv.DictReader(io.StringIO(book.to_csv())))
    assert tuple(lines[0]) == COLUMNS
    for direction in ("sent", "received"):
        assert sum(int(line["bytes"]) for line in lines if line["direction"] == direction) == book.total_bytes(direction)


def test_a_run_older_than_the_ledger_says_so() -> None:
    book = of(fake_events(3, 2), config(clients=3))
    assert not book.recorded and book.contents == ()
    assert all(client.unlisted_bytes > 0 for client in book.clients)
    with pytest.raises(RunError, match="no ledger yet"):
        ledger(RunView.empty(), config(clients=3))


def test_the_words_follow_from_the_run() -> None:
    def said(privacy: Any = "none", **federation: Any) -> str:
        run_config = config(rounds=1, clients=3, **federation).updated({"privacy.name": privacy} if privacy != "none" else {})
        events = told(Quadratic(run_config))
        book = of(events, run_config)
        return " ".join([*book.stayed, *(sentence for seen in book.seen for sentence in seen.what)])

    assert "Nothing bounds what they tell" in said() and "masked" not in said()
    assert "masked integers" in said(secure_aggregation=True) and "under the client's name" not in said(secure_aggregation=True)
    assert "personal model" in said(strategy="ditto") and "personal model" not in said()
    assert "SCAFFOLD lets a client remember" in said(strategy="scaffold", optimizer="sgd")
    assert "pooled texts" in said() and "pooled texts" not in said(compare=False)


@pytest.mark.parametrize(("privacy", "server", "outside"), [
    ({"name": "none"}, "bounded by nothing here", "Nothing bounds"),
    ({"name": "central"}, "bounded by nothing here", "about any one client at most epsilon"),
    ({"name": "local"}, "No client's number of training texts", "about its training texts, at most, also to the server"),
    ({"name": "example"}, "its training loss stays with it", "about any one of its training texts"),
    ({"name": "local", "noise_multiplier": 0}, "bounded by nothing here", "Nothing bounds"),
])  # fmt: skip
def test_the_words_are_those_of_the_privacy_that_is_kept(privacy: dict[str, Any], server: str, outside: str) -> None:
    experiment = quadratics("fedavg", 1, weighting="even", privacy=privacy)
    seen = {one.who: " ".join(one.what) for one in of(told(experiment), experiment.config).seen}
    assert server in seen["The server"] and outside in seen["Whoever gets the global models"]
    noised = privacy["name"] in ("local", "example") and privacy.get("noise_multiplier", 1) > 0
    assert ("bounded by nothing here" in seen["The server"]) is not noised
