"""Words that other people's code puts into our sentences: pydantic's rules, what TOML is not, the system's refusals.

Which of these there are is known here, since nothing in our own source says them. A rule of pydantic has words of ours, for a form; the same
words are what a sentence that holds pydantic's own is translated by.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import PydanticKnownError

from fedviz.core.i18n import N_
from fedviz.core.registry import ALL

_WHOLE, _NUMBER, _YES_OR_NO = N_("must be a whole number"), N_("must be a number"), N_("must be yes or no (true or false)")
_TABLE = N_("must be a table of options")

RULES: dict[str, str] = {
    "greater_than": N_("must be greater than {gt}"),
    "greater_than_equal": N_("must be at least {ge}"),
    "less_than": N_("must be less than {lt}"),
    "less_than_equal": N_("must be at most {le}"),
    "multiple_of": N_("must be a multiple of {multiple_of}"),
    "finite_number": N_("must be a finite number"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": N_("has too many digits"),
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _YES_OR_NO,
    "bool_parsing": _YES_OR_NO,
    "string_type": N_("must be a text"),
    "string_too_long": N_("must have at most {max_length} characters"),
    "tuple_type": N_("must be a list"),
    "literal_error": N_("must be {expected}"),
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
}
"""Kind of a pydantic error -> what follows the name of the option, a message of the catalogue."""

TOML = (
    "{problem} (at line {line}, column {column})",
    "{problem} (at end of document)",
    "Cannot declare {key} twice",
    "Cannot mutate immutable namespace {key}",
    "Cannot overwrite a value",
    "Cannot redefine namespace {key}",
    "Duplicate inline table key {key}",
    "Escaped character is not a Unicode scalar value",
    "Expected {sign}",
    "Expected '=' after a key in a key/value pair",
    "Expected ']' at the end of a table declaration",
    "Expected ']]' at the end of an array declaration",
    "Expected newline or end of document after a statement",
    "Found invalid character {sign}",
    "Illegal character {sign}",
    "Invalid date or datetime",
    "Invalid hex value",
    "Invalid initial character for a key part",
    "Invalid statement",
    "Invalid value",
    "Unclosed array",
    "Unclosed inline table",
    "Unescaped '\\' in a string",
    "Unterminated string",
)
"""What Python's reader of TOML finds wrong."""

SYSTEM = (
    "Permission denied",
    "Operation not permitted",
    "Read-only file system",
    "No space left on device",
    "Disk quota exceeded",
    "No such file or directory",
    "File exists",
    "Not a directory",
    "Is a directory",
    "Directory not empty",
    "File name too long",
    "Too many open files",
    "Input/output error",
)
"""What the operating system says of files."""

WORDS = ("text", "queued", "preparing", "running", "paused", "finished", "failed", "cancelled", "interrupted", ", ", ".", "'{first}' or '{last}'")
"""Words in placeholders that no sentence shows where it is made: a status, what is too long, what stands between the members of a list or at the end."""


def messages() -> Iterator[str]:
    """Everything of this file that belongs to the catalogue as a sentence or a part of one."""
    yield from (*TOML, *SYSTEM, *WORDS)
    yield from (registry.kind for registry in ALL)


def told_rules() -> Iterator[tuple[str, str]]:
    """(what `fedviz.core.options` makes of pydantic's words, our message) for every kind of broken rule."""
    for kind, ours in RULES.items():
        yield _PYDANTIC[kind].replace("Input should", "the value must", 1), ours


def _pydantic(kind: str) -> str:
    """Pydantic's own message of a kind, with its placeholders."""
    values: Mapping[str, Any] = {"expected": "", "class_name": ""} if kind in ("literal_error", "model_type") else dict.fromkeys(_LIMITS, 1)
    return PydanticKnownError(kind, dict(values)).message_template  # type: ignore[arg-type]


_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "max_length")
_PYDANTIC = {kind: _pydantic(kind) for kind in RULES}
