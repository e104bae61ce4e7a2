"""The page *Leakage*: a sentence, and what the server could read of it in the update of the client that holds it."""

from typing import TYPE_CHECKING

import streamlit as st

from fedviz.core.errors import FedvizError
from fedviz.core.i18n import N_, _
from fedviz.ui import leakage_ground as ground
from fedviz.ui import leakage_results, provenance
from fedviz.ui import leakage_words as words
from fedviz.ui.text import clean, plain

if TYPE_CHECKING:
    from fedviz.federation.leakage.sight import Setting
    from fedviz.federation.leakage.study import Score

_TUNINGS = {"full": N_("every weight"), "lora": N_("LoRA and head"), "head": N_("head")}
_SECURE = {"": N_("off"), "masked": N_("on: the client's message"), "sum": N_("on: the sum of eight clients")}
UNCLIPPED = -1.0
_NOISES = (UNCLIPPED, 0.0, 0.001, 0.003, 0.01, 0.1, 1.0)


def show() -> None:
    """The page."""
    st.title(_("Leakage"))
    st.markdown(
        _(
            "In federated learning texts stay with the client, and updates travel. What do updates tell? Here a client trains the pretrained MiniLM on your sentence, "
            "and an attacker who is the server, and knows the model, tries to read it from what it receives. Your sentence stays in this process; nothing of it is stored or sent."
        )
    )
    lacking = provenance.missing(ground.CONFIG)
    if lacking:
        provenance.offer(lacking)
    else:
        _study()
    leakage_results.show()


@st.fragment
def _study() -> None:
    """The sentence, the setting, and what is read."""
    left, right = st.columns([0.42, 0.58], gap="large")
    with left:
        typed, label, setting = _asked()
    with right:
        st.subheader(_("What the server reads"), anchor="what-the-server-reads")
        try:
            text = ground.text_of(typed)
            with st.spinner(_("Training the client and attacking its update")):
                found = ground.attacked(text, label, setting)
        except FedvizError as error:
            st.warning(plain(error))
            return
        _read(text, label, setting, found)
    _defences(text, label)


def _asked() -> "tuple[str, int, Setting]":
    """The form: sentence, label, training and protection."""
    from fedviz.federation.leakage.defences import CLIP
    from fedviz.federation.leakage.sight import Setting

    data = ground.data()
    key = "leakage-text"
    if key not in st.session_state:
        st.session_state[key] = data.samples[0]

    def take() -> None:
        if st.session_state["leakage-sample"] is not None:
            st.session_state[key] = data.samples[st.session_state["leakage-sample"]]

    st.selectbox(
        _("Try one of these"), range(len(data.samples)), index=None, key="leakage-sample", on_change=take,
        format_func=lambda number: clean(data.samples[number], 80), placeholder=_("Choose a text, or type your own below"),
    )  # fmt: skip
    st.session_state[key] = st.session_state[key]
    typed = st.text_area(_("Your sentence"), key=key, height=90, help=_("At most {count} tokens, which are words or parts of words.").format(count=ground.MOST_TOKENS))
    label = st.selectbox(_("Its label"), range(len(data.classes)), format_func=lambda index: clean(data.classes[index]), key="leakage-label")
    tuning = st.segmented_control(_("What is trained"), list(_TUNINGS), format_func=lambda name: _(_TUNINGS[name]), default="full", required=True, key="leakage-tuning")
    columns = st.columns(2)
    batch = columns[0].selectbox(_("Texts of the client"), (1, 4, 16), key="leakage-batch", help=_("The others are texts of the scenario."))
    steps = columns[1].selectbox(_("Local steps"), (1, 5, 20), key="leakage-steps")
    noise = st.selectbox(_("Clipping and noise"), _NOISES, format_func=_noise_word, key="leakage-noise-choice", help=_("The client shortens its update and adds noise before it sends it (local differential privacy). The noise multiplier is the noise on each number in clip norms."))
    secure = st.selectbox(_("Secure aggregation"), list(_SECURE), format_func=lambda name: _(_SECURE[name]), key="leakage-secure")
    first = st.checkbox(_("First round: the head is still zero"), key="leakage-first", help=_("Otherwise the head was trained on ten texts of each class, as after some rounds."))
    setting = Setting(tuning, batch, steps, clip=CLIP if noise >= 0 else 0.0, noise=max(noise, 0.0), secure=secure, first=first)
    return typed, label, setting


def _noise_word(noise: float) -> str:
    if noise < 0:
        return _("none")
    return _("clipped, noise multiplier {noise}").format(noise=f"{noise:g}") if noise else _("clipped, without noise")


def _read(text: str, label: int, setting: "Setting", found: ground.Attacked) -> None:
    """Words in their places, words without one, the label, and the place among candidates."""
    from fedviz.federation.leakage.sight import epsilon
    from fedviz.models.minilm import pieces

    truth, reading, score, data = ground.tokens_of(text), found.reading, found.score, ground.data()
    with st.container(border=True, key="leakage-read"):
        if reading.order:
            st.markdown(words.in_order(_placed(reading.order, truth)))
        rest = [token for token in reading.words if token not in reading.order and token not in (truth[0], truth[-1])]
        if rest:
            st.markdown(_("Words without a place:") + " " + words.loose(zip(pieces(rest), [token in truth for token in rest], strict=True)))
        if not reading.words:
            st.markdown(_("No word can be read."))
    st.caption(_("Marked: right. Struck: wrong, or a word of other texts. {gap}: nothing read at this place.").format(gap=words.GAP))
    st.markdown(_summary(score, setting))
    right = _("right") if score.labels == 1 else _("wrong") if setting.batch == 1 and setting.secure != "sum" else _("{share} % of the labels are right").format(share=f"{100 * score.labels:.0f}")
    st.markdown(_("**Labels read:** {labels} ({verdict}).").format(labels=words.labels(reading.labels.tolist(), data.classes), verdict=right))
    st.markdown(
        _("**A suspicion tested:** among {count} sentences that a server might suspect, yours fits the update as number {place}.").format(count=found.candidates, place=found.place)
    )
    spent = epsilon(setting.noise) if setting.noise else None
    if spent is not None:
        st.caption(_("This one update spends epsilon {epsilon} at delta 0.00001, counted for replacing everything the client holds.").format(epsilon=f"{spent:,.0f}" if spent >= 10 else f"{spent:.1f}"))
    if setting.secure == "sum":
        st.caption(_("The sum shows the words of all eight clients together, and not whose they are."))
    _search(text, label, setting)


def _placed(order: tuple[int, ...], truth: tuple[int, ...]) -> list[tuple[str, bool]]:
    """Pieces by place without the signs that begin and end a text, each with whether it is right."""
    from fedviz.models.minilm import pieces

    names = pieces([max(token, 0) for token in order])
    both = [("" if token < 0 else name, place < len(truth) and token == truth[place], token) for place, (token, name) in enumerate(zip(order, names, strict=True))]
    return [(name, right) for name, right, token in both if token not in (truth[0], truth[-1])]


def _summary(score: "Score", setting: "Setting") -> str:
    """How much of the words is read."""
    if setting.tuning != "full":
        return _("**Words:** the embeddings are frozen and no row of them travels, so that none is read off. The head's gradient still holds the sentence's vector.")
    if score.exact:
        return _("**Words:** the whole sentence, word for word.")
    return _("**Words:** {recall} % of the sentence's words; {precision} % of the words read are the sentence's; {placed} % of the places are right.").format(
        recall=f"{100 * score.recall:.0f}", precision=f"{100 * score.precision:.0f}", placed=f"{100 * score.placed:.0f}"
    )


def _search(text: str, label: int, setting: "Setting") -> None:
    """The search where no rows travel, at a click."""
    from fedviz.models.minilm import pieces

    if setting.tuning == "full" or setting.batch > 1 or setting.secure or setting.first:
        return
    truth = ground.tokens_of(text)
    if len(truth) > ground.SEARCHED_TOKENS:
        st.caption(_("A sentence of at most {count} tokens can be searched for by optimisation; this one has {have}.").format(count=ground.SEARCHED_TOKENS, have=len(truth)))
        return
    if st.button(_("Search for words that fit the gradients (about 20 seconds)"), key="leakage-search"):
        with st.spinner(_("Searching")):
            guess, recall = ground.searched(text, label, setting)
        inner = guess.tokens[1:-1]
        st.markdown(words.loose(zip(pieces(inner), [token in truth for token in inner], strict=True)))
        st.caption(_("{share} % of the words, in any order; the attacker was told how many there are. Another sentence's gradients find some common words, too: see the measured figures below.").format(share=f"{100 * recall:.0f}"))


def _defences(text: str, label: int) -> None:
    """The same sentence under every defence, at a click."""
    st.subheader(_("Before and after each defence"), anchor="defences")
    st.markdown(_("The same sentence under each setting alone. All of them take about half a minute."))
    if not st.button(_("Attack this sentence under every defence"), key="leakage-all"):
        return
    from fedviz.federation.leakage.defences import DEFENCES

    bar, rows = st.progress(0.0), []
    for number, defence in enumerate(DEFENCES):
        bar.progress(number / len(DEFENCES), text=_(defence.title))
        rows.append(ground.attacked(text, label, defence.setting))
    bar.empty()
    st.dataframe(
        {
            _("Defence"): [_(defence.title) for defence in DEFENCES],
            _("Words read, %"): [round(100 * row.score.recall) for row in rows],
            _("True of what is read, %"): [round(100 * row.score.precision) for row in rows],
            _("Places right, %"): [round(100 * row.score.placed) for row in rows],
            _("Exact order"): [_("yes") if row.score.exact else _("no") for row in rows],
            _("Labels, %"): [round(100 * row.score.labels) for row in rows],
            _("Fits as number"): [row.place for row in rows],
        },
        hide_index=True,
        height="content",
    )
    st.caption(_("Fits as number: the sentence's place among {count} that a server might suspect; 1 means recognised.").format(count=rows[0].candidates))
