"""Long work on a page: it goes on when the page is left, shows how far it is, can be cancelled, and ends in a result or in one sentence."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.ui.sentences import sentence
from fedviz.ui.text import plain

_SEEN = "job-seen-"
"""Session key, before a job's: whether this viewer's page has been drawn since that job ended."""
_log = logging.getLogger(__name__)


class Job:
    """One piece of work on a thread of its own. The work calls `progress` and looks at `cancelled`; it raises `FedvizError` for what a user can mend."""

    def __init__(self, title: str, work: Callable[["Job"], Any]) -> None:
        self.title = title
        self.done, self.total, self.step = 0, 0, ""
        self.result: Any = None
        self.trouble = ""
        self._cancel = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), name="fedviz-job", daemon=True)
        self._thread.start()

    def progress(self, done: int, total: int, step: str = "") -> None:
        """How far the work is; `total` 0 where nobody knows; `step` in words."""
        self.done, self.total, self.step = done, total, step or self.step

    def cancelled(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at the next place where it can without harm."""
        self._cancel.set()

    @property
    def running(self) -> bool:
        """Whether the work goes on."""
        return self._thread.is_alive()

    def _run(self, work: Callable[["Job"], Any]) -> None:
        try:
            self.result = work(self)
        except FedvizError as error:
            self.trouble = str(error)
        except Exception:  # a page never shows a traceback; the log has it
            _log.exception("A job failed: %s", self.title)
            self.trouble = "Something went wrong that should not have; the log of the server says what."


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, Job]:
    return {}


def start(key: str, title: str, work: Callable[[Job], Any]) -> None:
    """Begin work under a key, for every session of this server, unless work of that key goes on."""
    jobs = _jobs()
    if key not in jobs or not jobs[key].running:
        jobs[key] = Job(title, work)
        st.session_state[f"{_SEEN}{key}"] = False


def running(key: str) -> bool:
    """Whether work of that key goes on."""
    job = _jobs().get(key)
    return job is not None and job.running


def show(key: str) -> Job | None:
    """Draw the work of a key: progress and a button to cancel while it goes on, then its trouble if it had any. Gives the job once it has ended, else None.

    The page is drawn once more when it has ended, since what stands above may have been drawn from what was before.
    """
    job = _jobs().get(key)
    if job is None:
        return None
    if job.running:
        st.session_state[f"{_SEEN}{key}"] = False
        _watch(key)
        return None
    if not st.session_state.get(f"{_SEEN}{key}", True):
        st.session_state[f"{_SEEN}{key}"] = True
        st.rerun()
    if job.trouble:
        st.error(plain(sentence(job.trouble)))
    return job


def replace(key: str, result: Any) -> None:
    """Put what has become of a result in its place, for every session of this server."""
    job = _jobs().get(key)
    if job is not None and not job.running:
        job.result = result


def forget(key: str) -> None:
    """Forget work that has ended."""
    if not running(key):
        _jobs().pop(key, None)


@st.fragment(run_every=0.5)
def _watch(key: str) -> None:
    job = _jobs()[key]
    if not job.running:
        st.rerun()
    share = min(1.0, job.done / job.total) if job.total else 0.0
    st.progress(share, text=plain(f"{job.title}: {job.step or f'{share:.0%}'}"))
    st.button(_("Cancel"), key=f"cancel-{key}", on_click=job.cancel, disabled=job.cancelled(), icon=":material/close:")
