"""The live page as plain data: what a viewer sees of a run, and the small changes that turn one picture into the next.

`document(view)` is the whole picture; `ops(before, after)` are the changes between two. The law that tests hold: whatever
way a journal is cut into pieces, the changes applied one after the other to the first document give the last one. So a refresh, a
second tab and a late viewer see the same. Charts whose part of the view did not change are taken over, not built again.

Operations, each a JSON object with its kind as `op`:
`head` (set keys of the header), `chart` (a new or changed chart, whole), `order` (which charts stand on the page, in order),
`extend` (lists of one trace: from an index on, what is there now), `style` (set values of one trace), `layout` (set values of a chart's layout),
`rows` (replace the table's rows from an index on). Keys with dots are paths, as in Plotly's own `restyle` and `relayout`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fedviz.charts import (
    adapters,
    apart,
    attack,
    clients,
    clusters,
    compare,
    cosines,
    costs,
    drift,
    fairness,
    lanes,
    metrics,
    phases,
    privacy,
    secure,
    timeline,
    tokens,
    traffic,
    validation,
)
from fedviz.charts.head import head, table
from fedviz.charts.palette import client_dash, client_token
from fedviz.charts.safe import line
from fedviz.charts.theme import Spec
from fedviz.core.i18n import N_, _
from fedviz.runs.client_view import ClientView
from fedviz.runs.run_view import RunView

SECTIONS = {
    "compare": N_("Why federate?"),
    "learning": N_("Is it learning?"),
    "attack": attack.ATTACK_SECTION,
    "lanes": N_("Who does what?"),
    "turnout": N_("Who turns up, and when?"),
    "clients": N_("What does each client see?"),
    "apart": apart.APART_TITLE,
    "fairness": N_("Does it serve everybody?"),
    "clusters": N_("Who is like whom?"),
    "drift": N_("How far do the clients pull apart?"),
    "adapters": N_("Does the average keep what was learned?"),
    "secure": N_("What does the server see?"),
    "privacy": N_("What do the models give away?"),
    "cost": N_("What does it cost?"),
}
"""Sections of the page in their order."""


Put = Callable[[str, tuple[Any, ...], Callable[[], dict[str, Any]]], None]
"""`put(key, watched, build)`: a chart of the page, what it is made from, and how."""


@dataclass(frozen=True)
class Document:
    """The picture of a run: header, charts by key in order, and the rows of the table. `watch` is what each chart was made from."""

    seq: int
    head: dict[str, Any]
    charts: dict[str, dict[str, Any]]
    rows: list[list[Any]]
    watch: dict[str, tuple[Any, ...]] = field(default_factory=dict, repr=False, compare=False)

    def data(self) -> dict[str, Any]:
        """Everything a viewer needs, as plain data."""
        return {"head": self.head, "charts": self.charts, "order": list(self.charts), "rows": self.rows}


@dataclass(frozen=True)
class _Kind:
    """A chart of the page: where it stands, its words, what part of the view it is made from, and how."""

    key: str
    section: str
    title: str
    note: str | Callable[[RunView], str]
    watch: Callable[[RunView], tuple[Any, ...]]
    spec: Callable[[RunView], Spec]
    shown: Callable[[RunView], bool] = lambda view: bool(view.clients)
    size: str = "half"
    about: Callable[[RunView], str] = lambda view: ""
    quick: bool = False
    """Whether it is lines or level bars on axes that mostly stay: these grow on the page without a redraw."""


def _rounds(view: RunView) -> tuple[Any, ...]:
    return view.rounds_planned, len(view.clients)


def _seen(view: RunView) -> bool:
    """Whether single updates can be seen, which secure aggregation hides."""
    return bool(view.clients) and not view.secure


_KINDS = (
    _Kind("compare", "compare", compare.COMPARE_TITLE, compare.COMPARE_NOTE, lambda v: (v.comparisons,),
          lambda v: compare.compare_spec(compare.compare_record(v)), lambda v: bool(v.comparisons), "full"),
    _Kind("scores", "learning", metrics.SCORES_TITLE, metrics.scores_note, lambda v: (v.global_metrics, *_rounds(v)),
          lambda v: metrics.scores_spec(metrics.metrics_record(v)), quick=True),
    _Kind("loss", "learning", metrics.LOSS_TITLE, metrics.loss_note, lambda v: (v.global_metrics, *_rounds(v)),
          lambda v: metrics.loss_spec(metrics.metrics_record(v)), quick=True),
    _Kind("validation", "learning", validation.VALIDATION_TITLE, validation.VALIDATION_NOTE, lambda v: (v.validated, *_rounds(v)),
          lambda v: validation.validation_spec(validation.validation_record(v)), lambda v: bool(v.validated), about=lambda v: validation.validation_about(validation.validation_record(v)), quick=True),
    _Kind("perplexity", "learning", tokens.PERPLEXITY_TITLE, tokens.PERPLEXITY_NOTE, lambda v: (*(c.metrics for c in v.clients), *_rounds(v)),
          lambda v: tokens.perplexity_spec(tokens.perplexity_record(v)), metrics.of_tokens, quick=True),
    _Kind("watched", "learning", tokens.WATCHED_TITLE, tokens.WATCHED_NOTE, lambda v: (v.watched, *_rounds(v)),
          lambda v: tokens.watched_spec(tokens.watched_record(v)), lambda v: bool(v.watched), "full"),
    _Kind("attack", "attack", attack.ATTACK_TITLE, attack.ATTACK_NOTE, lambda v: (v.global_metrics, *_rounds(v)),
          lambda v: attack.attack_spec(attack.attack_record(v)), attack.has_aim, quick=True),
    _Kind("lanes", "lanes", lanes.LANES_TITLE, lanes.LANES_NOTE, lambda v: (v.status, lanes.now_s(v), *(c.spans for c in v.clients), *(c.state for c in v.clients)),
          lambda v: lanes.lanes_spec(lanes.lanes_record(v)), size="full", quick=True),
    _Kind("timeline", "turnout", timeline.TIMELINE_TITLE, timeline.TIMELINE_NOTE, lambda v: (v.timings, len(v.clients)),
          lambda v: timeline.timeline_spec(timeline.timeline_record(v)), timeline.eventful, "full"),
    _Kind("turnout", "turnout", timeline.TURNOUT_TITLE, timeline.TURNOUT_NOTE, lambda v: (v.timings, len(v.clients)),
          lambda v: timeline.turnout_spec(timeline.turnout_record(v)), timeline.eventful, "full"),
    _Kind("served", "fairness", fairness.SERVED_TITLE, fairness.SERVED_NOTE, lambda v: (*(c.metrics for c in v.clients), *_rounds(v)),
          lambda v: fairness.served_spec(fairness.fairness_record(v)), quick=True),
    _Kind("even", "fairness", fairness.EVEN_TITLE, fairness.EVEN_NOTE, lambda v: (*(c.metrics for c in v.clients), *_rounds(v)),
          lambda v: fairness.even_spec(fairness.fairness_record(v)), quick=True),
    _Kind("clusters", "clusters", clusters.CLUSTERS_TITLE, clusters.CLUSTERS_NOTE, lambda v: (v.clusters, *_rounds(v)),
          lambda v: clusters.clusters_spec(clusters.clusters_record(v)), lambda v: bool(v.clusters), "full"),
    _Kind("distance", "drift", drift.DISTANCE_TITLE, drift.DISTANCE_NOTE, lambda v: (v.drift, *_rounds(v)),
          lambda v: drift.distance_spec(drift.drift_record(v)), _seen, quick=True),
    _Kind("angle", "drift", drift.ANGLE_TITLE, drift.ANGLE_NOTE, lambda v: (v.drift, *_rounds(v)),
          lambda v: drift.angle_spec(drift.drift_record(v)), _seen, quick=True),
    _Kind("share", "drift", drift.SHARE_TITLE, drift.SHARE_NOTE, lambda v: (v.drift, *_rounds(v)),
          lambda v: drift.share_spec(drift.drift_record(v)), _seen),
    _Kind("path", "drift", drift.PATH_TITLE, drift.PATH_NOTE, lambda v: (v.drift, *_rounds(v)),
          lambda v: drift.path_spec(drift.drift_record(v)), _seen),
    _Kind("cosines", "drift", cosines.COSINES_TITLE, cosines.COSINES_NOTE, lambda v: (v.cosines, len(v.clients)),
          lambda v: cosines.cosines_spec(cosines.cosines_record(v)), lambda v: v.cosines is not None, "full", lambda v: cosines.cosines_about(cosines.cosines_record(v))),
    _Kind("adapters", "adapters", adapters.ERROR_TITLE, adapters.error_note, lambda v: (v.adapters, v.combined, *_rounds(v)),
          lambda v: adapters.error_spec(adapters.adapters_record(v)), lambda v: bool(v.combined and (v.adapters or v.secure)), "full", lambda v: adapters.error_about(adapters.adapters_record(v))),
    _Kind("ranks", "adapters", adapters.RANKS_TITLE, adapters.RANKS_NOTE, lambda v: (v.ranks, *_rounds(v)),
          lambda v: adapters.ranks_spec(adapters.ranks_record(v)), lambda v: bool(v.ranks), "full", quick=True),
    _Kind("sight", "secure", secure.SIGHT_TITLE, secure.sight_note, lambda v: (v.sight, len(v.clients)),
          lambda v: secure.sight_spec(secure.sight_record(v)), lambda v: v.sight is not None, "full", about=secure.cipher_words),
    _Kind("steps", "secure", secure.STEPS_TITLE, secure.steps_note, lambda v: (v.steps,),
          lambda v: secure.steps_spec(secure.steps_record(v)), lambda v: bool(v.steps)),
    _Kind("spent", "privacy", privacy.SPENT_TITLE, privacy.spent_note, lambda v: (v.privacy, *_rounds(v)),
          lambda v: privacy.spent_spec(privacy.privacy_record(v)), lambda v: any(entry.epsilon is not None for _number, entry in v.privacy[-1:]), quick=True),
    _Kind("spent-by", "privacy", privacy.BY_CLIENT_TITLE, privacy.BY_CLIENT_NOTE, lambda v: (v.privacy, len(v.clients)),
          lambda v: privacy.by_client_spec(privacy.privacy_record(v)), lambda v: any(entry.clients for _number, entry in v.privacy[-1:])),
    _Kind("clipped", "privacy", privacy.CLIPPED_TITLE, privacy.CLIPPED_NOTE, lambda v: (v.privacy, *_rounds(v)),
          lambda v: privacy.clipped_spec(privacy.privacy_record(v)), lambda v: any(entry.clipped is not None for _number, entry in v.privacy[-1:])),
    _Kind("costs", "cost", costs.COSTS_TITLE, costs.COSTS_NOTE, lambda v: (v.timings, v.global_metrics), lambda v: costs.costs_spec(costs.costs_record(v)),
          lambda v: bool(v.timings), about=lambda v: costs.bill(costs.costs_record(v))),
    _Kind("traffic", "cost", traffic.TRAFFIC_TITLE, traffic.TRAFFIC_NOTE, lambda v: (v.rounds, v.message_bytes, *_rounds(v)),
          lambda v: traffic.traffic_spec(traffic.traffic_record(v))),
    _Kind("phases", "cost", phases.PHASES_TITLE, phases.PHASES_NOTE, lambda v: (v.rounds, *_rounds(v)),
          lambda v: phases.phases_spec(phases.phases_record(v))),
)


def document(view: RunView, before: Document | None = None, alive: bool = True) -> Document:
    """The picture of a view; charts of `before` whose part of the view is the same are taken over.

    `alive` is False where the run's worker is gone, though the journal does not say so: the run shows as interrupted.
    """
    built: dict[str, dict[str, Any]] = {}
    watch: dict[str, tuple[Any, ...]] = {}

    def put(key: str, watched: tuple[Any, ...], build: Callable[[], dict[str, Any]]) -> None:
        watch[key] = watched
        same = before is not None and key in before.charts and _identical(before.watch.get(key, ()), watched)
        built[key] = before.charts[key] if same and before is not None else build()

    for section in SECTIONS:
        if section == "clients":
            _put_clients(view, before, put)
        if section == "apart" and apart.watched(view):
            _put_apart(view, put)
        for kind in _KINDS:
            if kind.section == section and kind.shown(view):
                put(kind.key, kind.watch(view), partial(_chart, kind, view))
    return Document(view.last_seq, head(view, alive), built, table(view), watch)


def _chart(kind: _Kind, view: RunView) -> dict[str, Any]:
    words = {"section": _(SECTIONS[kind.section]), "title": _(kind.title), "note": _(kind.note) if isinstance(kind.note, str) else kind.note(view), "about": kind.about(view), "size": kind.size}
    return words | {"legend": _legend(kind, view), "quick": kind.quick} | kind.spec(view)


def _legend(kind: _Kind, view: RunView) -> list[list[Any]]:
    """Who the coloured lines are, once per section: [client, name, colour token, line style]."""
    if kind.key != "distance":
        return []
    return [[c.info.index, line(c.info.name), client_token(c.info.index), client_dash(c.info.index)] for c in view.clients]


def _put_clients(view: RunView, before: Document | None, put: Put) -> None:
    """The small multiples. The shared loss axis needs every client's highest loss, which is remembered with each chart."""
    losses = {}
    for client in view.clients:
        known = before.watch.get(f"client-{client.info.index}") if before is not None else None
        same = known is not None and known[0] is client.batches and known[1] == client.steps
        losses[client.info.index] = known[2] if same and known is not None else clients.client_losses(client)
    top = clients.top_loss(tuple(losses.values()))
    reached = view.round if view.rounds_planned > 20 else 0
    for client in view.clients:
        own = losses[client.info.index]
        watched = (client.batches, client.steps, own, top, reached, view.rounds_planned)
        put(f"client-{own.index}", watched, partial(_client_chart, own, view.rounds_planned, reached, top))


def _client_chart(own: clients.ClientLosses, planned: int, reached: int, top: float) -> dict[str, Any]:
    about = _("{count} texts").format(count=f"{own.train_examples:,}")
    words = {"section": _(SECTIONS["clients"]), "title": line(own.name), "note": "" if own.index else _(clients.CLIENTS_NOTE), "about": about, "size": "small"}
    return words | {"legend": [], "quick": True} | clients.client_spec(own, planned, reached, top)


def _put_apart(view: RunView, put: Put) -> None:
    """A small chart for every client, all on one loss axis."""
    top, reached = apart.top_loss(view), view.round if view.rounds_planned > 20 else 0
    for client in view.clients:
        watched = (client.metrics, client.own, client.personal, view.global_metrics, top, reached, view.rounds_planned)
        put(f"apart-{client.info.index}", watched, partial(_apart_chart, client, view, reached, top))


def _apart_chart(client: ClientView, view: RunView, reached: int, top: float) -> dict[str, Any]:
    words = {"section": _(apart.APART_TITLE), "title": line(client.info.name), "note": "" if client.info.index else _(apart.APART_NOTE), "size": "small"}
    about = _("{count} test texts").format(count=f"{client.info.test_examples:,}")
    spec = apart.apart_spec(apart.apart_record(client), apart.losses(view.global_metrics), view.rounds_planned, reached, top)
    return words | {"about": about, "legend": [], "quick": True} | spec


def _identical(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether both watch the very same objects; small values may also be equal."""
    return len(one) == len(other) and all(a is b or (isinstance(a, int | float | str) and a == b) for a, b in zip(one, other, strict=True))
