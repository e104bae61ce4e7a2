"""The summary above the live charts and the table below them, as plain data in the viewer's language."""

from typing import Any

from fedviz.charts.traffic import in_words
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

STATUS = {
    "queued": N_("Waiting"),
    "preparing": N_("Preparing"),
    "running": N_("Running"),
    "finished": N_("Finished"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
    "paused": N_("Paused"),
    "interrupted": N_("Interrupted"),
}
"""A run's status in one word."""

COLUMNS = (N_("Round"), N_("Loss, nats"), N_("Accuracy, %"), N_("Macro-F1, %"), N_("Down, bytes"), N_("Up, bytes"), N_("Time, s"), N_("Failed clients"))
"""Columns of the table."""


def shown_status(view: RunView, alive: bool = True) -> str:
    """The status to show: as in the view, but `interrupted` where the worker is gone although the journal has no end."""
    return view.status if alive or view.status in ("finished", "failed", "cancelled", "paused") else "interrupted"


def head(view: RunView, alive: bool = True) -> dict[str, Any]:
    """What stands above the charts. `progress` is in [0, 1]; `elapsed_s` counts on in the browser while `ticking`."""
    status = shown_status(view, alive)
    latest = view.result
    first = view.global_metrics[0][1] if view.global_metrics else {}
    ended = view.ended_at if view.ended_at is not None else view.last_at
    return {
        "title": view.title,
        "status": status,
        "word": _(STATUS[status]),
        "sentence": _sentence(view, status),
        "progress": round(_progress(view), 4),
        "round": f"{view.round}",
        "rounds": f"{view.rounds_planned}" if view.rounds_planned else "",
        "accuracy": _percent(latest.get("accuracy")),
        "gain": _gain(first.get("accuracy"), latest.get("accuracy")) if len(view.global_metrics) > 1 else "",
        "macro_f1": _percent(latest.get("macro_f1")),
        "loss": "" if latest.get("loss") is None else f"{latest['loss']:.3f}",
        "perplexity": _("perplexity {value}").format(value=f"{latest['perplexity']:,.1f}") if "perplexity" in latest else "",
        "traffic": in_words(sum(c.sent_bytes + c.received_bytes for c in view.clients) + view.protocol_bytes) if view.clients else "",
        "elapsed_s": round(view.worked_s(ended), 1) if view.started_at is not None else None,
        "ticking": status == "running",
    }


def _progress(view: RunView) -> float:
    """Rounds done; before the first, the present step of the preparation."""
    if view.rounds_planned and view.clients:
        return 1.0 if view.stops else min(view.rounds_done / view.rounds_planned, 1.0)
    _step, done, total = view.preparing
    return min(done / total, 1.0) if total else 0.0


def _sentence(view: RunView, status: str) -> str:
    """Where the run stands, in one sentence."""
    match status:
        case "queued":
            return _("The run is in the queue and begins when the one before it has ended.")
        case "preparing":
            step, done, total = view.preparing
            return _("Before the first round: {step}, {done} of {total}.").format(step=_(step), done=f"{done:,}", total=f"{total:,}")
        case "running" if view.stops:
            return _("Held-out texts have ended the rounds. The clients test the best model beside what each would have had alone.")
        case "running" if view.rounds_done >= view.rounds_planned > 0:
            return _("All rounds are done. The clients test the model beside what each would have had alone.")
        case "running" if view.round == 0:
            return _("The clients test the model as it is before any training.")
        case "running":
            return _running(view)
        case "finished" if view.stops:
            return _("Stopped after round {round} of {rounds}: the held-out texts were answered best after round {best}, whose model the run ends with.").format(
                round=view.rounds_done, rounds=view.rounds_planned, best=view.best_round
            )
        case "finished" if 0 < view.best_round < view.rounds_done:
            return _("All {rounds} rounds are done. The held-out texts were answered best after round {best}, whose model the run ends with.").format(
                rounds=view.rounds_done, best=view.best_round
            )
        case "finished":
            return _("All {rounds} rounds are done.").format(rounds=view.rounds_done)
        case "paused":
            return _("Paused after round {round} of {rounds}; the run goes on from there with the same result.").format(
                round=view.rounds_done, rounds=view.rounds_planned
            )
        case "interrupted":
            return _("The worker of this run is gone, after round {round}. Resuming ends with the same weights as never having stopped.").format(
                round=view.rounds_done
            )
        case "failed":
            return view.reason or _("The run failed.")
    return view.reason or _("The run was cancelled after round {round}.").format(round=view.rounds_done)


def _running(view: RunView) -> str:
    busy = [client.info.name for client in view.clients if client.state == "training"]
    if busy:
        return _("{client} trains on its own texts.").format(client=", ".join(busy[:3]))
    testing = any(client.state == "evaluating" for client in view.clients)
    return _("The clients test the averaged model on their own test texts.") if testing else _("The server sends out the model and averages the updates.")


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def _gain(first: float | None, latest: float | None) -> str:
    if first is None or latest is None:
        return ""
    return _("{points} points since the start").format(points=f"{100 * (latest - first):+.1f}")


def table(view: RunView) -> list[list[Any]]:
    """The numbers of every round as text, in the order of `COLUMNS`."""
    ended = {item.round: item for item in view.rounds}
    failed: dict[int, int] = {}
    for client in view.clients:
        for number, _reason in client.failures:
            failed[number] = failed.get(number, 0) + 1
    rows = []
    for number, values in view.global_metrics:
        closed = ended.get(number)
        rows.append(
            [
                f"{number}",
                f"{values['loss']:.4f}" if "loss" in values else "",
                f"{100 * values['accuracy']:.2f}" if "accuracy" in values else "",
                f"{100 * values['macro_f1']:.2f}" if "macro_f1" in values else "",
                f"{closed.received_bytes:,}" if closed else "",
                f"{closed.sent_bytes:,}" if closed else "",
                f"{closed.elapsed_s:.2f}" if closed else "",
                f"{failed.get(number, 0)}",
            ]
        )
    return rows
