"""What was read of a sentence, as Markdown: words in their places, true ones marked, wrong ones struck, open places as gaps."""

from collections.abc import Iterable, Sequence

from fedviz.core.i18n import _
from fedviz.ui.text import clean, plain

GAP = "▢"
MOST_WORDS = 60


def in_order(order: Sequence[tuple[str, bool]]) -> str:
    """Pieces by place, each with whether it is right ("" where none was read); parts of a word are joined where both have the same verdict."""
    parts: list[tuple[str, bool]] = []
    for piece, right in order:
        if piece.startswith("##") and parts and parts[-1][1] == right and parts[-1][0]:
            parts[-1] = (parts[-1][0] + piece[2:], right)
        else:
            parts.append((piece, right))
    return " ".join(GAP if not piece else mark(piece, right) for piece, right in parts)


def mark(piece: str, right: bool) -> str:
    """One word: marked where it is right, struck where it is not. Colour is never the only sign."""
    shown = plain(piece, 60)
    return f":green-background[{shown}]" if right else f"~~{shown}~~"


def loose(words: Iterable[tuple[str, bool]]) -> str:
    """Words without a place, at most `MOST_WORDS` of them."""
    every = list(words)
    shown = " ".join(mark(piece, right) for piece, right in every[:MOST_WORDS])
    rest = len(every) - MOST_WORDS
    return shown + (" " + _("and {count} more").format(count=rest) if rest > 0 else "")


def labels(counts: Sequence[int], classes: Sequence[str]) -> str:
    """The labels read, with how often each."""
    found = sorted(((count, name) for count, name in zip(counts, classes, strict=True) if count), reverse=True)
    if len(found) == 1 and found[0][0] == 1:
        return plain(clean(found[0][1]))
    return ", ".join(f"{count} × {plain(clean(name))}" for count, name in found)
