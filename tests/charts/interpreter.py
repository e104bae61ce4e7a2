"""What a browser does with the operations of the live page, in Python and as simply as possible."""

import copy
from typing import Any


def assign(target: dict[str, Any], path: str, value: Any) -> None:
    """Set a dotted path."""
    *parents, leaf = path.split(".")
    for parent in parents:
        target = target[parent]
    target[leaf] = value


def look(target: dict[str, Any], path: str) -> Any:
    """Read a dotted path."""
    for part in path.split("."):
        target = target[part]
    return target


def interpret(picture: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """The picture after the operations; the given one stays as it is."""
    picture = copy.deepcopy(picture)
    charts = picture["charts"]
    for op in copy.deepcopy(operations):
        match op["op"]:
            case "head":
                picture["head"] |= op["set"]
            case "chart":
                charts[op["key"]] = op["chart"]
            case "order":
                picture["order"] = op["keys"]
            case "extend":
                for path, (kept, more) in op["add"].items():
                    look(charts[op["key"]]["data"][op["trace"]], path)[kept:] = more
            case "style":
                for path, value in op["set"].items():
                    assign(charts[op["key"]]["data"][op["trace"]], path, value)
            case "layout":
                for path, value in op["set"].items():
                    assign(charts[op["key"]]["layout"], path, value)
            case "rows":
                picture["rows"][op["from"] :] = op["rows"]
            case other:
                raise ValueError(other)
    picture["charts"] = {key: charts[key] for key in picture["order"]}
    return picture
