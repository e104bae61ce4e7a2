"""What several commands share: their common options, JSON output, and words for times and sizes."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`: nothing but JSON on standard output."""
    parser.add_argument("--json", action="store_true", help="print JSON, one document a line, and nothing else")


def add_runs(parser: argparse.ArgumentParser) -> None:
    """`--runs DIR`."""
    parser.add_argument("--runs", type=Path, metavar="DIR", help="the folder of the runs (default: the one that the page uses)")


def print_json(document: Any) -> None:
    """One JSON document on one line. Numbers that are not finite become strings, so that it stays JSON."""
    print(json.dumps(document, ensure_ascii=False, allow_nan=False) if _finite(document) else json.dumps(_strings(document), ensure_ascii=False))
    sys.stdout.flush()


def _finite(document: Any) -> bool:
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        return False
    return True


def _strings(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: _strings(value) for key, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [_strings(value) for value in document]
    if isinstance(document, float) and document - document != 0:
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[repr(document)]
    return document


def second(values: dict[str, float]) -> tuple[str, str]:
    """What stands beside a round's accuracy, and its value: perplexity of a language model, else macro-F1."""
    return ("perplexity", f"{values['perplexity']:,.1f}") if "perplexity" in values else ("macro-F1", f"{values['macro_f1']:.3f}")


def plain(text: str) -> str:
    """A title or a class name without control characters, safe to write to a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def table(rows: list[tuple[str, ...]], header: tuple[str, ...]) -> str:
    """Columns of text, padded to their widest entry."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
