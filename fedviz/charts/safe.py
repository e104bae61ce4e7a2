"""Data as words in a picture: one short line, and no markup.

Plotly reads `<b>`, `<a>` and `&amp;` in its texts; a canvas reads line breaks. Data must mean none of these.
"""

import html
import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
MINUS = "\u2212"


def line(text: object, limit: int = 60) -> str:
    """`text` as one line without control characters, direction marks and lone surrogates, cut at `limit` characters."""
    words = " ".join(_CONTROL.sub(" ", str(text)[: 4 * limit]).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def figure_text(text: object, limit: int = 60) -> str:
    """`line` for a Plotly figure: shows exactly these characters, no tag or entity comes of it."""
    return html.escape(line(text, limit), quote=False)


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, also where it is positive: `+0.42`, `−0.42`; zero has none."""
    rounded = round(value, digits) + 0.0
    if rounded == 0:
        return f"{0:.{digits}f}"
    return f"{'+' if rounded > 0 else MINUS}{abs(rounded):.{digits}f}"
