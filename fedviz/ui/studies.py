"""The page *Studies*: a new study, and the matrix of one, which fills while its runs go on."""

from collections.abc import Mapping, Sequence

import streamlit as st

from fedviz.charts.matrix import COST_NOTE, MATRIX_NOTE, POINTS_NOTE, MatrixCell, MatrixRecord, markers, matrix_spec, points_spec, shown, told_apart
from fedviz.core.i18n import _
from fedviz.runs.folder import runs_root
from fedviz.runs.launcher import launcher
from fedviz.runs.study import AXES, METRICS, Look, Spot, Study, cancel, forget, look, spots_of, studies
from fedviz.runs.target import COSTS, sensible
from fedviz.ui import figure, shell, state, study_form
from fedviz.ui.text import clean, moment, plain

CHOSEN = "fedviz-study"
SECONDS = 2
"""Between two looks at the runs of a study."""
TARGET = "study-target"
_ACROSS = "study-across"


def show() -> None:
    """The whole page."""
    st.title(_("Studies"))
    st.markdown(_(
        "A single run shows what happened once. A study runs one configuration with every pair of two choices, say every attack against every defence, "
        "and with several seeds where you ask for them. Its cells are ordinary runs: each can be opened, explained and repeated."
    ))
    known = studies()
    with st.expander(_("A new study"), expanded=not known):
        started = study_form.show()
    if started is not None:
        st.session_state[CHOSEN] = started.id
        st.rerun()
    if not known:
        return
    by_id = {study.id: study for study in known}
    if st.session_state.get(CHOSEN) not in by_id:
        st.session_state[CHOSEN] = known[0].id
    study = by_id[st.selectbox(_("Study"), list(by_id), key=CHOSEN, format_func=lambda one: f"{clean(_(by_id[one].title))} · {moment(by_id[one].started_at)}")]
    offered = {name: _(title) for name, title in METRICS.items()} | {TARGET: _("Cost of a target")}
    metric = st.segmented_control(_("Metric"), list(offered), default="accuracy", format_func=offered.get, key="study-metric") or "accuracy"
    if metric == TARGET:
        costs = {name: _(cost.title) for name, cost in COSTS.items()}
        metric = st.segmented_control(_("Until the target accuracy"), list(costs), default="target_rounds", format_func=costs.get, key="study-cost") or "target_rounds"
    _matrix(study, metric)
    _open(study)
    with st.container(horizontal=True):
        if st.button(_("Cancel what still runs"), key="study-cancel"):
            cancel(study, launcher())
            st.rerun()
        if st.button(_("Forget this study"), key="study-forget", help=_("Its runs stay; only the matrix goes.")):
            forget(study)
            st.rerun()


@st.fragment(run_every=SECONDS)
def _matrix(study: Study, metric: str) -> None:
    """Looks again every few seconds; the charts change in place."""
    looks = look(study, runs_root())
    names = [name for name in (*METRICS, *COSTS) if name != metric]
    across = st.session_state.get(_ACROSS)
    target = _target(study, looks) if metric in COSTS or across in COSTS else 0.5
    spots = spots_of(looks, metric, target)
    record = _record(study, metric, spots)
    done = sum(len(spot.values) + spot.missed for spot in spots.values())
    waiting = sum(spot.waiting for spot in spots.values())
    st.caption(_("{done} of {count} runs are finished, {waiting} wait or work.").format(done=done, count=sum(bool(cell.run) for cell in study.cells), waiting=waiting))
    if metric == "attack_success" and not any(spot.values for spot in spots.values()):
        st.caption(_("Attack success is measured where an attack has an aim, such as a wrong class."))
    figure.show(matrix_spec(record), "study-matrix", _table_words(record))
    st.caption(_(COST_NOTE).format(target=f"{100 * target:g}") if metric in COSTS else _(MATRIX_NOTE))
    st.markdown("**" + _("The same runs between two metrics") + "**")
    across = st.selectbox(_("To the right"), names, index=names.index("accuracy" if metric in COSTS else "megabytes" if metric == "accuracy" else "accuracy"), format_func=_words, key=_ACROSS)
    other = _record(study, across, spots_of(looks, across, target))
    if not told_apart(other):
        st.caption(_("All of these runs are the same in “{metric}”, so that there is nothing to draw.").format(metric=_words(across)))
        return
    figure.show(points_spec(other, record), "study-points", _(POINTS_NOTE))
    st.caption(_(POINTS_NOTE) + " " + ", ".join(f"{sign} {plain(name)}" for sign, name in markers(other)) + ".")


def _target(study: Study, looks: Sequence[Look]) -> float:
    """The target accuracy: whoever looks chooses it; until then it follows the runs."""
    key = f"{TARGET}-{study.id}"
    if not st.session_state.get(f"{key}-chosen"):
        st.session_state[key] = round(100 * sensible(spot.mean for spot in spots_of(looks, "accuracy").values() if spot.mean is not None))
    return st.number_input(
        _("Target accuracy, %"), 1, 100, step=1, key=key, on_change=_chose, args=(key,), width=200,
        help=_("Of the global model on all test texts. Until you choose one it is 90 % of what the best cell reaches in the end, down to a multiple of 5."),
    ) / 100  # fmt: skip


def _chose(key: str) -> None:
    st.session_state[f"{key}-chosen"] = True


def _words(metric: str) -> str:
    """A metric by name, where it stands alone."""
    return _(METRICS[metric]) if metric in METRICS else _("{cost} until the target").format(cost=_(COSTS[metric].title))


def _record(study: Study, metric: str, spots: Mapping[tuple[str, str], Spot]) -> MatrixRecord:
    rows, columns = ([_entry(axis, name) for name in names] for axis, names in ((study.row_axis, study.rows), (study.column_axis, study.columns)))
    cells = tuple(tuple(_cell(spots.get((row, column), Spot())) for column in study.columns) for row in study.rows)
    return MatrixRecord(tuple(rows), tuple(columns), cells, metric, _words(metric))


def _cell(spot: Spot) -> MatrixCell:
    return MatrixCell(spot.mean, spot.spread, spot.progress, spot.waiting > 0, clean(spot.reason, 300) if spot.reason else "", len(spot.values), spot.missed)


def _entry(axis: str, name: str) -> str:
    registry = AXES[axis][1]
    return _(registry.get(name).title) if name in registry.names() else name


def _table_words(record: MatrixRecord) -> str:
    """The matrix as one sentence a row, for who does not see it."""
    return " ".join(
        f"{name}: " + ", ".join(f"{column} {'-' if cell.mean is None else shown(cell.mean, record.metric)}" for column, cell in zip(record.columns, row, strict=True)) + "."
        for name, row in zip(record.rows, record.cells, strict=True)
    )


def _open(study: Study) -> None:
    """A cell's runs as links to Live."""
    runs = [cell for cell in study.cells if cell.run]
    names = {cell.run: f"{_entry(study.row_axis, cell.row)}, {_entry(study.column_axis, cell.column)}, {cell.seed}" for cell in runs}
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        chosen = st.selectbox(_("A run of this study"), list(names), format_func=lambda run: clean(names[run]), key=f"study-run-{study.id}")
    with right:
        if chosen and st.button(_("Open"), key="study-open"):
            state.set_current_run(chosen)
            shell.go("live", run=chosen)
    refused = {cell.refused: cell for cell in study.cells if cell.refused}
    if refused:
        with st.expander(_("Combinations that are refused")):
            for reason, cell in refused.items():
                st.markdown(f"- {plain(_entry(study.row_axis, cell.row))}, {plain(_entry(study.column_axis, cell.column))}: {plain(reason)}")
