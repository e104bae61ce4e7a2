"""Changes between two documents of the live page, as small as they can be said; see `charts.live` for the operations."""

from typing import Any

from fedviz.charts.live import Document

Op = dict[str, Any]


def ops(before: Document, after: Document) -> list[Op]:
    """What turns the picture `before` into `after`; empty where both are the same."""
    found: list[Op] = []
    changed = {key: value for key, value in after.head.items() if before.head.get(key, ...) != value}
    if changed:
        found.append({"op": "head", "set": changed})
    for key, chart in after.charts.items():
        former = before.charts.get(key)
        if former is chart:
            continue
        found.extend([{"op": "chart", "key": key, "chart": chart}] if former is None else _chart_ops(key, former, chart))
    if list(before.charts) != list(after.charts):
        found.append({"op": "order", "keys": list(after.charts)})
    same = 0
    for one, other in zip(before.rows, after.rows, strict=False):
        if one != other:
            break
        same += 1
    if same < max(len(before.rows), len(after.rows)):
        found.append({"op": "rows", "from": same, "rows": after.rows[same:]})
    return found


def _chart_ops(key: str, before: dict[str, Any], after: dict[str, Any]) -> list[Op]:
    words = [name for name in after if name not in ("data", "layout")]
    if len(before["data"]) != len(after["data"]) or any(before.get(name) != after[name] for name in words):
        return [{"op": "chart", "key": key, "chart": after}]
    found: list[Op] = []
    for index, (one, other) in enumerate(zip(before["data"], after["data"], strict=True)):
        if one == other:
            continue
        old, new = flat(one), flat(other)
        if old.keys() != new.keys():
            return [{"op": "chart", "key": key, "chart": after}]
        longer = {path: [kept, value[kept:]] for path, value in new.items() if (kept := _kept(old[path], value)) is not None}
        other_values = {path: value for path, value in new.items() if path not in longer and old[path] != value}
        if longer:
            found.append({"op": "extend", "key": key, "trace": index, "add": longer})
        if other_values:
            found.append({"op": "style", "key": key, "trace": index, "set": other_values})
    if before["layout"] != after["layout"]:
        old, new = flat(before["layout"]), flat(after["layout"])
        if old.keys() != new.keys():
            return [{"op": "chart", "key": key, "chart": after}]
        found.append({"op": "layout", "key": key, "set": {path: value for path, value in new.items() if old[path] != value}})
    return found


def _kept(old: Any, new: Any) -> int | None:
    """How many values stay where a list has become longer, or where only its last value has changed; None where it is something else."""
    if not (isinstance(old, list) and isinstance(new, list)) or old == new or len(new) < len(old):
        return None
    return next((kept for kept in (len(old), len(old) - 1) if kept >= 0 and new[:kept] == old[:kept]), None)


def flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as one object of dotted paths; lists stay whole."""
    result: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, dict) and item:
            result |= flat(item, f"{prefix}{key}.")
        else:
            result[f"{prefix}{key}"] = item
    return result
