"""`options`: every option of a configuration, from the declarations that also make the form and check the TOML."""

import argparse
import re
import types
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, Union, get_args, get_origin

from fedviz.cli.common import add_json, print_json


@dataclass(frozen=True)
class Option:
    """One option: dotted key, type in words, default, the rule that its value must keep, title and description."""

    section: str
    key: str
    kind: str
    default: Any
    rule: str
    title: str
    description: str


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "options", help="list every option of a configuration", description="List every option of a configuration, as `--set KEY=VALUE` and the TOML know them."
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="only keys or plug-ins that contain this word, say `federation` or `fedprox`")
    parser.add_argument("--markdown", action="store_true", help="print the page docs/options.md")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the options as text, Markdown or JSON."""
    from fedviz.core.errors import UnknownNameError

    found = [o for o in options() if not arguments.name or arguments.name in o.key or arguments.name in o.section]
    if not found:
        raise UnknownNameError("option", arguments.name, sorted({o.section for o in options()}))
    if arguments.json:
        for option in found:
            print_json(asdict(option))
    elif arguments.markdown:
        print(markdown(found), end="")
    else:
        for option in found:
            rule = f", {option.rule}" if option.rule else ""
            where = "" if "[" not in option.section else f"  [{option.section}]"
            print(f"{option.key} = {_toml(option.default)}  ({option.kind}{rule}){where}\n    {option.title}. {option.description}")
    return 0


def options() -> list[Option]:
    """All options in the order of the TOML; those of a plug-in carry its name in `section`."""
    from fedviz.core.config import RunConfig

    return list(_of(RunConfig, "run", ""))


def markdown(found: list[Option]) -> str:
    """The options as a page: one table a section."""
    lines = ["# Options of a run", "", "Written by `python -m fedviz options --markdown`. A key is given in the TOML, in the form, or as `--set key=value`."]
    for section in dict.fromkeys(option.section for option in found):
        lines += ["", f"## {section}", "", "| key | default | rule | what it is |", "|---|---|---|---|"]
        for option in found:
            if option.section == section:
                rule = f"{option.kind}, {option.rule}" if option.rule else option.kind
                default = f"`{_toml(option.default)}`" if option.default is not None else "must be given"
                lines.append(f"| `{option.key}` | {default} | {_cell(rule)} | {_cell(option.title)}: {_cell(option.description)} |")
    return "\n".join(lines) + "\n"


def _plugins(key: str, registry: Any, field: Any) -> Iterator[Option]:
    default = None if field.is_required() else field.default["name"]
    yield Option(key, f"{key}.name", "text", default, f"one of {', '.join(registry.names())}", registry.kind.capitalize(), "Which one is used; its options follow.")
    for entry in registry:
        yield from _of(entry.options, f"{key} [{entry.name}]", f"{key}.", skip=("name",))


def _of(model: Any, section: str, prefix: str, skip: tuple[str, ...] = ()) -> Iterator[Option]:
    """The options of a section, then those of the sections within it."""
    from fedviz.core.registry import Registry

    within: list[Iterator[Option]] = []
    for name, field in model.model_fields.items():
        registry = next((item for item in field.metadata if isinstance(item, Registry)), None)
        if name in skip:
            continue
        if registry is not None:
            within.append(_plugins(prefix + name, registry, field))
        elif hasattr(field.annotation, "model_fields"):
            within.append(_of(field.annotation, prefix + name, f"{prefix}{name}.", skip=("name",)))
        else:
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            yield Option(section, prefix + name, _kind(field.annotation), _plain(default), _rule(field), field.title or name, field.description or "")
    for options_within in within:
        yield from options_within


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return "text"
    if origin in (tuple, list):
        return f"list of {_kind(get_args(annotation)[0])}"
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(part) for part in get_args(annotation) if part is not type(None))
    return {bool: "true or false", int: "whole number", float: "number", str: "text"}.get(annotation, "text")


def _rule(field: Any) -> str:
    words = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "multiple_of": "a multiple of"}
    rules = [f"{words[key]} {getattr(meta, key)}" for meta in field.metadata for key in words if getattr(meta, key, None) is not None]
    if get_origin(field.annotation) is Literal:
        rules.append("one of " + ", ".join(map(str, get_args(field.annotation))))
    return ", ".join(rules)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _toml(value: Any) -> str:
    import tomli_w

    return "" if value is None or value == "" else re.sub(r"\s+", " ", tomli_w.dumps({"v": value}).partition("=")[2].strip())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
