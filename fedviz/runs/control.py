"""What somebody wants of a running run, as one word in the file `control` of its folder, so that any process can ask.

The worker looks at it between batches and between rounds: `cancel` ends the run after the current batch, `pause` at the
next round boundary, `step` after one more round.
"""

from pathlib import Path
from typing import Literal, get_args

from fedviz.core.files import write_atomic

Command = Literal["pause", "step", "cancel"]


class Control:
    """The control file of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, command: Command) -> None:
        """Write the command; it replaces an earlier one that the worker has not followed yet, except a cancel."""
        if self.read() != "cancel":
            write_atomic(self.path, command)

    def read(self) -> Command | None:
        """The command that stands, or None."""
        try:
            word = self.path.read_text("utf-8").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return word if word in get_args(Command) else None  # type: ignore[return-value]

    def clear(self) -> None:
        """Nothing is asked any more."""
        self.path.unlink(missing_ok=True)
