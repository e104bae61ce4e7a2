"""The form of a new study: what is varied, over which configuration, with how many seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.runs.estimate import estimate
from fedviz.runs.launcher import launcher
from fedviz.runs.presets import presets
from fedviz.runs.study import AXES, MOST_RUNS, Plan, Study, start
from fedviz.ui import drafts, preview
from fedviz.ui.text import clean, duration, plain

FAST = {"model.tuning": "head", "federation.optimizer": "sgd", "federation.learning_rate": 0.1}
"""What makes a run of the real model short: only the head is trained, on cached vectors, by plain SGD, which every strategy takes."""
BASE = "medicine-vignettes"


@dataclass(frozen=True)
class Ready:
    """A ready-made study: its title, the two axes, and the entries chosen on each; `changes`: options that it sets in the configuration."""

    title: str
    rows: tuple[str, tuple[str, ...]]
    columns: tuple[str, tuple[str, ...]]
    changes: Mapping[str, Any] = field(default_factory=dict)


READY = (
    Ready(
        N_("Attacks against defences"),
        ("adversary", ("none", "label-flipping", "sign-flip", "replacement")),
        ("federation.aggregation", ("mean", "norm-clipping", "median", "trimmed-mean", "multi-krum")),
    ),
    Ready(
        N_("Strategies where clients differ"),
        ("partition", ("iid", "dirichlet")),
        ("federation.strategy", ("fedavg", "fedavgm", "fedprox", "scaffold", "fednova", "feddyn", "fedadam")),
    ),
    Ready(
        N_("Compression: bytes and accuracy"),
        ("partition", ("iid", "dirichlet")),
        ("federation.compression", ("none", "float16", "int8", "qsgd", "top-k", "random-k", "signsgd", "low-rank")),
    ),
    Ready(
        N_("Algorithms under stragglers: what a target costs"),
        ("federation.compression", ("none", "int8", "top-k")),
        ("federation.strategy", ("fedavg", "fedprox", "scaffold", "fednova", "fedadam", "fedbuff")),
        {"partition.name": "dirichlet", "federation.rounds": 25, "network.speed_spread": 0.5, "network.link_spread": 0.5, "network.stragglers": [1, 4], "network.slowdown": 8.0},
    ),
    Ready(N_("Graph or no graph, by strategy"), ("knowledge", ("none", "evidence")), ("federation.strategy", ("fedavg", "fedprox", "scaffold"))),
)


def show() -> Study | None:
    """The form; the study when it was started just now."""
    titles = {index: _(ready.title) for index, ready in enumerate(READY)}
    chosen = READY[st.selectbox(_("Ready-made study"), list(titles), format_func=titles.get, key="study-ready")]
    form = f"study-{READY.index(chosen)}"
    base = _base(form, chosen.changes)
    left, right = st.columns(2, gap="large")
    with left:
        row_axis, rows = _axis(_("Rows"), chosen.rows, f"{form}-rows")
    with right:
        column_axis, columns = _axis(_("Columns"), chosen.columns, f"{form}-columns")
    axes = (row_axis, column_axis)
    attackers = _attackers(base, form) if "adversary" in axes else tuple(base.adversary.clients)  # type: ignore[attr-defined]
    seeds = st.number_input(_("Seeds"), 1, 10, 1, key=f"{form}-seeds", help=_("Each cell is run once with every seed; with more than one, the spread is shown."))
    try:
        plan = Plan(
            base, row_axis, tuple(section(row_axis, name, attackers) for name in rows), column_axis, tuple(section(column_axis, name, attackers) for name in columns),
            tuple(range(base.seed, base.seed + int(seeds))),
        )  # fmt: skip
    except FedvizError as error:
        st.error(plain(error))
        return None
    st.caption(_cost(plan))
    if not st.button(_("Start the study"), type="primary", key="study-start"):
        return None
    try:
        return start(plan, clean(_(chosen.title)), launcher())
    except FedvizError as error:
        st.error(plain(error))
        return None


def section(axis: str, name: str, attackers: tuple[int, ...]) -> dict[str, Any]:
    """What stands at an axis for an entry: its defaults, with these attackers, and with a rule that bears as many."""
    fields: Mapping[str, Any] = AXES[axis][1].get(name).options.model_fields
    told: dict[str, Any] = {"name": name}
    if axis == "adversary" and name != "none":
        told["clients"] = list(attackers)
    if "f" in fields and attackers:
        told["f"] = len(attackers)
    return told


def _base(form: str, changes: Mapping[str, Any]) -> RunConfig:
    ready = {preset.name: preset for preset in presets()}
    names = [*ready, ""]
    left, right = st.columns([2, 3], vertical_alignment="bottom", gap="large")
    with left:
        name = st.selectbox(
            _("Configuration"), names, index=names.index(BASE) if BASE in names else 0, key=f"{form}-base",
            format_func=lambda one: _(ready[one].title) if one else _("The one on the page Configure"),
        )
    config = ready[name].config if name else drafts.current().config
    with right:
        fast = st.checkbox(_("Train only the head, by plain SGD"), value=True, key=f"{form}-fast", help=_(
            "Short runs, and every strategy takes part: some are defined for plain gradient steps alone. Without this the configuration is taken as it is."
        ))
    if changes:
        st.caption(_("This study also sets {options}; after it the metric “Cost of a target” tells what each cell needs.").format(options=", ".join(f"`{key} = {value}`" for key, value in changes.items())))
    return config.updated({**(FAST if fast else {}), **changes})


def _axis(title: str, chosen: tuple[str, tuple[str, ...]], key: str) -> tuple[str, tuple[str, ...]]:
    axis = st.selectbox(title, list(AXES), index=list(AXES).index(chosen[0]), format_func=lambda one: _(AXES[one][0]), key=key)
    entries = {entry.name: entry for entry in AXES[axis][1]}
    default = [name for name in chosen[1] if name in entries] if axis == chosen[0] else list(entries)[:3]
    picked = st.multiselect(
        _("Entries"), list(entries), default=default, format_func=lambda name: _(entries[name].title), key=f"{key}-{axis}", placeholder=_("None"),
    )
    return axis, tuple(picked)


def _attackers(base: RunConfig, form: str) -> tuple[int, ...]:
    names = dict(enumerate(preview.client_names(base)))
    default = [client for client in (1, 4) if client in names]
    return tuple(st.multiselect(_("Attackers"), list(names), default=default, format_func=names.get, key=f"{form}-attackers-{len(names)}", placeholder=_("None")))


def _cost(plan: Plan) -> str:
    try:
        seconds = estimate(plan.base).seconds
    except FedvizError as error:  # the data is not fetched yet: the runs will say so, too
        return plain(error)
    return _("{count} runs of about {duration} each, one after the other. At most {most} are possible.").format(
        count=plan.size, duration=duration(seconds), most=MOST_RUNS,
    )
