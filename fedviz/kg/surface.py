"""How surface forms are compared: case, white space and apostrophes do not count, every position stays where it was."""

_SAME_WIDTH = (("\n", " "), ("\t", " "), ("\r", " "), ("\u00a0", " "), ("\u2019", "'"))


def fold(text: str) -> str:
    """`text` in lower case with plain spaces and apostrophes; of the same length, so that positions in it are positions in `text`."""
    folded = text.lower()
    if len(folded) != len(text):  # a few letters, such as the dotted capital I, grow when lowered: those stay as they are
        folded = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    for odd, plain in _SAME_WIDTH:
        folded = folded.replace(odd, plain)
    return folded


def is_chinese(letter: str) -> bool:
    """Whether a character is a Chinese one, which no blank parts from the next and which is neither large nor small; False for none."""
    return "\u3400" <= letter <= "\u9fff"


def in_place_of(surface: str, name: str) -> str:
    """`name` as it is written where `surface` stood: its first letter as large, and an abbreviation stays one; among Chinese nothing changes."""
    if is_chinese(surface[:1]):
        return name
    first = name[:1].upper() if surface[:1].isupper() else name[:1] if name[1:2].isupper() else name[:1].lower()
    return first + name[1:]
