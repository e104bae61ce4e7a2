"""A look at what the graph does with the clients' texts before a launch: what they would write, and whose labels it suspects. Behind buttons, since it takes seconds."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np
import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.models.augmentation.base import Written
from fedviz.models.selection.suspicion import Suspect, suspects
from fedviz.scenarios import load as scenarios
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain

PAIRS, SUSPECTS = 12, 200
"""At most so many texts beside their originals, clients and kinds in turn; and so many suspects in the list."""
KINDS = {
    "synonyms": N_("another name"), "hypernyms": N_("a broader term"), "siblings": N_("a sibling"), "neighbours": N_("a sentence from the graph"), "counterfactuals": N_("another class"),
}  # fmt: skip
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def written(config: RunConfig, clients: Mapping[int, str], key: str) -> None:
    """The texts that the clients would write beside their originals, changed words marked, and how many each writes."""
    if config.augmentation.name == "none":
        return
    found = _asked(config, key, "written", _("Show the texts that clients would write"), _texts)
    if found is None:
        return
    texts, many = found
    if not many:
        st.info(_("With these options nobody writes a text: the training texts name nothing that the graph could put in its place."))
        return
    counts = Counter(one.client for one in many)
    st.markdown(_("{count} texts, by {clients} clients. Each stays with the client that wrote it.").format(count=f"{len(many):,}", clients=len(counts)))
    st.dataframe(
        {_("Client"): [clean(clients.get(client, str(client))) for client in sorted(counts)], _("Written texts"): [counts[client] for client in sorted(counts)]},
        hide_index=True, key=f"{key}-written-counts",
    )
    for one in _in_turn(many):
        old, new = marked(texts[one.source], one.text)
        with st.container(border=True):
            st.caption(f"{plain(clients.get(one.client, str(one.client)))} · {_(KINDS.get(one.kind, one.kind))}")
            left, right = st.columns(2)
            left.markdown(old)
            right.markdown(new)
    st.caption(_("Left the client's own text, right what it writes; what changed is marked. Shown are {shown} of them, clients in turn.").format(shown=min(PAIRS, len(many))))


def suspected(config: RunConfig, clients: Mapping[int, str], key: str) -> None:
    """The training texts whose label contradicts the graph, the most suspicious first; with planted labels also how many of them are found."""
    if config.selection.name != "suspicion":
        return
    found = _asked(config, key, "suspects", _("Show the suspects"), _suspects)
    if found is None:
        return
    texts, classes, many, planted = found
    if not many:
        st.info(_("The graph speaks against no label of these texts."))
        return
    st.markdown(_("{count} of {texts} training texts have a label against which the graph speaks. Every client finds its own, from its own texts.").format(count=f"{len(many):,}", texts=f"{len(texts):,}"))
    if planted:
        first = [one.row in planted for one in many[: len(planted)]]
        st.markdown(_("{planted} labels are planted wrong. Of the {first} most suspicious texts **{share} %** are among them; by chance it would be {chance} %.").format(
            planted=len(planted), first=len(first), share=f"{100 * np.mean(first):.0f}", chance=f"{100 * len(planted) / len(texts):.0f}",
        ))
    top = many[:SUSPECTS]
    columns = {
        _("Its label"): [clean(called(classes[one.label])) for one in top],
        _("The graph says"): [clean(called(classes[one.instead])) for one in top],
        _("Score"): [one.score for one in top],
        **({_("Planted"): [one.row in planted for one in top]} if planted else {}),
        _("Text"): [clean(texts[one.row], 300) for one in top],
        _("Client"): [clean(clients.get(one.client, str(one.client))) for one in top],
    }
    st.dataframe(columns, hide_index=True, key=f"{key}-suspects-table", column_config={_("Score"): st.column_config.NumberColumn(format="%.2f")})
    st.caption(_("The score is half of what the graph says for that class beyond what it says for the label, from 0 to 1. A rare class is suspected more often than it deserves."))


def marked(old: str, new: str) -> tuple[str, str]:
    """Both texts as Markdown, the words in which they differ marked in each."""
    first, second = _WORDS.findall(clean(old, 600)), _WORDS.findall(clean(new, 600))
    left, right = list[str](), list[str]()
    for kind, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        for some, parts, colour in ((left, first[a:b], "orange"), (right, second[c:d], "green")):
            words = "".join(parts)
            some.append(_coloured(words, colour) if kind != "equal" and words.strip() else plain_part(words))
    return "".join(left), "".join(right)


def plain_part(words: str) -> str:
    """A part of a text as Markdown, with the spaces at its ends."""
    return " " * words[:1].isspace() + plain(words, 600) + " " * words[-1:].isspace() if words.strip() else " " * bool(words)


def _coloured(words: str, colour: str) -> str:
    return f"{' ' * words[:1].isspace()}:{colour}-background[{plain(words, 600)}]{' ' * words[-1:].isspace()}"


def _asked(config: RunConfig, key: str, what: str, words: str, compute: Callable) -> tuple | None:
    """What is computed once its button was pressed for this very configuration; an error is one sentence."""
    place = f"{key}-{what}-asked"
    if st.button(words, key=f"{key}-{what}"):
        st.session_state[place] = config.digest()
    if st.session_state.get(place) != config.digest():
        return None
    try:
        with st.spinner(_("Asking the graph"), show_time=True):
            return compute(config)
    except FedvizError as error:
        st.error(plain(error))
        return None


@lru_cache(maxsize=4)
def _texts(config: RunConfig) -> tuple[tuple[str, ...], tuple[Written, ...]]:
    """The training texts, and what is written from them."""
    from fedviz.federation.beside import texts_written  # the language model behind it takes a second to import

    data = scenarios.load(config)
    return data.train.texts, tuple(texts_written(config, data, scenarios.shards(config, data)))


@lru_cache(maxsize=4)
def _suspects(config: RunConfig) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Suspect, ...], frozenset[int]]:
    """The training texts, the classes, the suspects of all clients, and the rows whose label is planted wrong."""
    data = scenarios.load(config)
    right = scenarios.load(config.updated({"texts.wrong_labels": 0.0}))
    every = [one for client, rows in enumerate(scenarios.shards(config, data).train) for one in suspects(data, rows, client) if one.score > 0]
    planted = frozenset(int(row) for row in np.flatnonzero(data.train.labels != right.train.labels))
    return data.train.texts, data.classes, tuple(sorted(every, key=lambda one: (-one.score, one.row))), planted


def _in_turn(many: tuple[Written, ...]) -> list[Written]:
    """Up to `PAIRS` of them: of each client and kind the first, then the second, and so on."""
    seen: Counter[tuple[int, str]] = Counter()
    ranked = []
    for place, one in enumerate(many):
        ranked.append((seen[one.client, one.kind], place, one))
        seen[one.client, one.kind] += 1
    return [one for _rank, _place, one in sorted(ranked, key=lambda entry: entry[:2])[:PAIRS]]
