"""Small frozen records that every block speaks of."""

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Split = Literal["train", "test"]
"""Which part of the data a number was measured on; no number without it."""


class Record(BaseModel):
    """Base of the frozen domain records that are written to a journal or printed as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")
    """A loss that ran away is written as "NaN" or "Infinity", which stays JSON and reads back as the same float."""


class Triple(NamedTuple):
    """One statement of a knowledge graph: `head` --`relation`--> `tail`, by entity ids and relation name."""

    head: str
    relation: str
    tail: str


class MetricKey(Record):
    """Which quantity a number is: name, split, and the client it belongs to (None: the whole federation)."""

    name: str
    split: Split = "test"
    client: int | None = None


class Metric(Record):
    """A number with its key. `value` is a fraction in [0, 1] for accuracy and macro-F1, nats for loss."""

    key: MetricKey
    value: float


class ClientInfo(Record):
    """A participant as the page shows it: index (its colour and lane), name, and what it holds."""

    index: Annotated[int, Field(ge=0)]
    name: str
    train_examples: int
    test_examples: int


class TrustTried(Record):
    """What the clients measured on texts that they held out, with so much of the graph's class evidence and of its structure: mean loss (nats) and accuracy over `texts` texts.

    `saved`: mean loss saved on the same texts against the least of the graph that was tried, with its standard error; 0 for that itself, and in runs older than that.
    """

    evidence: float
    structure: float
    loss: float
    accuracy: float
    texts: int
    saved: float = 0.0
    saved_error: float = 0.0


class GraphTrust(Record):
    """How much of the graph a model uses, in [0, 1]: a factor on its class evidence and one on what the trained matrix V reads. `tried`: what it was chosen from."""

    evidence: float = 1.0
    structure: float = 1.0
    tried: tuple[TrustTried, ...] = ()


FULL_TRUST = GraphTrust()


class ClientDrift(Record):
    """How one client's update of a round lies to the round's average update.

    `norm`: Euclidean length of the update; `distance`: length of its difference to the average update; `angle_deg`: angle
    to the average update in degrees, None where either is the zero vector; `x`, `y`: the client's model after local training on the first two
    principal axes of the path so far (the round's global model is the origin of the first round); `share`: how much of this client's update is in
    the next model, from 0 (left out) to 1, None in runs older than the choice of a combination.
    """

    client: int
    norm: float
    distance: float
    angle_deg: float | None
    x: float
    y: float
    share: float | None = None


class Cosines(Record):
    """Cosines of the angles between the updates of a round, two by two.

    `clients`: those compared, in order; `arrived`: how many sent an update, of whom they are some. `values`: the upper half of the symmetric matrix,
    row by row, each from the diagonal on (`len(clients) * (len(clients) + 1) / 2` numbers in [-1, 1]); None where one of the two is the zero vector.
    """

    clients: tuple[int, ...]
    arrived: int
    values: tuple[float | None, ...]

    def matrix(self) -> tuple[tuple[float | None, ...], ...]:
        """The whole matrix by rows [clients, clients]."""
        count = len(self.clients)
        starts = [row * count - row * (row - 1) // 2 for row in range(count)]
        return tuple(tuple(self.values[starts[min(i, j)] + abs(i - j)] for j in range(count)) for i in range(count))


class AdapterError(Record):
    """How far the product of the averaged factors of an adapted matrix lies from the average of the clients' products: the Frobenius norm of the difference (`error`), and of that average (`norm`).

    `matrix`: its name within the encoder.
    """

    matrix: str
    error: float
    norm: float

    @property
    def relative(self) -> float | None:
        """The error as a share of the norm; None where that is 0 or not finite."""
        return self.error / self.norm if 0 < self.norm < float("inf") else None


class Lane(Record):
    """One client in a round, in virtual seconds: when it began (from the start of the round; negative where it began before), and how long it
    received, trained and sent. `fate`: what became of its work; `share`: of its training that it did and sent, 0 where nothing arrived.
    `staleness`: how often the global model has changed since it began, where clients do not wait for each other.
    """

    client: int
    start_s: float
    down_s: float
    train_s: float
    up_s: float
    fate: Literal["arrived", "partial", "late", "dropped", "spare"]
    share: float = 1.0
    staleness: int = 0

    @property
    def end_s(self) -> float:
        """When it was done, in virtual seconds from the start of the round."""
        return self.start_s + self.down_s + self.train_s + self.up_s


class Timing(Record):
    """A round in virtual time: its lanes by client, how long it took (s), bytes of training both ways, energy (J) of devices and network, money, and the
    deadline (s; 0: none).
    """

    lanes: tuple[Lane, ...]
    elapsed_s: float
    bytes: int
    joules: float
    money: float
    deadline_s: float = 0.0


class PrivacySpent(Record):
    """What a run's rounds so far have spent of every client's privacy, and what the last of them did.

    `rdp`, `pld`: upper bounds of epsilon at `delta` by two accountants, None without noise, or where an accountant says nothing; `clip_norm`: the longest
    update (or gradient of one text) that counted; `clipped`: share of the updates that were longer, in [0, 1], None where nobody but the clients knows;
    `noise`: standard deviation of the noise on each weight of the mean. `mechanism` is the registry's name of it; `clients`: the bound by RDP of each client, where they differ.
    """

    rdp: float | None
    pld: float | None
    delta: float
    clip_norm: float
    clipped: float | None
    noise: float
    mechanism: str = "central"
    clients: tuple[float, ...] = ()

    @property
    def epsilon(self) -> float | None:
        """The smaller bound, which holds since both do."""
        return min((bound for bound in (self.rdp, self.pld) if bound is not None), default=None)
