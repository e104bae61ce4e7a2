"""Texts of one's own on *Configure*: bring files in, see what is kept and what was not usable, remove it."""

import streamlit as st

from fedviz.core.config import MAX_CLIENTS, RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.scenarios.texts import folder
from fedviz.scenarios.texts.records import TextsInfo
from fedviz.ui import drafts, names_of_texts, own_texts_in
from fedviz.ui.drafts import Draft
from fedviz.ui.own_texts_in import bad_rows
from fedviz.ui.text import clean, plain

_BROUGHT = "own-brought"
"""Session key: the data set that this viewer has just brought in."""


def show(draft: Draft) -> None:
    """The place to bring texts, open until there are some, and what is kept."""
    kept = {info.name: info for info in folder.kept()}
    _told(kept)
    with st.expander(_("Bring texts of your own"), expanded=not kept, icon=":material/upload_file:"):
        info = own_texts_in.show()
    if info is not None:
        st.session_state[_BROUGHT] = info.name
        drafts.fill(fitting(draft.config, info))
        st.rerun()
    if kept:
        with st.expander(_("What is kept"), icon=":material/folder_open:"):
            _kept(kept, draft)


def fitting(config: RunConfig, info: TextsInfo) -> RunConfig:
    """The configuration turned to a data set: every client that it names as a client, or dealt out by chance where it names none."""
    changes: dict[str, object] = {"scenario.name": "own", "scenario.data": info.name}
    if info.clients:
        changes |= {"partition.name": "natural", "federation.clients": min(len(info.clients), MAX_CLIENTS)}
    elif config.partition.name == "natural":
        changes |= {"partition.name": "iid", "federation.clients": min(config.federation.clients, info.rows)}
    try:
        return config.updated(changes)
    except FedvizError:  # another section names clients that there would be no more
        return RunConfig.parse({"scenario": {"name": "own", "data": info.name}, "partition": "natural" if info.clients else "iid", "model": config.model})


def _told(kept: dict[str, TextsInfo]) -> None:
    """What came in, once it has."""
    info = kept.get(st.session_state.get(_BROUGHT, ""))
    if info is None:
        return
    words = _("{title}: {count} texts in {classes} classes came in; {skipped} rows were skipped.")
    st.success(plain(words.format(title=info.title, count=f"{info.rows:,}", classes=len(info.classes), skipped=f"{info.skipped:,}")), icon=":material/check:")
    bad_rows(info.examples, info.skipped, "own-brought-rows")


def _kept(kept: dict[str, TextsInfo], draft: Draft) -> None:
    now = draft.config.scenario.data.partition("@")[0] if draft.config.scenario.name == "own" else ""  # type: ignore[attr-defined]
    names = list(kept)
    name = st.selectbox(_("Data set"), names, index=names.index(now) if now in names else 0, format_func=lambda each: names_of_texts.words(kept[each]), key=f"own-kept-{now}")
    info = kept[name]
    rows = {
        _("Texts"): f"{info.rows:,}",
        _("Classes"): ", ".join(f"{clean(label, 40)} ({count:,})" for label, count in list(info.classes.items())[:12]) + ("…" if len(info.classes) > 12 else ""),
        _("Clients"): ", ".join(f"{clean(client, 40)} ({count:,})" for client, count in list(info.clients.items())[:12]) + ("…" if len(info.clients) > 12 else ""),
        _("Dates"): _("{first} to {last}").format(first=info.first_date[:10], last=info.last_date[:10]) if info.dated else "",
        _("From"): info.origin,
        _("Left out"): ", ".join(f"{_(reason)} ({count:,})" for reason, count in info.left_out.items()),
        _("Licence"): info.licence,
        _("Digest"): info.digest,
        _("Date"): info.created[:16].replace("T", " "),
    }
    st.caption("  \n".join(f"{title}: {plain(value, 600)}" for title, value in rows.items() if value))
    bad_rows(info.examples, info.skipped, f"own-kept-rows-{name}")
    with st.container(horizontal=True):
        if name != now and st.button(_("Use these texts"), key=f"own-use-{name}"):
            drafts.fill(fitting(draft.config, info))
            st.rerun()
        with st.popover(_("Remove")):
            st.markdown(_("This removes the data set {title} from this machine. Runs that used it stay, but cannot be resumed or asked any more.").format(title=f"**{plain(info.title)}**"))
            if st.button(_("Remove for good"), key=f"own-remove-{name}"):
                _remove(name, now, draft)


def _remove(name: str, now: str, draft: Draft) -> None:
    try:
        folder.remove(name)
    except FedvizError as error:
        st.error(plain(error))
        return
    st.session_state.pop(_BROUGHT, None)
    if name == now:
        drafts.fill(draft.config.updated({"scenario.data": ""}))
    st.rerun()
