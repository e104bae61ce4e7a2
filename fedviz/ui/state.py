"""What a session remembers across pages, and its mirror in the address bar: the current run."""

import streamlit as st

from fedviz.runs.folder import RUN_ID

_RUN = "fedviz-run"


def is_run_id(text: object) -> bool:
    """Whether a text has the form of a run id (8 to 32 lower-case letters and digits)."""
    return isinstance(text, str) and RUN_ID.fullmatch(text) is not None


def current_run() -> str | None:
    """Id of the run that this session looks at: from `?run=` or from the page before; None where there is none yet.

    The id has the right form; whether such a run exists is for the caller to see.
    """
    asked = st.query_params.get("run")
    if is_run_id(asked):
        st.session_state[_RUN] = asked
    return st.session_state.get(_RUN)


def set_current_run(run_id: str | None) -> None:
    """Look at this run from now on; `?run=` of the address, where the page has one, follows."""
    if run_id is None:
        st.session_state.pop(_RUN, None)
        st.query_params.pop("run", None)
        return
    st.session_state[_RUN] = run_id
    if "run" in st.query_params:
        st.query_params["run"] = run_id


def keep_in_address(**values: str | int | None) -> None:
    """Write query parameters of the page, so that its address can be copied; None removes one."""
    for key, value in values.items():
        if value is None:
            st.query_params.pop(key, None)
        elif st.query_params.get(key) != str(value):
            st.query_params[key] = str(value)
