"""The story of a graph that several parties built: at home, what left and what did not, the fused graph, who contradicts whom, who gained what."""

import streamlit as st

from fedviz.charts.together import FATES, fates_record, fates_spec, fused_picture
from fedviz.core.i18n import N_, _
from fedviz.runs import together
from fedviz.runs.together import FusedRow, PartyStory, Story
from fedviz.ui import figure, graph_component, kg_together_accuracy
from fedviz.ui.labels import label
from fedviz.ui.sentences import called
from fedviz.ui.text import clean, plain, size

_ROWS = 200
_STEPS = {
    "query.together_offer": N_("Offer: tags, no names"),
    "query.together_blind": N_("Blind the others' points"),
    "query.together_release": N_("Release: triples in clear"),
    "query.together_fused": N_("The fused graph"),
}
_WAYS = {"sent": N_("from the party"), "received": N_("to the party")}


def show(story: Story) -> None:
    """All chapters."""
    _summary(story)
    _homes(story)
    st.subheader(_("What is shared, what is held back"), anchor="shared")
    figure.show(fates_spec(fates_record(story)), "kg-together-fates", _("Triples of each party by what became of them; the table below says the same"))
    st.dataframe(
        {_("Party"): [clean(called(party.name)) for party in story.parties]}
        | {_(words): [party.fates.get(fate, 0) for party in story.parties] for fate, words in FATES.items() if any(fate in party.fates for party in story.parties)},
        hide_index=True,
    )
    _left(story)
    _fused(story)
    _contradictions(story)
    _gains(story)
    kg_together_accuracy.show(story)


def _summary(story: Story) -> None:
    options = story.options
    home = len({(row.head, row.relation, row.tail) for party in story.parties for row in party.rows})
    columns = st.columns(4)
    columns[0].metric(_("Triples in all parties' graphs"), f"{home:,}")
    columns[1].metric(_("In the fused graph"), f"{len(story.fused):,}")
    columns[2].metric(_("Disputed"), f"{sum(row.disputed for row in story.fused):,}")
    columns[3].metric(_("Held by several parties"), f"{sum(len(row.parties) > 1 for row in story.fused):,}" if options["rule"] != "private" else _("not told"))
    words = [_("Rule: {rule}.").format(rule=label(options["rule"]))]
    if options["rule"] == "parties":
        words.append(_("At least {count} parties must hold a triple.").format(count=options["least"]))
    if options["rule"] == "private":
        words.append(_(
            "Of each unit ({unit}) at most {most} triples count; a noisy count of {threshold} and more is released. What is given out about one unit is bounded by epsilon {epsilon} at delta {delta}; "
            "who holds a released triple is not given out, since that has no noise. The server itself sees exact counts, under tags that it cannot read."
        ).format(unit=label(options["unit"]), most=options["most"], threshold=story.threshold, epsilon=options["epsilon"], delta=options["delta"]))
    if options["rule"] != "consent":
        words.append(_KEYED() if options["alignment"] == "keyed" else _BLINDED())
    st.markdown(plain(" ".join(words), 2000))
    st.caption(_("The fused graph lies in the store as {graph}, digest {digest}: one source for each party, so that Sources and Explore show it too. It is a demonstration on one machine, where keys and noise follow from the seed.").format(graph=plain(story.graph), digest=plain(story.digest)))


def _KEYED() -> str:  # noqa: N802 - a constant in the viewer's language
    return _("Names are compared as HMAC under a key that the server lacks. If the key leaks, whoever has it can test every name of a dictionary against the tags.")


def _BLINDED() -> str:  # noqa: N802
    return _("Names are compared as points that every party has multiplied by a secret of its own (Diffie-Hellman private set intersection): to test a guess one needs the secrets of all parties.")


def _homes(story: Story) -> None:
    st.subheader(_("At home"), anchor="at-home")
    st.caption(_("Each party's own graph, with how many of its texts say a triple. In a deployment each party sees its own alone; this page can show all, since they live on this machine."))
    for start in range(0, len(story.parties), 2):
        for column, party in zip(st.columns(2, gap="medium"), story.parties[start : start + 2], strict=False):
            with column.container(border=True):
                st.markdown(f"**{plain(called(party.name))}**")
                st.caption(_("{texts} texts, {triples} triples").format(texts=f"{party.texts:,}", triples=f"{len(party.rows):,}"))
                _table(party)


def _table(party: PartyStory) -> None:
    rows = party.rows[:_ROWS]
    st.dataframe(
        {
            _("Texts"): [row.support for row in rows],
            _("What became of it"): [_(FATES[row.fate]) for row in rows],
            _("Triple"): [f"{clean(row.head, 60)} — {clean(row.relation)} — {clean(row.tail, 60)}" for row in rows],
        },
        hide_index=True, height=min(38 + 35 * len(rows), 212), key=f"kg-together-home-{party.client}",
    )  # fmt: skip


def _left(story: Story) -> None:
    party = st.selectbox(
        _("What left"), story.parties, format_func=lambda party: clean(called(party.name)), key="kg-together-left",
        help=_("Every message between this party and the server, as the books of the construction have it."),
    )
    contents, passed = together.book(story.id)
    known = {content.id: content for content in contents}
    rows = [(known[row.content], row) for row in passed if row.client == party.client and row.content in known]
    st.dataframe(
        {
            _("Direction"): [_(_WAYS[content.direction]) for content, _row in rows],
            _("Message"): [_(_STEPS.get(content.message, content.message)) for content, _row in rows],
            _("What is in it"): [", ".join(f"{entry.name} {entry.type} {' × '.join(map(str, entry.shape))}".strip() for entry in content.entries) or _("nothing") for content, _row in rows],
            _("Messages"): [row.messages for _content, row in rows],
            _("Bytes"): [size(row.bytes) for _content, row in rows],
        },
        hide_index=True,
    )  # fmt: skip
    if party.tags:
        st.caption(_("So a tag looks to the server (the first ones of this party): {tags}").format(tags=plain(", ".join(party.tags))))
    shared = [row for row in party.rows if row.fate == "released"]
    st.caption(_("In clear this party sent {count} of its {every} triples, with their names and without a sentence; they come first in its table above.").format(count=f"{len(shared):,}", every=f"{len(party.rows):,}"))


def _fused(story: Story) -> None:
    st.subheader(_("The fused graph"), anchor="fused")
    if not story.fused:
        st.info(_("Nothing was released. With few parties or a small epsilon that is what the rule does; loosen it, or let fewer triples of a unit count."))
        return
    graph, record = fused_picture(story)
    names = [called(party.name) for party in story.parties]
    about = _("Fused graph, {count} entities; the table below says the same").format(count=len(record.nodes))
    graph_component.show(record, "kg-together-picture", f"{story.id}/{graph.digest}", about, parties=names)
    words = [_("{shown} of {every} entities are drawn.").format(shown=len(record.nodes), every=len(graph.entities))]
    if story.options["rule"] != "private":
        words.append(_("A triple has one line in the colour of each party that holds it."))
    st.caption(" ".join(words))
    st.dataframe(
        {
            _("Head"): [clean(row.head_name, 60) for row in story.fused],
            _("Relation"): [clean(row.relation) for row in story.fused],
            _("Tail"): [clean(row.tail_name, 60) for row in story.fused],
            _("Parties"): [_who(row, names) for row in story.fused],
            _("Status"): [_("disputed") if row.disputed else _("asserted") for row in story.fused],
        },
        hide_index=True, height=min(38 + 35 * len(story.fused), 300), key="kg-together-fused",
    )  # fmt: skip


def _who(row: FusedRow, names: list[str]) -> str:
    return ", ".join(clean(names[party], 40) for party in row.parties) or _("noisy count {count}").format(count=row.count)


def _contradictions(story: Story) -> None:
    st.subheader(_("Who contradicts whom"), anchor="contradictions")
    found = story.contradictions()
    if not found:
        st.markdown(_("No two triples of the fused graph contradict each other on a functional relation."))
        return
    names = [called(party.name) for party in story.parties]
    st.caption(_("A functional relation has one object for each subject. Where parties differ all triples stay, as disputed; Fuse settles them."))
    rows = [(subject, relation, row) for subject, relation, choices in found for row in choices]
    st.dataframe(
        {
            _("Subject"): [clean(subject, 60) for subject, _relation, _row in rows],
            _("Relation"): [clean(relation) for _subject, relation, _row in rows],
            _("Object"): [clean(row.tail_name, 60) for *_rest, row in rows],
            _("Says who"): [_who(row, names) for *_rest, row in rows],
        },
        hide_index=True, height=min(38 + 35 * len(rows), 320),
    )  # fmt: skip


def _gains(story: Story) -> None:
    st.subheader(_("What each party gained"), anchor="gains")
    st.caption(_("Worked out at each party, in no message: triples that its own graph lacks; entities new to its graph that its own texts name; and for how many of its test texts some entity points to a class, before and after."))
    parties = story.parties
    st.dataframe(
        {
            _("Party"): [clean(called(party.name)) for party in parties],
            _("New triples"): [party.new_triples for party in parties],
            _("New entities in its texts"): [party.new_entities for party in parties],
            _("Test texts"): [party.test_texts for party in parties],
            _("Pointed to a class by its own graph"): [party.known_before for party in parties],
            _("And by the fused one"): [party.known_after for party in parties],
        },
        hide_index=True,
    )  # fmt: skip
