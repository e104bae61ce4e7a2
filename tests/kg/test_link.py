"""Linking: against a naive linker that does what the words say, and in the places where linkers go wrong."""

from hypothesis import given
from hypothesis import strategies as st

from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.kg.link import Linker, surface_forms
from fedviz.kg.surface import fold


def graph_of(names):
    """One entity a name: e0, e1 ..."""
    return KnowledgeGraph("g", "s", {f"e{number}": Entity(f"e{number}", name) for number, name in enumerate(names)}, ())


def naive(graph, text):
    """All names at all places; the longest first, of equally long ones the leftmost; none that touches a word or another."""
    forms, folded, found = surface_forms(graph), fold(text), []
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            runs_on = (start and folded[start - 1].isalnum() and folded[start].isalnum()) or (
                end < len(text) and folded[end].isalnum() and folded[end - 1].isalnum()
            )
            if folded[start:end] in forms and not runs_on:
                found.append((start, end, forms[folded[start:end]]))
    kept = []
    for item in sorted(found, key=lambda item: (item[0] - item[1], item[0])):
        if all(item[1] <= other[0] or item[0] >= other[1] for other in kept):
            kept.append(item)
    return sorted(kept)


@given(st.lists(st.text("ab -'", min_size=1, max_size=6), min_size=1, max_size=8), st.text("aAbB -'\n", max_size=40))
def test_linker_does_what_a_naive_one_does(names, text):
    graph = graph_of(names)
    assert [(mention.start, mention.end, mention.entity) for mention in Linker(graph).link(text)] == naive(graph, text)


@given(st.lists(st.text("心肺炎a1", min_size=1, max_size=4), min_size=1, max_size=8), st.text("心肺炎aA1、。", max_size=30))
def test_chinese_names_may_begin_and_end_anywhere_and_latin_words_stay_whole(names, text):
    graph, latin = graph_of(names), "aA1"
    forms, folded, found = surface_forms(graph), fold(text), []
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            cut = any(0 < place < len(text) and text[place - 1] in latin and text[place] in latin for place in (start, end))
            if folded[start:end] in forms and not cut:
                found.append((start, end, forms[folded[start:end]]))
    kept = []
    for item in sorted(found, key=lambda item: (item[0] - item[1], item[0])):
        if all(item[1] <= other[0] or item[0] >= other[1] for other in kept):
            kept.append(item)
    assert [(mention.start, mention.end, mention.entity) for mention in Linker(graph).link(text)] == sorted(kept)


def test_the_longest_chinese_name_wins_in_a_sentence():
    linker = Linker(graph_of(["肺炎", "反复肺炎", "血IgE升高", "IgE", "主动脉瘤", "升主动脉瘤", "近视"]))
    found = [mention.surface for mention in linker.link("患者，男性，34岁，因反复肺炎和升主动脉瘤就诊。血ige升高，IgE5正常，另有肺炎史及高度近视。")]
    assert found == ["反复肺炎", "升主动脉瘤", "血ige升高", "肺炎", "近视"]


@given(st.text(max_size=60), st.text(max_size=20))
def test_mentions_lie_where_they_say(text, name):
    linker = Linker(graph_of(["a", "lens", name]))
    ends = 0
    for mention in linker.link(text + " lens " + name):
        assert (text + " lens " + name)[mention.start : mention.end] == mention.surface
        assert ends <= mention.start < mention.end
        assert (mention.score, mention.method) == (1.0, "exact")
        ends = mention.end


@given(st.text(max_size=200))
def test_folding_keeps_every_position(text):
    assert len(fold(text)) == len(text)


def test_longest_match_wins_over_an_earlier_shorter_one():
    graph = graph_of(["low platelet", "platelet count decreased", "count"])
    assert [mention.surface for mention in Linker(graph).link("Low platelet count decreased")] == ["platelet count decreased"]


def test_words_are_whole_and_case_does_not_count():
    linker = Linker(graph_of(["Seizure", "rash"]))
    assert [mention.surface for mention in linker.link("SEIZURE, crash; rash.")] == ["SEIZURE", "rash"]
    assert linker.link("seizures") == ()


def test_line_breaks_and_typographic_apostrophes_are_spaces_and_apostrophes():
    linker = Linker(graph_of(["Crohn's disease"]))
    assert [mention.surface for mention in linker.link("Crohn\u2019s\ndisease")] == ["Crohn\u2019s\ndisease"]


def test_a_preferred_name_wins_over_a_synonym():
    entities = {"a": Entity("a", "Deafness", ("cataract",)), "b": Entity("b", "Cataract")}
    assert Linker(KnowledgeGraph("g", "s", entities, ())).link("cataract")[0].entity == "b"


def test_letters_that_grow_when_lowered_do_not_move_positions():
    text = "\u0130\u0130\u0130 lens"
    (mention,) = Linker(graph_of(["lens"])).link(text)
    assert text[mention.start : mention.end] == "lens"


def test_a_graph_without_names_links_nothing():
    assert Linker(KnowledgeGraph("g", "s", {}, ())).link("anything") == ()


def test_many_texts_are_linked_like_one():
    linker = Linker(graph_of(["lens", "rash"]))
    texts = ["a lens", "", "rash and lens"]
    assert linker.link_many(texts) == tuple(linker.link(text) for text in texts)
