"""What a file looks like before it comes in: the first rows of a table, whose columns are mapped here, and the first statements that a reader makes of it."""

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.core.options import Options
from fedviz.kg.sources import preview
from fedviz.kg.sources.columns import KINDS, ColumnsOptions
from fedviz.kg.sources.table import TableOptions
from fedviz.kg.store.terms import compact, shown
from fedviz.ui.text import clean, plain

MAPPED = {"table": ("head", "relation", "tail"), "columns": ("entity", "attributes")}
"""Options of the readers of tables that are chosen among the columns that are there."""
_KINDS = {"auto": N_("as it looks"), "quantity": N_("quantity"), "number": N_("number"), "date": N_("date"), "text": N_("text"), "entity": N_("another thing"), "": N_("leave out")}
_COLUMNS = 30


def show(data: bytes, options: Options, key: str) -> Options | None:
    """The preview, and the options with the columns as the viewer maps them; None, with a sentence, where the reader cannot begin."""
    start = preview.beginning(data)
    chosen: Options | None = options
    if isinstance(options, TableOptions):
        chosen = _mapping(start, options, key)
    elif isinstance(options, ColumnsOptions):
        chosen = _attributes(start, options, key)
    if chosen is None:
        return None
    try:
        found = preview.statements(start, chosen)
    except FedvizError as error:
        st.error(plain(error))
        return None
    if found:
        st.caption(_("The first statements:"))
        st.dataframe(
            {
                _("Head"): [clean(compact(row.subject), 80) for row in found],
                _("Relation"): [clean(compact(row.predicate), 80) for row in found],
                _("Tail"): [clean(shown(row.object), 80) for row in found],
            },
            hide_index=True, key=f"{key}.statements",
        )  # fmt: skip
    else:
        st.caption(_("The beginning of the file gives no statement with this reader and these options."))
    return chosen


def _titles(start: bytes, options: TableOptions | ColumnsOptions, key: str) -> list[str]:
    """What the columns are called, above the first rows of the table; nothing, with a sentence, where there is no table."""
    rows = preview.cells(start, options)
    if not rows:
        st.caption(_("The file begins with no line that is a table's."))
        return []
    width = min(max(map(len, rows)), _COLUMNS)
    header = rows[0] if options.header else []
    titles = [f"{place + 1}: {clean(header[place], 40)}" if place < len(header) else str(place + 1) for place in range(width)]
    body = rows[1:] if options.header else rows
    st.dataframe({titles[place]: [clean(row[place], 60) if place < len(row) else "" for row in body] for place in range(width)}, hide_index=True, key=f"{key}.rows")
    return titles


def _attributes(start: bytes, options: ColumnsOptions, key: str) -> ColumnsOptions | None:
    """Which column names the thing, and what each other one holds."""
    titles = _titles(start, options, key)
    if not titles:
        return None
    thing = st.selectbox(_("Column of the thing"), range(len(titles)), format_func=titles.__getitem__, key=f"{key}.{len(titles)}.thing")
    others = [place for place in range(len(titles)) if place != thing]
    words = {kind: _(title) for kind, title in _KINDS.items()}
    column, kind, unit = _("Column"), _("Holds"), _("Unit of bare numbers")
    edited = st.data_editor(
        [{column: titles[place], kind: words["auto"], unit: ""} for place in others], hide_index=True, disabled=[column], key=f"{key}.{len(titles)}.{thing}.kinds",
        column_config={kind: st.column_config.SelectboxColumn(options=list(words.values()), required=True), unit: st.column_config.TextColumn(max_chars=20)},
    )  # fmt: skip
    st.caption(_("A unit in the header's brackets, as in “weight [g]”, is read as one. Masses are kept in kg, lengths in m, and so on; a cell that is not what its column holds is skipped and told."))
    by_words = {said: name for name, said in words.items()}
    chosen = [(place, by_words[row[kind]], (row[unit] or "").strip()) for place, row in zip(others, edited, strict=True)]
    said = [f"{place + 1}:{name}{f' {measure}' if name == 'quantity' and measure else ''}" for place, name, measure in chosen if name in KINDS]
    if not said:
        st.caption(_("Nothing is left of the table."))
        return None
    return options.model_copy(update={"entity": str(thing + 1), "attributes": "; ".join(said)})


def _mapping(start: bytes, options: TableOptions, key: str) -> TableOptions | None:
    titles = _titles(start, options, key)
    if not titles:
        return None
    width = constant = len(titles)
    head, relation, tail = st.columns(3)
    words = [*titles, _("one relation for every line")]
    chosen = {
        "head": head.selectbox(_("Head"), range(width), index=0, format_func=titles.__getitem__, key=f"{key}.{width}.head"),
        "relation": relation.selectbox(_("Relation"), range(width + 1), index=1 if width > 2 else constant, format_func=words.__getitem__, key=f"{key}.{width}.relation"),
        "tail": tail.selectbox(_("Tail"), range(width), index=min(2, width - 1), format_func=titles.__getitem__, key=f"{key}.{width}.tail"),
    }
    columns = {name: str(place + 1) for name, place in chosen.items()}
    if chosen["relation"] == constant:
        columns["relation"] = "=" + (relation.text_input(_("The relation"), "related_to", key=f"{key}.constant", max_chars=100).strip() or "related_to")
    return options.model_copy(update=columns)
