"""`RunView`: a run as its journal tells it, ready to be drawn; `fedviz.runs.view` makes it."""

from dataclasses import dataclass
from typing import Literal

from fedviz.core import events as e
from fedviz.core.passed import Content, Passed
from fedviz.core.types import AdapterError, ClientDrift, Cosines, GraphTrust, PrivacySpent, Timing
from fedviz.runs.client_view import ClientView

Status = Literal["queued", "preparing", "running", "finished", "failed", "cancelled", "paused"]


@dataclass(frozen=True)
class RunView:
    """A run so far; every field follows from the journal alone."""

    run_id: str = ""
    title: str = ""
    status: Status = "queued"
    reason: str = ""
    classes: tuple[str, ...] = ()
    trust: GraphTrust | None = None
    preparing: tuple[str, int, int] = ("", 0, 0)
    """(step, done, total) of the work before the first round, or of the comparison after the last one."""
    rounds_planned: int = 0
    round: int = 0
    clients: tuple[ClientView, ...] = ()
    global_metrics: tuple[tuple[int, dict[str, float]], ...] = ()
    watched: tuple[tuple[int, tuple[e.WatchedAnswer, ...]], ...] = ()
    """(round, what the global model says of the watched texts); empty where nobody watches any."""
    validated: tuple[e.Validated, ...] = ()
    """What was measured on held-out texts, by round; empty where nobody holds any out."""
    drift: tuple[tuple[int, tuple[ClientDrift, ...]], ...] = ()
    path: tuple[tuple[int, float, float], ...] = ()
    """(round, x, y): the global model's place beside the clients' models of that round."""
    update_norms: tuple[tuple[int, float], ...] = ()
    cosines: tuple[int, Cosines] | None = None
    """(round, cosines between the updates) of the newest round in which they were seen; None where none was, and in runs older than that."""
    adapters: tuple[tuple[int, tuple[AdapterError, ...]], ...] = ()
    """(round, how exactly each adapted matrix was combined); empty where there are no adapters or the clients' could not be seen."""
    ranks: tuple[tuple[int, tuple[int, ...]], ...] = ()
    """(round, rank of each client's adapters after it); empty unless clients prune their own."""
    combined: str = ""
    """How adapters are combined, by the registry's name; empty where there are none."""
    secure: bool = False
    """Whether single updates are hidden from the server."""
    steps: tuple[e.SecureStep, ...] = ()
    """The steps of secure aggregation so far, without their sights; `sight` is the newest one, with its round."""
    sight: tuple[int, e.SecureSight] | None = None
    clusters: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = ()
    """(round, (client, cluster) of those that answered); empty where there is one model for all."""
    privacy: tuple[tuple[int, PrivacySpent], ...] = ()
    """(round, what was spent until then); empty where no privacy is kept."""
    timings: tuple[tuple[int, Timing], ...] = ()
    """(round, what it takes in virtual time), also of the round that goes on; empty in runs older than that."""
    contents: tuple[Content, ...] = ()
    """What the messages of the run look like, each kind once; empty in runs older than that."""
    passed: tuple[tuple[int, tuple[Passed, ...]], ...] = ()
    """(round, which messages passed), also in rounds that were broken off and done again."""
    rounds: tuple[e.RoundEnded, ...] = ()
    comparisons: tuple[e.Compared, ...] = ()
    trainable_parameters: int = 0
    total_parameters: int = 0
    message_bytes: int = 0
    weights_digest: str = ""
    last_seq: int = 0
    queued_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    stopped_at: float | None = None
    """When the worker stopped that a later one follows; None while it works."""
    breaks: tuple[tuple[float, float], ...] = ()
    """(from, to): times without a worker between the first start and the last, in seconds since the epoch."""
    last_at: float = 0.0
    """When the last event was written."""

    @classmethod
    def empty(cls) -> "RunView":
        """The view of a journal without events."""
        return cls()

    def worked_s(self, at: float) -> float:
        """Seconds of work from the first start until `at` (since the epoch), breaks left out; 0 before the start."""
        if self.started_at is None:
            return 0.0
        return max(at - self.started_at - sum(min(end, at) - begin for begin, end in self.breaks if begin < at), 0.0)

    @property
    def protocol_bytes(self) -> int:
        """Bytes of secure aggregation beside training, which the clients' own sums do not count."""
        return sum(step.sent_bytes + step.received_bytes for step in self.steps if step.step not in ("masked", "encrypted"))

    @property
    def best_round(self) -> int:
        """The best round so far on held-out texts; 0 where the run does not stop early, or has no round yet."""
        return self.validated[-1].best if self.validated else 0

    @property
    def stops(self) -> bool:
        """Whether held-out texts have ended the run before its last planned round."""
        return bool(self.validated) and self.validated[-1].stops and self.rounds_done < self.rounds_planned

    @property
    def result(self) -> dict[str, float]:
        """The global metrics of the model that the run ends with, or of the newest one while it goes on; empty before the first."""
        newest = self.global_metrics[-1][1] if self.global_metrics else {}
        return dict(self.global_metrics).get(self.best_round, newest) if self.status == "finished" and self.best_round else newest

    @property
    def rounds_done(self) -> int:
        """How many rounds are complete."""
        return self.rounds[-1].round if self.rounds else 0
