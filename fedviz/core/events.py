"""Everything that happens in a run, as frozen records. The journal holds them, one JSON line each; pages read nothing else.

Every event has a `type` (its class name). The journal adds `seq` (1, 2, 3 ... within the run) and `at` (seconds since the Unix
epoch) when it writes the line. Rounds count from 1; round 0 is the model before any training. Clients count from 0.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from fedviz.core.passed import Content, Passed
from fedviz.core.types import AdapterError, ClientDrift, ClientInfo, Cosines, GraphTrust, Metric, PrivacySpent, Record, Timing

Phase = Literal["train", "evaluate"]
RunStatus = Literal["finished", "failed", "cancelled", "paused"]


class Event(Record):
    """Base of all events; `seq` and `at` are 0 until the journal has written the event."""

    seq: int = 0
    at: float = 0.0


class RunQueued(Event):
    """The run was accepted and waits for its turn. First line of a journal, and written again when a run is taken up again."""

    type: Literal["RunQueued"] = "RunQueued"
    run_id: str
    title: str
    config_digest: str
    fedviz_version: str


class RunPreparing(Event):
    """Work before the first round (read the scenario, link entities, cache activations) and the comparison after the last: `step` is what, `done` of `total` units."""

    type: Literal["RunPreparing"] = "RunPreparing"
    step: str
    done: int
    total: int


class RunStarted(Event):
    """The federation stands: who takes part, what is trained, what a message weighs, whether single updates are hidden from the server (`secure`), and how far the
    graph is trusted where that was validated; `adapters`: how low-rank adapters are combined, empty where there are none and in runs older than that. Written again when a run resumes."""

    type: Literal["RunStarted"] = "RunStarted"
    rounds: int
    first_round: int
    classes: tuple[str, ...]
    clients: tuple[ClientInfo, ...]
    trainable_parameters: int
    total_parameters: int
    message_bytes: int
    secure: bool = False
    trust: GraphTrust | None = None
    adapters: str = ""


class RoundStarted(Event):
    """A round begins with these clients; `timing` is what it takes in virtual time, None in runs older than that."""

    type: Literal["RoundStarted"] = "RoundStarted"
    round: int
    clients: tuple[int, ...]
    timing: Timing | None = None


class ClientStarted(Event):
    """A client received the global model (`received_bytes`) and works."""

    type: Literal["ClientStarted"] = "ClientStarted"
    round: int
    client: int
    phase: Phase
    received_bytes: int


class BatchTrained(Event):
    """One training step of a client: `step` counts from 1 within the round, `loss` is the batch mean in nats."""

    type: Literal["BatchTrained"] = "BatchTrained"
    round: int
    client: int
    step: int
    steps: int
    examples: int
    loss: float


class ClientFinished(Event):
    """A client sent its reply (`sent_bytes`) after `elapsed_s` seconds. Its metrics are measured on its own texts.

    `own` (phase train) and `personal` (phase evaluate): loss, accuracy and macro_f1, on the client's own test part, of the model that it has just
    trained and of its personal model; None where not measured.
    """

    type: Literal["ClientFinished"] = "ClientFinished"
    round: int
    client: int
    phase: Phase
    examples: int
    elapsed_s: float
    sent_bytes: int
    metrics: tuple[Metric, ...] = ()
    own: dict[str, float] | None = None
    personal: dict[str, float] | None = None


class ClientFailed(Event):
    """A client raised; the round goes on without it."""

    type: Literal["ClientFailed"] = "ClientFailed"
    round: int
    client: int
    phase: Phase
    reason: str


class RoundAggregated(Event):
    """The server combined the updates; `drift` has one entry for each client that arrived, `x` and `y` are the new global model's place beside theirs; `privacy` where it is kept; `clusters`: (client, cluster) where clients choose one of several models; `cosines` between the updates, None where fewer than two were seen and in runs older than that; `adapters`: how exactly adapters were combined, empty where there are none or the clients' could not be seen; `ranks`: of each client's adapters after the round, empty unless clients prune their own."""

    type: Literal["RoundAggregated"] = "RoundAggregated"
    round: int
    elapsed_s: float
    update_norm: float
    drift: tuple[ClientDrift, ...]
    x: float = 0.0
    y: float = 0.0
    privacy: PrivacySpent | None = None
    clusters: tuple[tuple[int, int], ...] = ()
    cosines: Cosines | None = None
    adapters: tuple[AdapterError, ...] = ()
    ranks: tuple[int, ...] = ()


class SecureSight(Record):
    """Some values, evenly spread, of one client's update, of what the server gets of it, and of the mean of all updates that it learns.

    `update` and `mean` as weights are measured; `masked` as fractions of the range of integers, or of a ciphertext's bytes, in [-1, 1). `update` is known to the client
    alone: it is here for the viewer of a run in one process, and never travels. `cipher_bytes` and `head` (hexadecimal): how long the client's ciphertexts are, and how
    they begin; none under masks.
    """

    client: int
    update: tuple[float, ...]
    masked: tuple[float, ...]
    mean: tuple[float, ...]
    cipher_bytes: int = 0
    head: str = ""


class SecureStep(Event):
    """A step of secure aggregation is done: who answered, and the bytes that the clients received and sent in it. `sight` comes with the last."""

    type: Literal["SecureStep"] = "SecureStep"
    round: int
    step: Literal["keys", "shares", "masked", "unmask", "encrypted", "decrypt", "sum"]
    clients: tuple[int, ...]
    received_bytes: int
    sent_bytes: int
    sight: SecureSight | None = None


class GlobalEvaluated(Event):
    """The global model on the test parts of all clients together (sums of the clients' counts; no text travels): loss, accuracy, macro_f1; of
    a language model loss and accuracy by token, and perplexity.

    Where an attack has an aim also attack_success, which the run measures for the viewer and no party of the federation knows.
    """

    type: Literal["GlobalEvaluated"] = "GlobalEvaluated"
    round: int
    metrics: tuple[Metric, ...]


class Validated(Event):
    """The global model on the texts that clients hold out of their training, all together: loss, accuracy, macro_f1 (of a language model as in `GlobalEvaluated`).

    `clients` are those that measured, `texts` how many texts (or tokens) they have. `metric` says what is watched, `best` is the best round so far and `stops` whether the
    run ends here; 0 and False where it does not stop early, and `best` before the first round.
    """

    type: Literal["Validated"] = "Validated"
    round: int
    clients: tuple[int, ...]
    texts: int
    metric: Literal["loss", "accuracy"]
    metrics: dict[str, float]
    best: int = 0
    stops: bool = False


class WatchedAnswer(Record):
    """A watched text, and the likeliest tokens at its gap or behind it with their probabilities in [0, 1], the likeliest first."""

    text: str
    likeliest: tuple[tuple[str, float], ...]


class Watched(Event):
    """What the global model says of the texts that somebody watches; no party's texts are among them."""

    type: Literal["Watched"] = "Watched"
    round: int
    answers: tuple[WatchedAnswer, ...]


class MessagesPassed(Event):
    """Which messages passed since the last event of this kind, also in a round that was broken off: each client's by content; a content is described where it is met first."""

    type: Literal["MessagesPassed"] = "MessagesPassed"
    round: int
    contents: tuple[Content, ...]
    rows: tuple[Passed, ...]


class RoundEnded(Event):
    """A round is complete and its checkpoint is on disk. `phases_s`: seconds by name (train, aggregate, evaluate, checkpoint)."""

    type: Literal["RoundEnded"] = "RoundEnded"
    round: int
    elapsed_s: float
    phases_s: dict[str, float]
    sent_bytes: int
    received_bytes: int
    weights_digest: str


class Compared(Event):
    """Deployment: one client's own test part under up to four models. `pooled`, `local` and `personal` are None where they were not trained."""

    type: Literal["Compared"] = "Compared"
    client: int
    examples: int
    federated: dict[str, float]
    local: dict[str, float] | None = None
    pooled: dict[str, float] | None = None
    personal: dict[str, float] | None = None


class RunEnded(Event):
    """The run's worker stopped. A paused run can be resumed; so can a cancelled or failed one that has a checkpoint."""

    type: Literal["RunEnded"] = "RunEnded"
    status: RunStatus
    reason: str = ""
    rounds_done: int
    elapsed_s: float
    weights_digest: str


AnyEvent = Annotated[
    RunQueued | RunPreparing | RunStarted | RoundStarted | ClientStarted | BatchTrained | ClientFinished | ClientFailed
    | SecureStep | RoundAggregated | GlobalEvaluated | Validated | Watched | MessagesPassed | RoundEnded | Compared | RunEnded,
    Field(discriminator="type"),
]
_ADAPTER: TypeAdapter[Any] = TypeAdapter(AnyEvent)


def event_from_json(line: str | bytes) -> Event:
    """The event of a journal line; raises `pydantic.ValidationError` where the line is none."""
    return _ADAPTER.validate_json(line)
