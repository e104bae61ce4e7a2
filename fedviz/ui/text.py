"""Words and numbers as a page shows them: data made harmless for Markdown, durations, sizes."""

import re
from datetime import datetime

from fedviz.charts.safe import line
from fedviz.core.i18n import _
from fedviz.ui.sentences import sentence

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:&^=])")
TITLE_LENGTH = 120


def clean(text: object, limit: int = TITLE_LENGTH) -> str:
    """One line of data without control characters and direction marks, cut at `limit` characters; an error says its sentence in the viewer's language."""
    return line(sentence(text) if isinstance(text, Exception) else text, limit)


def plain(text: object, limit: int = 400) -> str:
    """`clean` as Markdown that shows exactly these characters: no emphasis, link, image, formula or HTML comes of it."""
    return _MARKDOWN.sub(r"\\\1", clean(text, limit))


def duration(seconds: float) -> str:
    """A duration in the unit that a reader would choose."""
    if seconds < 1:
        return _("under a second")
    if seconds < 90:
        return _("{count} s").format(count=round(seconds))
    if seconds < 90 * 60:
        return _("{count} min").format(count=round(seconds / 60))
    return _("{count} h").format(count=f"{seconds / 3600:.1f}")


def size(count: float) -> str:
    """A number of bytes in decimal units (1 kB = 1000 bytes)."""
    unit = "B"
    for larger in ("kB", "MB", "GB"):
        if count < 1000:
            break
        count, unit = count / 1000, larger
    return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"


def moment(at: float) -> str:
    """A moment (seconds since the epoch) in the server's local time, to the minute."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M") if at else ""
