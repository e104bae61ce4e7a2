"""Bringing texts in: files, a folder or a data set of Hugging Face; how they are read; which column is what; and a look at the rows before they are kept."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.scenarios.texts import folder, hub
from fedviz.scenarios.texts.records import BadRow, Intake, TextsInfo, TextsOptions
from fedviz.scenarios.texts.rows import columns, head, read, suggested
from fedviz.scenarios.texts.tables import File, known_ending
from fedviz.ui import forms
from fedviz.ui.sentences import sentence
from fedviz.ui.text import clean, plain

_KINDS = {"files": N_("Files"), "folder": N_("A folder"), "hub": N_("Hugging Face")}
_COLUMNS = ("text", "label", "client", "date")
_TITLES = {"text": N_("Column of the text"), "label": N_("Column of the label"), "client": N_("Column of the client"), "date": N_("Column of the date")}
_SHOWN, _LOOKED_AT = 5, 1000
_FETCHED = "own-fetched"


class _Brought(NamedTuple):
    """Files, a key that changes with them, and where they come from with their licence where that is known."""

    files: tuple[File, ...]
    key: str
    origin: str = ""
    licence: str = ""


def show() -> TextsInfo | None:
    """The form; the data set once it has been kept, in that run of the page alone."""
    st.caption(_("CSV, JSON lines or Parquet with a text and a label in each row. The files stay on this machine: nothing is sent anywhere."))
    kind = st.segmented_control(_("What comes in"), list(_KINDS), default="files", format_func=lambda key: _(_KINDS[key]), key="own-kind", required=True, label_visibility="collapsed")
    brought = _hub() if kind == "hub" else _files(kind == "folder")
    if brought is None:
        return None
    files, key, origin, licence = brought
    try:
        folder.check_size(files)
        options = _reading(files, key)
        if options is None:
            return None
        options = _mapping(files, options, key)
        if options is None:
            return None
        _look(files, options, key)
    except FedvizError as error:
        st.error(plain(error))
        return None
    return _keep(files, options, key, origin, licence)


def _files(whole_folder: bool) -> _Brought | None:
    words = _("A folder with files") if whole_folder else _("Files with texts")
    uploads = st.file_uploader(words, accept_multiple_files="directory" if whole_folder else True, key=f"own-upload-{whole_folder}")
    st.caption(_("At most 20 MB a file. Larger ones come in from the command line: {command}").format(command="`python -m fedviz data import NAME FILE`"))
    if not uploads:
        return None
    usable = [upload for upload in uploads if not whole_folder or known_ending(upload.name)]
    if len(usable) < len(uploads):
        st.caption(_("{count} files of another format are left out.").format(count=len(uploads) - len(usable)))
    if not usable:
        return None
    return _Brought(tuple(File(upload.name, upload.getvalue()) for upload in usable), "-".join(upload.file_id for upload in usable)[:200])


def _hub() -> _Brought | None:
    st.caption(_("A public data set is downloaded from huggingface.co, at one commit that is kept with it; no code of it is run. This is the only way in that needs a network."))
    left, right = st.columns(2, vertical_alignment="bottom")
    name = left.text_input(_("Id of the data set"), key="own-hub-id", max_chars=200, placeholder=_("owner/name"))
    part = right.text_input(_("Only files with this in their path"), key="own-hub-part", max_chars=60, placeholder=_("such as train"))
    revision = left.text_input(_("Commit"), key="own-hub-revision", max_chars=100, placeholder=_("the newest"))
    if right.button(_("Fetch"), key="own-hub-fetch", disabled=not name.strip()):
        st.session_state.pop(_FETCHED, None)
        try:
            with st.spinner(_("Fetching the data set"), show_time=True):
                st.session_state[_FETCHED] = hub.fetch(name.strip(), revision.strip(), part.strip())
        except FedvizError as error:
            st.error(plain(error))
    fetched: hub.Fetched | None = st.session_state.get(_FETCHED)
    return _Brought(fetched.files, fetched.origin, fetched.origin, fetched.licence) if fetched else None


def _reading(files: Sequence[File], key: str) -> TextsOptions | None:
    """How the files are read: by their endings, or as the viewer says."""
    with st.expander(_("How the files are read")):
        hidden = (*_COLUMNS, *(("client_is_file",) if len(files) < 2 else ()))
        return forms.show(TextsOptions, None, f"own-reading-{key}", hidden=hidden)


def _mapping(files: Sequence[File], options: TextsOptions, key: str) -> TextsOptions | None:
    """The columns as the viewer maps them, beside the first rows as the file has them."""
    found = head(files[0], options)
    known = columns(found)
    if not known:
        st.error(_("The file begins with no row that can be read; look at how the files are read."))
        return None
    st.dataframe({clean(name, 60): [clean(cells.get(name, ""), 80) for cells in found[:_SHOWN]] for name in known[:30]}, hide_index=True, height="content", key=f"own-rows-{key}")
    guess = suggested(found)
    form = f"own-{key}-{'-'.join(known)}"[:300]
    chosen: dict[str, str] = {}
    boxes = iter((*st.columns(2), *st.columns(2)))
    for kind in _COLUMNS:
        choices = [*known] if kind in ("text", "label") else ["", *known]
        with next(boxes):
            chosen[kind] = st.selectbox(
                _(_TITLES[kind]), choices, index=choices.index(guess[kind]), format_func=lambda name: clean(name, 60) or _("none"), key=f"{form}-{kind}",
                disabled=kind == "client" and options.client_is_file, help=_(str(TextsOptions.model_fields[kind].description)),
            )  # fmt: skip
    if options.client_is_file:
        chosen["client"] = ""
    return options.model_copy(update=chosen)


def _look(files: Sequence[File], options: TextsOptions, key: str) -> None:
    """The first rows as they would come in, and those among them that cannot."""
    told = Intake()
    rows = list(islice(read(files, options, told), _LOOKED_AT))
    if not rows:
        raise told.nothing()
    classes = sorted({row.label for row in rows})
    st.markdown(_("Of the first {count} rows {usable} can be used, with {classes} different labels: {labels}").format(
        count=len(rows) + told.skipped, usable=len(rows), classes=len(classes), labels=plain(", ".join(clean(name, 30) for name in classes[:8]) + ("…" if len(classes) > 8 else "")),
    ))
    bad_rows(tuple(told.examples), told.skipped, f"own-bad-{key}")


def bad_rows(rows: tuple[BadRow, ...], total: int, key: str) -> None:
    """Rows that could not be used, each with its place and its reason."""
    if not rows:
        return
    st.caption(_("Skipped, the first {count} of {total}:").format(count=len(rows), total=f"{total:,}"))
    with st.container(height=170 if len(rows) > 3 else "content", border=len(rows) > 3, key=key):
        told = (_("{file}, line {line}: {reason}").format(file=plain(row.file, 60), line=row.line, reason=plain(sentence(row.reason), 300)) for row in rows)
        st.caption("\n".join(f"- {words}" for words in told))


def _keep(files: Sequence[File], options: TextsOptions, key: str, origin: str, licence: str) -> TextsInfo | None:
    """Its name and its licence, and the button."""
    left, right = st.columns(2)
    title = left.text_input(_("Name of the data set"), value=clean(files[0].name.rpartition("/")[2].rpartition(".")[0], 60), key=f"own-title-{key}", max_chars=120)
    said = right.text_input(_("Licence"), value=clean(licence, 120), key=f"own-licence-{key}", max_chars=200, help=_("Who may use these texts for what; kept with them."))
    name = folder.name_of(title)
    replace = folder.exists(name) and st.checkbox(_("Replace the data set of that name"), key=f"own-replace-{key}-{name}", help=_("Runs that used the former one cannot be resumed then."))
    if not st.button(_("Keep these texts"), type="primary", disabled=not title.strip() or (folder.exists(name) and not replace), key="own-keep"):
        return None
    try:
        with st.spinner(_("Reading the texts"), show_time=True):
            return folder.keep(name, files, options, title=title, licence=said, origin=origin, replace=replace)
    except FedvizError as error:
        st.error(plain(error))
        return None
