"""The words for what becomes of a run."""

from fedviz.core.i18n import N_, _
from fedviz.runs.folder import RunSummary

STATUSES = {
    "queued": N_("Waiting"),
    "preparing": N_("Preparing"),
    "running": N_("Running"),
    "paused": N_("Paused"),
    "finished": N_("Finished"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
    "interrupted": N_("Interrupted"),
    "damaged": N_("Damaged"),
}
LIVE = ("queued", "preparing", "running")
"""A worker holds the run."""


def words(status: str) -> str:
    """A status in the viewer's language."""
    return _(STATUSES.get(status, status))


def accuracy(run: RunSummary) -> str:
    """The newest accuracy of the global model on the test texts, or nothing where none was measured."""
    return _("accuracy {value}").format(value=f"{run.metrics['accuracy']:.1%}") if "accuracy" in run.metrics else ""
