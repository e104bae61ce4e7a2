"""An answer on the page: its tokens with their probabilities, its claims marked by sign, line and colour, and why each verdict."""

import html as markup
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from fedviz.charts.safe import line
from fedviz.core.i18n import N_, _
from fedviz.kg.qa import scores
from fedviz.kg.qa.claims import Claim
from fedviz.kg.qa.pairs import Pair
from fedviz.kg.qa.recall import Recalled
from fedviz.kg.qa.wording import CALLED, claimed
from fedviz.ui.text import clean, plain

if TYPE_CHECKING:
    from fedviz.models.generation.writer import Piece
    from fedviz.runs.writing import Ground

SIGNS = {"supported": "\u2713", "contradicted": "\u2717", "unknown": "?"}
_BLANK = "\u2423"
_WORDS = {"supported": N_("supported"), "contradicted": N_("contradicted"), "unknown": N_("unknown")}
_CSS = """
<style>
.fv-answer { line-height: 1.7; font-size: 1.05rem; overflow-wrap: anywhere; min-height: 3.4rem; white-space: pre-wrap; }
.fv-answer.fv-shown { line-height: 2.6; }
.fv-answer rt { font-size: .62rem; opacity: .75; padding: 0 .2em; }
.fv-answer .fv-token:hover { outline: 1px solid currentColor; border-radius: 2px; }
.fv-claim { color: inherit; padding: .1em 0; text-decoration-line: underline; text-decoration-thickness: 2px; text-underline-offset: 4px; }
.fv-supported { background: light-dark(#dcf0e2, #1d3a2a); text-decoration-color: light-dark(#1b6b3a, #7fd6a0); text-decoration-style: solid; }
.fv-contradicted { background: light-dark(#fadfdc, #47211f); text-decoration-color: light-dark(#a8261c, #ff9d92); text-decoration-style: wavy; }
.fv-unknown { background: light-dark(#ececec, #33363d); text-decoration-color: light-dark(#555555, #bbbbbb); text-decoration-style: dotted; }
.fv-sign { font-weight: 700; padding-left: .15em; }
</style>
"""


def style() -> None:
    """The look of answers."""
    st.html(_CSS)


def legend() -> None:
    """What the marks mean."""
    rows = (
        ("supported", _("the graph says so")),
        ("contradicted", _("the graph says what cannot be true together with it")),
        ("unknown", _("the graph says nothing of it, so it may be right or wrong")),
    )
    shown = " &nbsp; ".join(f'<span class="fv-claim fv-{verdict}">{markup.escape(_(_WORDS[verdict]))}<span class="fv-sign">{SIGNS[verdict]}</span></span> {markup.escape(words)}' for verdict, words in rows)
    st.html(f'<div class="fv-answer" style="font-size:.9rem;min-height:0;white-space:normal">{shown}</div>')


def html(pieces: "Sequence[Piece]", claims: Sequence[Claim], shown: bool) -> str:
    """An answer as markup that holds no markup of the model's: each token with its probability, the claims' spans marked."""
    found, place, last = [], 0, 0
    marks = []
    for claim in claims:  # of claims that share a sentence the first one has its beginning
        start = max(claim.start, last)
        if start < claim.end:
            marks.append((start, claim.end, claim))
            last = claim.end
    tokens = []
    for piece in pieces:
        tokens.append((place, place + len(piece.text), piece))
        place += len(piece.text)
    text = "".join(piece.text for piece in pieces)
    cuts = sorted({0, len(text), *(start for start, _end, _claim in marks), *(end for _start, end, _claim in marks)})
    for low, high in zip(cuts, cuts[1:], strict=False):
        inside = "".join(_token(piece, text[max(low, start) : min(high, end)], shown) for start, end, piece in tokens if start < high and end > low)
        claim = next((claim for start, end, claim in marks if start <= low and high <= end), None)
        if claim is None:
            found.append(inside)
        else:
            found.append(f'<mark class="fv-claim fv-{claim.verdict}">{inside}<span class="fv-sign" role="img" aria-label="{markup.escape(_(_WORDS[claim.verdict]))}">{SIGNS[claim.verdict]}</span></mark>')
    return f'<div class="fv-answer{" fv-shown" if shown else ""}">{"".join(found) or "&nbsp;"}</div>'


def _token(piece: "Piece", text: str, shown: bool) -> str:
    others = ", ".join(f"{line(other, 20) or _BLANK} {share:.0%}" for other, share in piece.likeliest)
    tip = markup.escape(_("{share} here; likeliest: {others}").format(share=f"{piece.probability:.0%}", others=others))
    inside = markup.escape(text)
    return f'<ruby class="fv-token" title="{tip}">{inside}<rt>{100 * piece.probability:.0f}</rt></ruby>' if shown else f'<span class="fv-token" title="{tip}">{inside}</span>'


def triples(recalled: Sequence[Recalled]) -> None:
    """Which triples stand in the prompt, and who says them."""
    if not recalled:
        st.info(_("The question names no entity of the graph, so no triple stands in the prompt."), icon=":material/info:")
        return
    st.markdown(_("In the prompt, before the question:"))
    st.markdown("\n".join(f"- {plain(one.sentence)} ({plain(one.triple.head)}, {plain(one.triple.relation)}; {plain(one.source)})" for one in recalled))


def judged(ground: "Ground", title: str, pieces: "Sequence[Piece]", pair: Pair | None, shown: bool) -> None:
    """One model's answer with its claims, why each has its verdict, and how near it is to the reference where there is one."""
    text = "".join(piece.text for piece in pieces)
    claims = ground.checker.claims(text)
    st.subheader(title)
    st.html(html(pieces, claims, shown))
    if claims:
        st.markdown("\n".join(f"- {SIGNS[claim.verdict]} {_claim(ground, claim)}" for claim in claims))
    else:
        st.caption(_("This answer claims nothing that the graph could be asked about."))
    if pair is not None:
        exact = _("yes") if scores.exact_match(text, pair.accepted) else _("no")
        st.caption(_("Exactly the graph's answer: {exact}. Shared words (F1): {f1}.").format(exact=exact, f1=f"{scores.f1(text, pair.accepted):.2f}"))
    with st.expander(_("Tokens and their probabilities")):
        st.dataframe(
            [{_("Token"): line(piece.text, 30), "%": round(100 * piece.probability, 1), _("Likeliest"): ", ".join(f"{line(other, 20)} {share:.0%}" for other, share in piece.likeliest)} for piece in pieces],
            hide_index=True, width="stretch",
        )  # fmt: skip


def _claim(ground: "Ground", claim: Claim) -> str:
    """A claim in words, and what in the graph decides it."""
    names = [clean(ground.graph.entities[end].name) if end in ground.graph.entities else clean(end) for end in (claim.head, claim.tail)]
    words = claimed(claim.relation, *names).rstrip(".")
    sentence = _("{verdict}: not “{claim}”.") if claim.denied else _("{verdict}: “{claim}”.")
    found = plain(sentence.format(verdict=_(_WORDS[claim.verdict]), claim=words))
    if claim.because:
        steps = "; ".join(_step(ground, triple) for triple in claim.because)
        found += " " + plain(_("The graph says: {steps}.").format(steps=steps))
    return found


def _step(ground: "Ground", triple: tuple[str, str, str]) -> str:
    head, relation, tail = triple
    entities = ground.graph.entities
    return claimed(relation, entities[head].name, tail if relation == CALLED else entities[tail].name).rstrip(".")
