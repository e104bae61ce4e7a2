"""Reading the ICD-10-CM tabular list (XML): descriptions and inclusion terms with chapter and three-character category."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read(path: Path) -> dict[str, Any]:
    """The tabular list as plain data: `version`; `chapters`: [number, title]; `phrases`: [phrase, chapter number, category, code, kind].

    `kind` is "description" or "inclusion"; order is that of the list. White space is normalised, nothing else.
    """
    root = ElementTree.parse(path).getroot()
    chapters, phrases = [], []
    for chapter in root.findall("chapter"):
        number = int(chapter.findtext("name", ""))
        chapters.append([number, _words(chapter.findtext("desc"))])
        for diagnosis in chapter.findall("section/diag"):
            category = diagnosis.findtext("name", "")
            phrases += [[words, number, category, code, kind] for words, code, kind in _walk(diagnosis) if words]
    if not phrases:
        raise ValueError(f"no diagnosis in {path.name}")
    return {"version": _words(root.findtext("version")), "chapters": chapters, "phrases": phrases}


def _walk(diagnosis: ElementTree.Element) -> Iterator[tuple[str, str, str]]:
    """A diagnosis and all below it: description first, then its inclusion terms."""
    code = diagnosis.findtext("name", "")
    yield _words(diagnosis.findtext("desc")), code, "description"
    for note in diagnosis.findall("inclusionTerm/note"):
        yield _words(note.text), code, "inclusion"
    for below in diagnosis.findall("diag"):
        yield from _walk(below)


def _words(text: str | None) -> str:
    return " ".join((text or "").split())
