"""A form from an options record: `show(FederationConfig, value, key="federation")` returns the record as edited.

The declaration of an option decides its widget: a closed choice is a select box, a bounded number a number box, a plug-in
section a select box of the registry's entries with that entry's options below. What breaks a rule is told at its field.
"""

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin

import streamlit as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from fedviz.core.i18n import _
from fedviz.core.options import Options
from fedviz.core.registry import Registry
from fedviz.ui import kg_graphs, names_of_texts
from fedviz.ui.foreign import RULES
from fedviz.ui.labels import label
from fedviz.ui.sentences import sentence
from fedviz.ui.text import plain

T = TypeVar("T", bound=Options)
Choices = Mapping[str, Mapping[int, str]]
"""Field name -> what an integer may be or a tuple of integers may hold, with the words for each."""


NAMES: dict[str, Callable[[str], dict[str, str]]] = {"graphs": kg_graphs.names, "graphs-or-none": kg_graphs.names_or_none, "texts": names_of_texts.names}
"""What an option may hold whose declaration says `names`: value -> words, given the value that it holds now."""


class _Place(NamedTuple):
    """Where a field stands: its session key, and what the whole form knows."""

    key: str
    advanced: Collection[str]
    choices: Choices
    columns: int


def show(
    options: type[T], value: T | None, key: str, *,
    advanced: Collection[str] = (), hidden: Collection[str] = (), first: Collection[str] = (), choices: Choices | None = None, columns: int = 2,
) -> T | None:
    """The form of `options`, filled from `value` (None: the defaults), and what it holds now.

    Fields named in `advanced` stand in an expander, those in `first` before all others, those in `hidden` keep their value. Returns None where a rule is broken;
    the sentence then stands at the field. `key` names the form in the session; a new key starts it afresh from `value`.
    """
    value = value if value is not None else options()
    place = _Place(key, frozenset(advanced), choices or {}, columns)
    answers: dict[str, Any] = {}
    slots: dict[str, Any] = {}
    names = [name for name, field in options.model_fields.items() if name not in hidden and not _is_fixed(field)]
    front = sorted((name for name in names if name not in place.advanced), key=lambda name: name not in first)
    _grid(options, value, place, front, answers, slots)
    back = [name for name in names if name in place.advanced]
    if back:
        with st.expander(_("More options")):
            _grid(options, value, place, back, answers, slots)
    kept = {name: getattr(value, name) for name in options.model_fields if name not in answers}
    if any(answer is None for answer in answers.values()):
        return None
    try:
        return options.model_validate(kept | answers)
    except ValidationError as error:
        _tell(error, options, slots)
        return None


def show_plugin(registry: Registry, value: Options | None, key: str, title: str, help_text: str = "", **form: Any) -> Options | None:
    """Choose an entry of a registry and set its options; None where one of them breaks a rule."""
    entries = {entry.name: entry for entry in registry}
    names = list(entries)
    chosen = value.name if value is not None and value.name in entries else names[0]
    name = st.selectbox(title, names, index=names.index(chosen), format_func=lambda n: _(entries[n].title), key=f"{key}.name", help=help_text or None)
    entry = entries[name]
    st.caption(_(entry.summary))
    return show(entry.options, value if value is not None and value.name == name else None, f"{key}.{name}", **form)


def show_field(options: type[Options], name: str, value: Any, key: str) -> Any:
    """One field of an options record by itself, as edited; None where it breaks a rule that its widget cannot hold."""
    return _widget(name, options.model_fields[name], value, _Place(key, (), {}, 1))


def title_of(field: FieldInfo, name: str) -> str:
    """What an option is called, in the viewer's language."""
    return _(field.title or name)


def help_of(field: FieldInfo) -> str:
    """What an option does, in the viewer's language."""
    return _(field.description) if field.description else ""


def _grid(options: type[Options], value: Options, place: _Place, names: list[str], answers: dict[str, Any], slots: dict[str, Any]) -> None:
    """Fields in rows of columns; a plug-in section or a yes-or-no takes a row of its own."""
    row: list[Any] = []
    for name in names:
        field = options.model_fields[name]
        registry = next((item for item in field.metadata if isinstance(item, Registry)), None)
        if registry:
            row = []
            answers[name] = show_plugin(
                registry, getattr(value, name), f"{place.key}.{name}", title_of(field, name), help_of(field),
                advanced=place.advanced, choices=place.choices, columns=place.columns,
            )
            continue
        if field.annotation is bool:
            row = []
            answers[name] = _widget(name, field, getattr(value, name), place)
            continue
        row = row or list(st.columns(place.columns, vertical_alignment="bottom"))
        with row.pop(0):
            answers[name] = _widget(name, field, getattr(value, name), place)
            slots[name] = st.empty()


def _widget(name: str, field: FieldInfo, value: Any, place: _Place) -> Any:
    kind = field.annotation
    common = {"label": title_of(field, name), "key": f"{place.key}.{name}", "help": help_of(field) or None}
    if get_origin(kind) is Literal:
        options = list(get_args(kind))
        return st.selectbox(options=options, index=options.index(value), format_func=lambda choice: label(choice, name), **common)
    if kind is bool:
        return st.checkbox(value=value, **common)
    if name in place.choices:
        known = place.choices[name]
        common["key"] += f".{len(known)}"
        if kind is int:
            return st.selectbox(options=list(known), index=list(known).index(value) if value in known else 0, format_func=known.get, **common)
        chosen = [item for item in value if item in known]
        return tuple(st.multiselect(options=list(known), default=chosen, format_func=known.get, placeholder=_("None"), **common))
    if kind in (int, float):
        return _number(kind, field, value, common)
    if get_origin(kind) is tuple and get_args(kind)[0] is str:
        return tuple(words for row in st.text_area(value="\n".join(value), **common).splitlines() if (words := row.strip()))
    if get_origin(kind) is tuple:
        return _integers(st.text_input(value=", ".join(map(str, value)), **common))
    if isinstance(field.json_schema_extra, dict) and (source := field.json_schema_extra.get("names")):
        known = NAMES[str(source)](value)
        return st.selectbox(options=list(known), index=list(known).index(value), format_func=known.__getitem__, **common)
    return st.text_input(value=str(value), max_chars=int(_bound(field, "max_length") or 200), **common)


def _number(kind: Callable[[Any], Any], field: FieldInfo, value: float, common: dict[str, Any]) -> Any:
    low, high = _bound(field, "ge", "gt"), _bound(field, "le", "lt")
    if kind is int:
        excluded = _bound(field, "lt")
        top = None if high is None else int(high) - (1 if excluded is not None else 0)
        step = int(_bound(field, "multiple_of") or 1)
        return st.number_input(value=int(value), min_value=None if low is None else int(low), max_value=top, step=step, **common)
    step = 10.0 ** math.floor(math.log10(abs(value))) if value else 0.1
    return st.number_input(
        value=float(value), min_value=None if low is None else float(low), max_value=None if high is None else float(high),
        step=min(max(step, 1e-6), 1.0), format="%g", **common,
    )


def _bound(field: FieldInfo, *names: str) -> float | None:
    """The first of the named limits that the declaration holds."""
    return next((getattr(item, name) for item in field.metadata for name in names if getattr(item, name, None) is not None), None)


def _integers(text: str) -> tuple[int, ...] | None:
    """`0, 3` as (0, 3); None, with a sentence, where it is something else."""
    try:
        return tuple(int(part) for part in text.replace(",", " ").split())
    except ValueError:
        st.error(_("Whole numbers with commas between them are needed here, but got {value}.").format(value=plain(text, 60)))
        return None


def _is_fixed(field: FieldInfo) -> bool:
    """Whether only one value is possible, as for the name of a plug-in."""
    return get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1


def _tell(error: ValidationError, options: type[Options], slots: Mapping[str, Any]) -> None:
    """Each broken rule as one sentence at its field, or below the form where it concerns several."""
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        slots.get(name, st).error(_sentence(problem, options, name))


def _sentence(problem: Mapping[str, Any], options: type[Options], name: str) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind not in RULES:
        return plain(sentence(problem["msg"].removeprefix("Value error, ").rstrip(".") + "."))
    limits = {key: plain(f"{limit:g}" if isinstance(limit, float) else sentence(limit)) for key, limit in context.items()}
    rule = _(RULES[kind]).format(**limits)
    title = title_of(options.model_fields[name], name) if name in options.model_fields else name
    return _("{name} {rule}, but got {value}.").format(name=title, rule=rule, value=plain(problem["input"], 60))
