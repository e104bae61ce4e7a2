"""A badge on *Explain*: how faithful the contributions of this model are, measured in the background on test texts of its own run."""

import time

import streamlit as st

from fedviz.charts.faithful import RANKED, Kind, curves_record, curves_spec
from fedviz.core import seeds
from fedviz.core.errors import FedvizError
from fedviz.core.i18n import _
from fedviz.explain.faithfulness import SHARES, Faithfulness, Score, faithfulness
from fedviz.explain.paraphrase import Stability
from fedviz.models.compute import take
from fedviz.models.predictor import Predictor
from fedviz.runs.folder import RunFolder
from fedviz.scenarios import load as scenarios
from fedviz.ui import explain_source as source
from fedviz.ui import figure
from fedviz.ui.jobs import Job
from fedviz.ui.sentences import sentence
from fedviz.ui.text import plain

TEXTS = 50
EXACT = 1e-5
"""Logits; a greater difference to the model's own forward pass is an error and not rounding."""
_PAUSE_S = 0.03
_LOOK_S = 1.0
_QUIET_S, _PATIENCE_S = 1.5, 10.0
"""The measurement rests while somebody asks the page and so long after it, since both would share the cores; before each text no longer than its patience."""
_asked = [-_QUIET_S]
"""When some viewer's page last asked a model."""


def page_asks() -> None:
    """Say that a viewer waits for an answer: what is measured in the background rests."""
    _asked[0] = time.monotonic()


def badge(folder: RunFolder, model: source.Model, predictor: Predictor) -> None:
    """One line that opens; nothing where the model uses no graph. The first viewer of a model sets the measurement going."""
    try:
        if folder.config().knowledge.name == "none":
            return
    except FedvizError:  # the page says so elsewhere
        return
    job = _measured(model, predictor, folder)
    if job.running:
        _waiting(job)
    else:
        _ended(job)


@st.cache_resource(max_entries=32, show_spinner=False)
def _measured(model: source.Model, _predictor: Predictor, _folder: RunFolder) -> Job:
    """The measurement of one checkpoint, going on or done."""

    def work(job: Job) -> Faithfulness:
        take(1)  # the other cores are the page's, and those of a run that trains
        config = _folder.config()
        texts = scenarios.load(config).test.texts
        places = seeds.generator(config.seed, "faithfulness", "texts").permutation(len(texts))[:TEXTS]

        def progress(done: int, total: int) -> None:
            job.progress(done, total)
            time.sleep(_PAUSE_S)  # the page comes first
            patience = time.monotonic() + _PATIENCE_S
            while time.monotonic() < min(_asked[0] + _QUIET_S, patience):
                time.sleep(_PAUSE_S)

        return faithfulness(_predictor, [texts[place] for place in places], config.seed, progress)

    return Job("Faithfulness", work)


@st.fragment(run_every=_LOOK_S)
def _waiting(job: Job) -> None:
    if not job.running:
        st.rerun()
    with st.expander(_("**Faithfulness** :gray-badge[being measured on test texts of this run: {done} of {total}]").format(done=job.done, total=job.total or TEXTS)):
        st.caption(_("It is measured in the background; everything on this page can be used meanwhile."))


@st.fragment
def _ended(job: Job) -> None:
    """The badge; what it opens is made when somebody opens it."""
    found = job.result
    measured = isinstance(found, Faithfulness)
    words = _("**Faithfulness** :gray-badge[could not be measured]") if not measured else label(found) if found.texts else _("**Faithfulness** :gray-badge[nothing to measure]")
    box = st.expander(words, key="explain-faithful", on_change="rerun")
    if not box.open:
        return
    with box:
        if not measured:
            st.caption(plain(sentence(job.trouble)))
        elif not found.texts:
            st.caption(_("No triple is at work in the {count} test texts that were looked at.").format(count=found.without))
        else:
            _details(found)


def label(found: Faithfulness) -> str:
    """The figures of the badge: comprehensiveness beside its control, and the greatest error of the sum."""
    error = max(found.additivity_error, found.removal_error)
    sums = _(":gray-badge[sums exact to {error} logits]") if error <= EXACT else _(":red-badge[sums are off by {error} logits]")
    words = _("**Faithfulness** :blue-badge[comprehensiveness {ours}, random order {control}]")
    return f"{words.format(ours=_number(found.of('contribution').comprehensiveness.mean), control=_number(found.of('random').comprehensiveness.mean))} {sums.format(error=f'{error:.0e}')}"


def _details(found: Faithfulness) -> None:
    words = _(
        "Does this page name the triples that move the model? Measured with this checkpoint on {texts} test texts of this run, chosen by chance, with {triples} triples on average "
        "({without} more have none). Triples are taken out in the order of their contributions, and for comparison in other orders. A faithful order lets the probability of the answer fall fast."
    )
    st.markdown(words.format(texts=found.texts, triples=f"{found.triples:.0f}", without=found.without))
    for column, (kind, title) in zip(st.columns(2, gap="large"), _kinds().items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            about = _("Probability of the answer by the share of triples, one line for each order; the table below says the same in numbers")
            figure.show(curves_spec(curves_record(found, kind)), f"explain-faithful-{kind}", about)
    st.dataframe(
        {
            _("Order of the triples"): [_(RANKED[one.ranking]) for one in found.rankings],
            _("Comprehensiveness ↑"): [_score(one.comprehensiveness) for one in found.rankings],
            _("Sufficiency ↓"): [_score(one.sufficiency) for one in found.rankings],
            _("Area under deletion ↓"): [_score(one.deletion_area) for one in found.rankings],
            _("Area under insertion ↑"): [_score(one.insertion_area) for one in found.rankings],
        },
        hide_index=True, key="explain-faithful-table",
    )  # fmt: skip
    st.markdown("\n".join(f"- {line}" for line in sentences(found)))
    words = _(
        "Mean ± standard deviation over texts. Comprehensiveness and sufficiency after DeYoung et al. 2020 (ERASER): what the answer's probability loses without the greatest {shares} % of the triples, "
        "or with these alone. The text encoder's attention speaks of words and not of triples, so that it ranks none."
    )
    st.caption(words.format(shares=", ".join(f"{100 * share:g}" for share in SHARES)))


def _kinds() -> dict[Kind, str]:
    return {"deletion": _("Deletion: from the full model to the text alone"), "insertion": _("Insertion: from the text alone to the full model")}


def sentences(found: Faithfulness) -> list[str]:
    """What the figures say, and what they do not."""
    ours, control, best = (found.of(ranking).comprehensiveness.mean for ranking in ("contribution", "random", "greedy"))
    said = []
    if found.ratio is None or best <= 0:
        said.append(_("Random orders lose next to nothing here, so that there is no measure to hold the contributions against."))
    else:
        said.append(_("Contributions are {ratio} times as comprehensive as random orders, and reach {share} % of what trying out every step (greedy) reaches.").format(ratio=f"{found.ratio:.1f}", share=f"{100 * ours / best:.0f}"))
    if ours <= control:
        said.append(_("They are no better than chance: do not read their order as importance."))
    said.append(
        _("The sum of all contributions differs from the model's own forward pass by at most {whole} logits; with triples taken out, the sum differs from a forward pass without them by at most {part}.").format(
            whole=f"{found.additivity_error:.0e}", part=f"{found.removal_error:.0e}"
        )
    )
    if found.paraphrase is not None:
        words = _("Other names of the same entities ({texts} texts; triples of the same links count the same by construction, the text's share is free to move): {moves}")
        said.append(words.format(texts=found.paraphrase.texts, moves=_moves(found.paraphrase)))
    if found.exchange is not None:
        words = _("Names of other entities, which should move it ({texts} texts): {moves}")
        said.append(words.format(texts=found.exchange.texts, moves=_moves(found.exchange)))
    said.append(_("It is a statement about the explanation, not about the truth: a wrong answer from a wrong graph can be explained faithfully. To take out means to mask; nothing is trained or weighted anew."))
    return said


def _moves(some: Stability) -> str:
    correlation = "–" if some.correlation is None else _number(some.correlation)
    words = _("rank correlation of the triples {correlation}; same links in {links} %, same answer in {answers} % of the texts; the text's share of {share} % moves by {moved} ± {spread} points.")
    return words.format(
        correlation=correlation, links=f"{100 * some.same_links:.0f}", answers=f"{100 * some.same_answer:.0f}", share=f"{100 * some.share:.0f}", moved=f"{100 * some.moved_share:.1f}",
        spread=f"{100 * some.moved_share_spread:.1f}",
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _score(score: Score) -> str:
    return f"{_number(score.mean)} ± {_number(score.spread)}"
