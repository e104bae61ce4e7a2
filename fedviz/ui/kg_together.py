"""Section *Together* of the page *Graph*: the parties of a scenario build one graph, each from its own texts."""

from typing import TYPE_CHECKING

import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.core.registry import SCENARIOS
from fedviz.kg.store import folder
from fedviz.runs import together
from fedviz.ui import forms, graph_component, graph_source, jobs, kg_together_story, provenance, state
from fedviz.ui.text import clean, plain

if TYPE_CHECKING:
    from fedviz.federation.together.options import TogetherOptions

_JOB, _FORM = "kg-together", "kg-together-options"
_ONLY = {"parties": ("least",), "private": ("epsilon", "delta", "unit", "most"), "consent": ()}
_RELATIONS = ("occurs_with", "caused_by", "points_to")


def show() -> None:
    """What it is, the form, the work that goes on, and the story of the construction that is chosen."""
    graph_component.prepare()
    st.markdown(_(
        "Several parties build one graph, and none shows its texts. Each extracts triples at home: which entities of the shared vocabulary its texts name together, what is due to what, and "
        "which class an entity points to. What leaves is decided by a rule that all have agreed on; every message is counted, and can be looked at below."
    ))
    known = together.stories()
    with st.expander(_("Build a graph together"), expanded=not known, icon=":material/diversity_3:"):
        _form()
    job = jobs.show(_JOB)
    if job is not None and job.result is not None and st.session_state.get("kg-together-seen") != job.result:
        st.session_state["kg-together-seen"] = job.result
        state.keep_in_address(together=job.result)
        known = together.stories()
    if known:
        _story(known)


def _form() -> None:
    config = graph_source.choose()
    if config is None:
        return
    lacking = tuple(key for key in SCENARIOS.get(config.scenario.name).carriers if key in provenance.missing(config))
    if lacking:
        provenance.offer(lacking)
        return
    options = _options(config.federation.clients)
    title = st.text_input(_("Name of the graph"), _("Together: {title}").format(title=_(SCENARIOS.get(config.scenario.name).title)), max_chars=80, key=f"kg-together-title-{config.scenario.name}")
    if st.button(_("Build together"), type="primary", disabled=options is None or not title.strip() or jobs.running(_JOB), key="kg-together-go") and options is not None:
        _start(config, options, title)


def _options(clients: int) -> "TogetherOptions | None":
    from fedviz.federation.together.options import TogetherOptions

    rule = st.session_state.get(f"{_FORM}.rule", "parties")
    hidden = {"functional", "refused", *(name for other, names in _ONLY.items() if other != rule for name in names)} | ({"alignment"} if rule == "consent" else set())
    if rule == "private" and st.session_state.get(f"{_FORM}.unit", "text") == "text":
        hidden.add("support")
    options = forms.show(TogetherOptions, None, _FORM, hidden=hidden)
    choices = [*_RELATIONS, *(f"{relation}@{client}" for relation in _RELATIONS for client in range(clients))]
    refused = st.multiselect(
        _("Consent refused"), choices, key="kg-together-refused", placeholder=_("None"),
        format_func=_refusal, help=_("Relations that do not leave a party, whatever the rule says; no message tells that the party holds such triples."),
    )
    return None if options is None else options.model_copy(update={"refused": tuple(refused)})


def _refusal(entry: str) -> str:
    relation, at, client = entry.partition("@")
    return _("{relation}: party {number}").format(relation=relation, number=int(client) + 1) if at else _("{relation}: all parties").format(relation=relation)


def _start(config: RunConfig, options: "TogetherOptions", title: str) -> None:
    taken = {info.name for info in folder.list_graphs()}
    name = folder.slug(title)
    graph = next(one for one in (name, *(f"{name[:36]}-{number}" for number in range(2, 1000))) if one not in taken)

    def work(job: jobs.Job) -> str:
        return together.build(together.whole(config), options, title, graph, job.progress, job.cancelled).id

    jobs.start(_JOB, clean(title, 60), work)
    st.rerun()


def _story(known: tuple[str, ...]) -> None:
    asked = st.query_params.get("together")
    if asked is not None and asked not in known:
        st.warning(plain(_("There is no construction named {name}; this is the newest.").format(name=repr(clean(asked, 40)))))
    titles = {}
    for name in known[:50]:
        try:
            titles[name] = together.story(name)
        except FedvizError as error:
            st.warning(plain(error))
    if not titles:
        return
    names = list(titles)
    chosen = st.selectbox(
        _("Construction"), names, index=names.index(asked) if asked in titles else 0, key=f"kg-together-chosen-{asked if asked in titles else names[0]}",
        format_func=lambda name: f"{clean(titles[name].title, 60)} · {name}",
    )
    state.keep_in_address(together=chosen)
    kg_together_story.show(titles[chosen])
