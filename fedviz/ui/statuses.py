"""The words for what becomes of a run."""

from fedviz.charts.head import STATUS
from fedviz.core.i18n import N_, _
from fedviz.runs.folder import RunSummary

STATUSES = STATUS | {"damaged": N_("Damaged")}


def words(status: str) -> str:
    """A status in the viewer's language."""
    return _(STATUSES.get(status, status))


def accuracy(run: RunSummary) -> str:
    """The newest accuracy of the global model on the test texts, or nothing where none was measured."""
    return _("accuracy {value}").format(value=f"{run.metrics['accuracy']:.1%}") if "accuracy" in run.metrics else ""
