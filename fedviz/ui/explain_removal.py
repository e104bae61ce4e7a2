"""Mask or rebuild: two meanings of taking a triple of the graph out, side by side, and the smallest set that changes the answer."""

from typing import Any

import numpy as np
import streamlit as st

from fedviz.charts.safe import signed
from fedviz.charts.waterfall import triple_label
from fedviz.core.errors import InputError
from fedviz.core.i18n import _
from fedviz.core.seeds import derive
from fedviz.core.types import Triple
from fedviz.explain.minimal import EXACT, smallest_set
from fedviz.explain.records import Explanation
from fedviz.explain.removal import Removal
from fedviz.models.predictor import Predictor
from fedviz.runs.folder import RunFolder
from fedviz.ui.text import clean, plain

ORDERS = (20, 40, 100)
_KEPT = 8
_MOST = 60


def show(folder: RunFolder, predictor: Predictor, asked: Any, after: Explanation) -> None:
    """`asked` is the page's `Question`. Strengths that were edited are set aside here: a triple is there, or it is not."""
    modes = {"mask": _("Mask"), "rebuild": _("Rebuild")}
    mode = st.segmented_control(_("What does removing a triple mean?"), list(modes), default="mask", key="explain-mode", format_func=modes.get) or "mask"
    if mode == "mask":
        st.markdown(
            _("**Mask**: the graph's weights and the trained model stay as they are; a summand goes when every path to it is broken. Exact: it is what a forward pass without these summands says.")
        )
    else:
        st.markdown(
            _("**Rebuild**: the graph is weighted anew as if it had never held the triple: how rare an entity is, and all norms, change for the rest. The trained matrix reads the new graph as it is; **nothing is trained again**, so this is still not the model that one would have without the triple.")
        )
    removal = _removal(predictor, asked)
    if not removal.triples:
        st.caption(_("This text depends on no triple of the graph."))
        return
    orders = st.select_slider(_("Orders for the Shapley values"), ORDERS, key="explain-orders", help=_("More orders make the standard error smaller and take longer."))
    if len(removal.triples) > _MOST:
        words = _("Shapley values are computed for at most {most} triples of a text, but this one depends on {count}.")
        raise InputError(words.format(most=_MOST, count=len(removal.triples)))
    with st.spinner(_("Removing triples in many orders"), show_time=True):
        weights = np.array(asked.contrast.weights(len(after.classes)))
        alone = removal.effects(mode) @ weights
        values, spread = removal.shapley(mode, orders, derive(0, "shapley"), weights)
    order = sorted(range(len(values)), key=lambda place: -abs(values[place]))
    st.dataframe(
        {
            _("Triple of the graph"): [clean(_words(predictor, removal.triples[place])) for place in order],
            _("removed alone"): [float(-alone[place]) for place in order],
            _("Shapley value"): [float(values[place]) for place in order],
            _("standard error"): [float(spread[place]) for place in order],
        },
        hide_index=True, key=f"explain-removal-{mode}",
        column_config={name: st.column_config.NumberColumn(format="%+.3f") for name in (_("removed alone"), _("Shapley value"))} | {_("standard error"): st.column_config.NumberColumn(format="%.4f")},
    )
    whole = float((removal.logits((), mode) - removal.logits(removal.triples, mode)) @ weights)
    st.caption(
        _(
            "For {name}. Triples of the graph do not simply add up, because paths share them{more}: “removed alone” is what the score changes by when this one goes and all others stay; "
            "the Shapley value is its fair share, the mean over {orders} orders of removal. Their sum is {sum}, what all of them together add ({whole})."
        ).format(
            name=plain(asked.contrast.name(after.classes)), more="" if mode == "mask" else _(" and because the rest is weighted anew"), orders=orders, sum=signed(float(values.sum()), 3), whole=signed(whole, 3)
        )
    )
    _smallest(predictor, removal, after)


def _smallest(predictor: Predictor, removal: Removal, after: Explanation) -> None:
    """The smallest set of the graph's triples, found by search and tried by a forward pass."""
    st.markdown("##### " + _("The smallest change that flips the answer"))
    with st.spinner(_("Searching for the smallest set"), show_time=True):
        found = smallest_set(removal)
    if not found.triples:
        if found.exact:
            st.markdown(_("No set of triples changes the answer by being masked, however large: that is proven, not searched."))
        else:
            st.markdown(_("No set was found that changes the answer; with {count} triples not all sets can be tried.").format(count=len(removal.triples)))
        return
    listed = "; ".join(f"“{plain(_words(predictor, triple))}”" for triple in found.triples)
    words = _("Masking {count} triples of the graph is enough: {triples}. Then {other} is ahead by {margin}.").format(
        count=len(found.triples), triples=listed, other=plain(after.classes[found.target]), margin=f"{found.margin:.2f}"
    )
    if found.exact:
        words += " " + _("No smaller set does: all were tried or ruled out.")
    else:
        words += " " + _("Found by greed among {count} triples (above {limit} not all sets are tried); no set of fewer than {least} can do it.").format(
            count=len(removal.triples), limit=EXACT, least=found.at_least
        )
    ran = plain(after.classes[found.ran])
    words += " " + (_("Tried by running the model without them: it answers {name}.").format(name=ran))
    st.markdown(words)


def _removal(predictor: Predictor, asked: Any) -> Removal:
    """The same object while text and model stay, since it remembers what it has computed."""
    kept: dict[Any, Removal] = st.session_state.setdefault("explain-removals", {})
    key = (asked.model, asked.text, asked.edits.added)
    if key not in kept:
        kept[key] = Removal(predictor, asked.text, asked.edits.added)
        while len(kept) > _KEPT:
            kept.pop(next(iter(kept)))
    return kept[key]


def _words(predictor: Predictor, triple: Triple) -> str:
    return triple_label(predictor.graph.entities[triple.head].name, triple.relation, predictor.graph.entities[triple.tail].name)
