"""Following a run in the terminal: its journal as JSON lines, or bars and numbers; Ctrl-C cancels it between two batches."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fedviz.cli.common import plain, second
from fedviz.runs.folder import RunFolder, open_run, view_of
from fedviz.runs.journal import Tail
from fedviz.runs.launcher import Launcher, launcher
from fedviz.runs.run_view import RunView

_POLL_S = 0.05
_CODES = {"finished": 0, "paused": 0, "failed": 1, "cancelled": 130}


def follow(root: Path, run_id: str, as_json: bool, go_on: Callable[[Launcher, str], None] | None = None) -> int:
    """Watch a run of this process until its worker stops; gives the exit code. `go_on`, say `Launcher.resume`, sets it going again first."""
    folder, worker = open_run(root, run_id), launcher(root)
    tail = Tail(folder.journal_path)
    if go_on is not None:
        list(tail.lines())
        go_on(worker, run_id)
    show = _Lines(tail) if as_json else _Bars(folder)
    interrupted = False
    with show:
        ended = False
        while not ended:
            try:
                ended = worker.wait(run_id, _POLL_S)
                show.update()
            except KeyboardInterrupt:
                if interrupted:
                    raise  # asked twice: leave at once, the run shows as interrupted
                interrupted = True
                _cancel(worker, run_id)
    view = view_of(folder)
    if not as_json:
        _last_words(view, folder)
    elif view.status == "failed":
        print(f"fedviz: {view.reason}", file=sys.stderr)
    if interrupted:
        print(
            f"fedviz: The run {run_id} was cancelled after {view.rounds_done} rounds; `python -m fedviz run --resume {run_id}` goes on with it.",
            file=sys.stderr,
        )
    return 130 if interrupted else _CODES.get(view.status, 1)


def _cancel(worker: Launcher, run_id: str) -> None:
    from fedviz.core.errors import RunError

    try:
        worker.cancel(run_id)
    except RunError:
        return  # it ended by itself in the meantime


class _Lines:
    """The journal's lines exactly as they stand there."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def update(self) -> None:
        for line in self._tail.lines():
            sys.stdout.write(line.decode("utf-8") + "\n")
        sys.stdout.flush()


class _Bars:
    """A bar for the preparation and one for the rounds, with a line of numbers after each round."""

    def __init__(self, folder: RunFolder) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._folder = folder
        self._console = Console()
        self._bars = Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"), TimeElapsedColumn(), console=self._console)
        self._task: Any = None
        self._told = -1

    def __enter__(self) -> "_Bars":
        self._console.print(f"{plain(self._folder.title)} ({self._folder.id})", markup=False, highlight=False)
        self._bars.start()
        self._task = self._bars.add_task("Waiting", total=1, words="")
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def update(self) -> None:
        view = view_of(self._folder)
        for number, values in view.global_metrics:
            if number > self._told:
                self._told = number
                words = f"round {number:>3}  loss {values['loss']:.4f}  accuracy {values['accuracy']:.1%}  {' '.join(second(values))}"
                self._console.print(words, markup=False, highlight=False)
        step, done, total = view.preparing
        if view.status == "preparing" or (view.status == "running" and view.rounds_planned and view.rounds_done == view.rounds_planned and step):
            self._bars.update(self._task, description=step, total=max(total, 1), completed=done, words="")
        elif view.status == "running":
            trained = sum(len([b for b in client.batches if b[0] == view.round]) / max(client.steps, 1) for client in view.clients)
            part = min(trained / max(1, sum(client.state != "absent" for client in view.clients)), 1) if view.round > view.rounds_done else 0
            words = f"round {view.round} of {view.rounds_planned}"
            self._bars.update(self._task, description="Federation", total=view.rounds_planned, completed=view.rounds_done + part, words=words)
        time.sleep(_POLL_S)


def _last_words(view: RunView, folder: RunFolder) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print({"finished": "Finished.", "paused": "Paused.", "cancelled": "Cancelled.", "failed": "Failed."}.get(view.status, view.status))
    if view.status == "failed":
        print(f"fedviz: {view.reason}", file=sys.stderr)
    if view.comparisons:

        def mean(kind: str) -> str:
            pairs = [(values["accuracy"], one.examples) for one in view.comparisons if (values := getattr(one, kind)) is not None]
            return f"{sum(a * n for a, n in pairs) / max(1, sum(n for _, n in pairs)):.1%}" if pairs else "not trained"

        personal = f"personal {mean('personal')}, " if any(one.personal for one in view.comparisons) else ""
        console.print(f"Accuracy on the clients' test texts: alone {mean('local')}, federated {mean('federated')}, {personal}pooled {mean('pooled')}.")
    if view.privacy and (spent := view.privacy[-1][1]).epsilon is not None:
        about = "a client's updates tell, also the server," if spent.mechanism == "local" else "a client's updates tell about any one text of it" if spent.mechanism == "example" else "the global models tell about any one client"
        console.print(f"Privacy: {about} at most epsilon {spent.epsilon:.3g} at delta {spent.delta:g}.")
    console.print(f"Weights {view.weights_digest}, folder {folder.path}")
