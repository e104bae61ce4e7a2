"""Scripts and style sheets of the components, read from `ui/assets`."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "assets"


def script(*names: str) -> str:
    """These scripts one after the other; the last one has the default export. (Streamlit takes a text of one line for a path.)"""
    return "\n".join((_FOLDER / name).read_text("utf-8") for name in names) + "\n"


def style(name: str) -> str:
    """A style sheet."""
    return (_FOLDER / name).read_text("utf-8") + "\n"
