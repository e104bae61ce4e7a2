"""Section *Embed together* of the page *Graph*: parties learn embeddings of their graphs together, what that gains, what it tells a curious server, and what left."""

from typing import TYPE_CHECKING

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.runs import embeddings
from fedviz.runs.embeddings import ISOLATION, POOLED, EmbeddingStory
from fedviz.ui import forms, jobs, kg_graphs
from fedviz.ui.text import clean, plain, size

if TYPE_CHECKING:
    from fedviz.federation.embeddings.options import FederatedOptions

_JOB = "kg-embeddings"
_ADVANCED = ("model", "width", "epochs", "hints", "seed")
_WAYS = {ISOLATION: N_("Isolation"), "FedE": "FedE", "FedR": "FedR", "FedE and FedR": N_("FedE and FedR"), POOLED: N_("Pooled")}
_DIRECTIONS = {"received": N_("to the party"), "sent": N_("from the party")}
_TABLES = {"entity": N_("vectors of entities"), "relation": N_("vectors of relations"), "round": N_("number of the round")}
TELLING = 0.1
"""So much above its control the attack is said to tell triples apart; `bench embeddings` judges by the same."""
SPREADS = 2.0
"""So many standard deviations over repetitions a gain must be away from nothing to be called one."""


def show() -> None:
    """What it is, the options, the work that goes on, and the comparison that is chosen."""
    st.markdown(_(
        "Each party learns vectors of the things and relations of its own graph; no triple leaves it. With FedE the server averages the vectors of the things, with FedR those of the relations alone. "
        "Isolation shares nothing, and pooled is what one could have if all triples lay in one place."
    ))  # fmt: skip
    store = kg_graphs.chosen()
    if store is None:
        return
    options = _form()
    if st.button(_("Compare"), type="primary", disabled=options is None or jobs.running(_JOB), key="kg-embeddings-go") and options is not None:
        _start(store.name, store.info.title, options)
    job = jobs.show(_JOB)
    known = embeddings.stories()
    if known:
        _chosen(known, job.result if job is not None and isinstance(job.result, str) else None)


def _form() -> "FederatedOptions | None":
    from fedviz.federation.embeddings.options import FederatedOptions

    hidden = {"parties", "share"} if st.session_state.get("kg-embeddings.by") == "party" else set[str]()
    return forms.show(FederatedOptions, None, "kg-embeddings", advanced=_ADVANCED, hidden=hidden)


def _start(graph: str, title: str, options: "FederatedOptions") -> None:
    words = {way: _(word) for way, word in _WAYS.items()}

    def work(job: jobs.Job) -> str:
        return embeddings.compare(graph, options, lambda done, total, way: job.progress(done, total, words[way]), job.cancelled).id

    jobs.start(_JOB, clean(title, 60), work)
    st.rerun()


def _chosen(known: tuple[str, ...], newest: str | None) -> None:
    told = {}
    for name in known[:50]:
        try:
            told[name] = embeddings.story(name)
        except FedvizError as error:
            st.warning(plain(error))
    if not told:
        return
    names = list(told)
    name = st.selectbox(
        _("Comparison"), names, index=names.index(newest) if newest in told else 0, key=f"kg-embeddings-chosen-{newest}",
        format_func=lambda name: f"{clean(told[name].title, 60)} · {name}",
    )  # fmt: skip
    _ways(told[name])
    _parties(told[name])
    _left(told[name])


def _ways(story: EmbeddingStory) -> None:
    st.subheader(_("What it gains, and what it tells"))
    rows = []
    for way in story.ways:
        seen = story.attack(way)
        rows.append(
            {
                _("Way"): _(_WAYS.get(way, way)), _("MRR"): _number(story.over(way, "mrr")), _("above isolation"): "" if way == ISOLATION else _number(story.gain(way), signed=True),
                _("Hits@10"): _number(story.over(way, "hits_10")), _("MRR of chance"): _number(story.over(way, "chance")),
                _("Attack, AUC"): _number(seen[0]) if seen else "", _("its control"): _number(seen[1]) if seen else "",
            }
        )  # fmt: skip
    st.dataframe(rows, hide_index=True)
    st.caption(_(
        "Means and sample standard deviations over {count} repetitions. The attack is the server's: it knows {hints} triples of each relation of the first party and tells its other triples from corrupted ones; "
        "0.5 is chance, and the control permutes the rows of what was sent."
    ).format(count=story.options["repetitions"], hints=story.options["hints"]))  # fmt: skip
    for way in ("FedE", "FedR"):
        if way in story.ways:
            st.markdown(_verdict(story, way))


def _verdict(story: EmbeddingStory, way: str) -> str:
    mean, deviation = story.gain(way)
    seen = story.attack(way)
    if deviation is None:
        gained = _("Whether {way} gains here, a single repetition cannot tell.")
    elif abs(mean) <= SPREADS * deviation:
        gained = _("{way} makes no difference here that its spread would not explain.")
    else:
        gained = _("{way} gains here over isolation.") if mean > 0 else _("{way} loses here against isolation.")
    telling = seen is not None and seen[0][0] - seen[1][0] > TELLING
    told = _("What the server is sent tells it triples of the party.") if telling else _("What the server is sent tells it hardly more than its hints did.")
    return f"**{gained.format(way=way)}** {told}"


def _parties(story: EmbeddingStory) -> None:
    st.subheader(_("By party"))
    st.dataframe(
        [
            {_("Party"): _name(story, party), _("Triples"): story.triples[party]}
            | {f"{_(_WAYS.get(way, way))}, {measure}": _number(story.over(way, field, party)) for way in story.ways for measure, field in ((_("MRR"), "mrr"), (_("Hits@10"), "hits_10"))}
            | {_("MRR of chance"): _number(story.over(ISOLATION, "chance", party))}
            for party in range(len(story.triples))
        ],
        hide_index=True,
    )


def _left(story: EmbeddingStory) -> None:
    st.subheader(_("What left"))
    left, right = st.columns(2)
    ways = [way for way in story.ways if way != POOLED]
    way = left.selectbox(_("Way"), ways, index=min(1, len(ways) - 1), format_func=lambda way: _(_WAYS.get(way, way)), key=f"kg-embeddings-way-{story.id}")
    party = right.selectbox(_("Party"), range(len(story.triples)), format_func=lambda party: _name(story, party), key=f"kg-embeddings-party-{story.id}")
    found = embeddings.book(story.id, ways.index(way) + 1)
    contents = {content.id: content for content in found.contents}
    rows = [(contents.get(row.content), row) for row in found.passed if row.client == party]
    st.dataframe(
        {
            _("Direction"): [_(_DIRECTIONS[content.direction]) if content else "" for content, _row in rows],
            _("What is in it"): [
                ", ".join(f"{_(_TABLES.get(entry.name, entry.name))} {' × '.join(map(str, entry.shape))}".strip() for entry in content.entries) if content and content.entries else _("nothing")
                for content, _row in rows
            ],
            _("Messages"): [row.messages for _content, row in rows],
            _("Bytes"): [size(row.bytes) for _content, row in rows],
        },
        hide_index=True,
    )  # fmt: skip
    st.caption(_("Every message between this party and the server in the first repetition: rounds of learning, checks, and the judgement at the end."))


def _name(story: EmbeddingStory, party: int) -> str:
    return clean(story.parties[party], 60) if story.parties else _("Party {number}").format(number=party + 1)


def _number(value: tuple[float, float | None], signed: bool = False) -> str:
    mean, deviation = value
    return f"{mean:{'+' if signed else ''}.3f}" + ("" if deviation is None else f" ± {deviation:.3f}")
