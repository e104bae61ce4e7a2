"""Settings as a command line gives them: dotted keys with values."""

import tomllib
from collections.abc import Sequence
from typing import Any

from fedviz.core.errors import ConfigError


def parse_assignments(assignments: Sequence[str]) -> dict[str, Any]:
    """`["a.b=3", "c=dirichlet"]` as `{"a.b": 3, "c": "dirichlet"}`: a value is TOML, or a plain word."""
    changes: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or not all(key.strip().split(".")):
            raise ConfigError(f"A setting must read key=value with a dotted key, but got {assignment[:80]!r}.")
        try:
            read = tomllib.loads(f"value = {value.strip()}")
        except tomllib.TOMLDecodeError:
            read = {}
        # more than one key means that the value went on in a second line: then it is no TOML value but words
        changes[key.strip()] = read["value"] if len(read) == 1 else value.strip()
    return changes
