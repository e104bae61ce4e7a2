"""From a journal to a `RunView` by a pure reducer, so that every viewer sees the same.

`apply(view, event)` never changes its arguments. A run that resumes writes `RunStarted` with the first round it will do:
whatever an interrupted worker had begun of that round and later ones is dropped then, since it is done again.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from fedviz.core import events as e
from fedviz.runs.client_view import ClientState, ClientView, entered
from fedviz.runs.run_view import RunView, Status


def apply(view: RunView, event: e.Event) -> RunView:
    """The view after one more event. Events that the view has already seen (by `seq`) change nothing."""
    if event.seq and event.seq <= view.last_seq:
        return view
    if isinstance(event, e.RunQueued) and view.started_at is not None and view.stopped_at is None:
        view = replace(view, stopped_at=view.ended_at or view.last_at)  # a worker that was killed wrote no end
    view = replace(view, last_seq=event.seq or view.last_seq, last_at=event.at or view.last_at)
    return _APPLY[type(event)](view, event)


def apply_all(view: RunView, events: Iterable[e.Event]) -> RunView:
    """`apply` over many events, the same result; runs of training steps are taken together, so that a long journal stays fast."""
    steps: list[e.BatchTrained] = []
    for event in events:
        if isinstance(event, e.BatchTrained):
            if event.seq > (steps[-1].seq if steps else view.last_seq) or not event.seq:
                steps.append(event)
            continue
        view = apply(_batches(view, steps), event)
        steps = []
    return _batches(view, steps)


def _client(view: RunView, index: int, **changes: Any) -> RunView:
    if index >= len(view.clients):
        return view
    clients = list(view.clients)
    clients[index] = replace(clients[index], **changes)
    return replace(view, clients=tuple(clients))


def _batches(view: RunView, steps: list[e.BatchTrained]) -> RunView:
    if not steps:
        return view
    by_client: dict[int, list[e.BatchTrained]] = {}
    for step in steps:
        by_client.setdefault(step.client, []).append(step)
    clients = list(view.clients)
    for index, own in by_client.items():
        if index < len(clients):
            done = clients[index].batches + tuple((s.round, s.step, s.loss) for s in own)
            client = entered(clients[index], "training", own[0].at, view.round)
            clients[index] = replace(client, batches=done, steps=own[-1].steps)
    return replace(view, clients=tuple(clients), last_seq=steps[-1].seq or view.last_seq, last_at=steps[-1].at or view.last_at)


def _queued(view: RunView, event: e.RunQueued) -> RunView:
    queued_at = view.queued_at if view.queued_at is not None else event.at
    return replace(view, run_id=event.run_id, title=event.title, status="queued", reason="", queued_at=queued_at, ended_at=None)


def _preparing(view: RunView, event: e.RunPreparing) -> RunView:
    status: Status = "running" if view.status == "running" else "preparing"
    return replace(view, status=status, reason="", preparing=(event.step, event.done, event.total), ended_at=None)


def _started(view: RunView, event: e.RunStarted) -> RunView:
    first = event.first_round if event.first_round > 1 else 0
    breaks = view.breaks if view.stopped_at is None else (*view.breaks, (view.stopped_at, event.at))
    before = {c.info.index: c for c in view.clients}

    def kept(pairs: tuple[tuple[Any, ...], ...]) -> Any:
        return tuple(pair for pair in pairs if pair[0] < first)

    clients = []
    for info in event.clients:
        old = before.get(info.index, ClientView(info))
        state: ClientState = "absent" if old.state == "absent" else "idle"
        clients.append(
            replace(
                old,
                info=info,
                state=state,
                since=event.at,
                steps=0,
                batches=kept(old.batches),
                metrics=kept(old.metrics),
                train_metrics=kept(old.train_metrics),
                own=kept(old.own),
                personal=kept(old.personal),
                failures=kept(old.failures),
            )
        )
    return replace(
        view,
        status="running",
        reason="",
        classes=event.classes,
        trust=event.trust,
        rounds_planned=event.rounds,
        round=max(event.first_round - 1, 0),
        clients=tuple(clients),
        global_metrics=kept(view.global_metrics),
        watched=kept(view.watched),
        validated=tuple(v for v in view.validated if v.round < first),
        drift=kept(view.drift),
        path=kept(view.path),
        update_norms=kept(view.update_norms),
        cosines=view.cosines if view.cosines and view.cosines[0] < first else None,
        adapters=kept(view.adapters),
        ranks=kept(view.ranks),
        combined=event.adapters,
        secure=event.secure,
        steps=tuple(s for s in view.steps if s.round < first),
        sight=view.sight if view.sight and view.sight[0] < first else None,
        clusters=kept(view.clusters),
        privacy=kept(view.privacy),
        timings=kept(view.timings),
        rounds=tuple(r for r in view.rounds if r.round < first),
        comparisons=(),
        trainable_parameters=event.trainable_parameters,
        total_parameters=event.total_parameters,
        message_bytes=event.message_bytes,
        ended_at=None,
        stopped_at=None,
        breaks=breaks,
        started_at=view.started_at if view.started_at is not None else event.at,
    )


def _round_started(view: RunView, event: e.RoundStarted) -> RunView:
    taking_part = set(event.clients)
    clients = tuple(replace(entered(c, "idle" if c.info.index in taking_part else "absent", event.at, view.round), steps=0) for c in view.clients)
    return replace(view, round=event.round, clients=clients, timings=view.timings if event.timing is None else (*view.timings, (event.round, event.timing)))


def _client_started(view: RunView, event: e.ClientStarted) -> RunView:
    if event.client >= len(view.clients):
        return view
    received = view.clients[event.client].received_bytes + event.received_bytes
    view = _sent(view, event.at)
    return _client(_turn(view, event, "training" if event.phase == "train" else "evaluating"), event.client, received_bytes=received)


def _turn(view: RunView, event: e.ClientStarted | e.ClientFinished | e.ClientFailed, state: ClientState) -> RunView:
    clients = list(view.clients)
    clients[event.client] = entered(clients[event.client], state, event.at, event.round)
    return replace(view, clients=tuple(clients))


def _sent(view: RunView, at: float) -> RunView:
    """Whoever was sending is done with it."""
    return replace(view, clients=tuple(entered(c, "idle", at, view.round) if c.state == "sending" else c for c in view.clients))


def _batch(view: RunView, event: e.BatchTrained) -> RunView:
    return _batches(view, [event])


def _client_finished(view: RunView, event: e.ClientFinished) -> RunView:
    if event.client >= len(view.clients):
        return view
    view = _turn(view, event, "sending" if event.phase == "train" else "idle")
    client = view.clients[event.client]
    changes: dict[str, Any] = {"sent_bytes": client.sent_bytes + event.sent_bytes}
    for field, split in (("metrics", "test"), ("train_metrics", "train")):
        values = {m.key.name: m.value for m in event.metrics if m.key.split == split}
        if values:
            changes[field] = (*getattr(client, field), (event.round, values))
    for field in ("own", "personal"):
        if (measured := getattr(event, field)) is not None:
            changes[field] = (*getattr(client, field), (event.round, measured))
    return _client(view, event.client, **changes)


def _client_failed(view: RunView, event: e.ClientFailed) -> RunView:
    if event.client >= len(view.clients):
        return view
    view = _turn(view, event, "failed")
    return _client(view, event.client, failures=(*view.clients[event.client].failures, (event.round, event.reason)))


def _aggregated(view: RunView, event: e.RoundAggregated) -> RunView:
    view = _sent(view, event.at)
    return replace(
        view,
        drift=(*view.drift, (event.round, event.drift)),
        path=(*view.path, (event.round, event.x, event.y)),
        update_norms=(*view.update_norms, (event.round, event.update_norm)),
        cosines=view.cosines if event.cosines is None else (event.round, event.cosines),
        adapters=(*view.adapters, (event.round, event.adapters)) if event.adapters else view.adapters,
        ranks=(*view.ranks, (event.round, event.ranks)) if event.ranks else view.ranks,
        clusters=(*view.clusters, (event.round, event.clusters)) if event.clusters else view.clusters,
        privacy=view.privacy if event.privacy is None else (*view.privacy, (event.round, event.privacy)),
    )


def _secure_step(view: RunView, event: e.SecureStep) -> RunView:
    sight = view.sight if event.sight is None else (event.round, event.sight)
    return replace(view, steps=(*view.steps, event.model_copy(update={"sight": None})), sight=sight)


def _evaluated(view: RunView, event: e.GlobalEvaluated) -> RunView:
    return replace(view, global_metrics=(*view.global_metrics, (event.round, {m.key.name: m.value for m in event.metrics})))


def _validated(view: RunView, event: e.Validated) -> RunView:
    return replace(view, validated=(*view.validated, event))


def _watched(view: RunView, event: e.Watched) -> RunView:
    return replace(view, watched=(*view.watched, (event.round, event.answers)))


def _passed(view: RunView, event: e.MessagesPassed) -> RunView:
    known = {content.id for content in view.contents}
    new = tuple(content for content in event.contents if content.id not in known)
    return replace(view, contents=view.contents + new, passed=(*view.passed, (event.round, event.rows)))


def _round_ended(view: RunView, event: e.RoundEnded) -> RunView:
    return replace(view, round=event.round, rounds=(*view.rounds, event), weights_digest=event.weights_digest)


def _compared(view: RunView, event: e.Compared) -> RunView:
    return replace(view, comparisons=(*view.comparisons, event))


def _ended(view: RunView, event: e.RunEnded) -> RunView:
    clients = tuple(entered(c, "idle", event.at, view.round) if c.state in ("training", "evaluating", "sending") else c for c in view.clients)
    return replace(
        view, clients=clients, status=event.status, reason=event.reason, weights_digest=event.weights_digest or view.weights_digest, ended_at=event.at
    )


_APPLY: dict[type[e.Event], Callable[[RunView, Any], RunView]] = {
    e.RunQueued: _queued,
    e.RunPreparing: _preparing,
    e.RunStarted: _started,
    e.RoundStarted: _round_started,
    e.ClientStarted: _client_started,
    e.BatchTrained: _batch,
    e.ClientFinished: _client_finished,
    e.ClientFailed: _client_failed,
    e.SecureStep: _secure_step,
    e.RoundAggregated: _aggregated,
    e.GlobalEvaluated: _evaluated,
    e.Validated: _validated,
    e.Watched: _watched,
    e.MessagesPassed: _passed,
    e.RoundEnded: _round_ended,
    e.Compared: _compared,
    e.RunEnded: _ended,
}
