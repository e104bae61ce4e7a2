"""On the page *Live*: what left the clients of a run, what never did, and who could see what, to be read and to be taken along."""

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_, _
from fedviz.runs.folder import RunFolder, view_of
from fedviz.runs.ledger import Ledger, ledger
from fedviz.ui.text import clean, plain, size

_DIRECTIONS = {"sent": N_("from a client"), "received": N_("to a client")}


def show(folder: RunFolder, config: RunConfig) -> None:
    """The section, folded; nothing before the clients are known."""
    view = view_of(folder)
    if not view.clients:
        return
    with st.expander(_("What left the clients?"), key=f"live-ledger-{folder.id}"):
        book = ledger(view, config)
        st.markdown(_(
            "Every message of this run, by what was in it. Names, shapes and bytes were written down when the messages passed, up to round {round}; no value was."
        ).format(round=book.rounds_done))
        if not book.recorded:
            st.info(_("This run is older than the ledger: what its messages held was not written down, only their bytes were."))
        _clients(book)
        _entries(book)
        _words(book)
        with st.container(horizontal=True):
            name = f"fedviz-ledger-{folder.id}"
            document = book.model_dump_json(indent=1)
            st.download_button(_("Download as JSON"), document, f"{name}.json", "application/json", on_click="ignore", key=f"live-ledger-json-{folder.id}")
            st.download_button(_("Download as CSV"), book.to_csv(), f"{name}.csv", "text/csv", on_click="ignore", key=f"live-ledger-csv-{folder.id}")


def _clients(book: Ledger) -> None:
    table = {
        _("Client"): [clean(client.name) for client in book.clients],
        _("Messages sent"): [client.sent_messages for client in book.clients],
        _("Sent"): [size(client.sent_bytes) for client in book.clients],
        _("Messages received"): [client.received_messages for client in book.clients],
        _("Received"): [size(client.received_bytes) for client in book.clients],
    }
    if any(client.unlisted_bytes for client in book.clients):
        table[_("Not described")] = [size(client.unlisted_bytes) for client in book.clients]
    st.dataframe(table, hide_index=True)


def _entries(book: Ledger) -> None:
    lines = [(content, entry) for content in book.contents for entry in content.entries]
    if not lines:
        return
    st.dataframe(
        {
            _("Direction"): [_(_DIRECTIONS[content.direction]) for content, _entry in lines],
            _("Message"): [clean(content.message) for content, _entry in lines],
            _("Record"): [clean(entry.record) for _content, entry in lines],
            _("Name"): [clean(entry.name) for _content, entry in lines],
            _("Type"): [clean(entry.type) for _content, entry in lines],
            _("Shape"): [" × ".join(map(str, entry.shape)) for _content, entry in lines],
            _("Bytes each"): [entry.bytes for _content, entry in lines],
            _("Messages"): [content.messages for content, _entry in lines],
        },
        hide_index=True,
    )


def _words(book: Ledger) -> None:
    for title, sentences in ((_("What was in no message"), book.stayed), *((seen.who, seen.what) for seen in book.seen)):
        st.markdown(f"**{plain(title)}**\n\n" + "\n".join(f"- {plain(sentence)}" for sentence in sentences))
