"""Fusion: the same things are found and merged reversibly, contradictions are found, settled and opened again, and nothing is destroyed."""

import random
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.bench import fuse_truth
from fedviz.core.errors import InputError
from fedviz.core.types import Triple
from fedviz.kg.fuse import block, compare, contradictions, merge, queue, settle, truth, values
from fedviz.kg.fuse.records import ResolveOptions
from fedviz.kg.fuse.resolve import resolve
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.kg.reason import derive
from fedviz.kg.reason.rules import Pattern, Rule
from fedviz.kg.store import folder, links, memory
from fedviz.kg.store.change import change
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import OWL, RDFS, SKOS, XSD, Statement, literal

LABEL, TYPE, SUB = f"<{RDFS}label>", memory.TYPE, memory.BROADER[0]
BORN, WEIGHT = "<urn:r:birthDate>", "<urn:r:weight>"


def e(name):
    return f"<urn:e:{name}>"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    folder.create("g", "G")
    return GraphStore("g")


def add(*sources):
    """Sources (title, statements, day) as one change; their keys."""
    keys = []
    with change("g", "imports") as write:
        for title, rows, *day in sources:
            keys.append(write.new_source(SourceInfo(key="", title=title, reader="hand", date=day[0] if day else "2026-01-01")).key)
            write.add(keys[-1], [(row, Evidence(source="", status="asserted", method="file", confidence=1.0, sentence=f"{title} says so")) for row in rows])
    return keys


def names(**pairs):
    return [Statement(e(key), LABEL, literal(name)) for key, name in pairs.items()]


def graph(*items, triples=()):
    return KnowledgeGraph("test", "tests", {key: Entity(key, *known) for key, *known in items}, tuple(Triple(*triple) for triple in triples))


def test_spelling_is_found_and_what_has_no_counterpart_is_not():
    ours = graph(("a", "Chronic kidney disease"), ("b", "Fracture of the femur"), ("c", "Heart failure"))
    theirs = graph(("x", "Chronic kidney diseases"), ("y", "femur fracture"), ("z", "Quantum chromodynamics"))
    best = {}
    for pair in resolve(ours, theirs, ResolveOptions(least=0)):
        best.setdefault(pair.right, pair)
    assert best["x"].left == "a" and best["y"].left == "b" and best["x"].names == ("Chronic kidney disease", "Chronic kidney diseases")
    assert "z" not in best or best["z"].score < best["y"].score


def test_what_both_have_under_one_key_is_no_question_and_a_graph_has_no_doubles_of_itself():
    one = graph(("a", "Valve"), ("b", "Valves"), ("c", "Pump"))
    assert resolve(one, one, ResolveOptions(least=0)) and all(pair.left != pair.right for pair in resolve(one, one, ResolveOptions(least=0)))
    assert {frozenset((pair.left, pair.right)) for pair in resolve(one, one, ResolveOptions(least=0))} == {frozenset("ab")}
    assert resolve(one, graph(("a", "Valve")), ResolveOptions(least=0)) == ()


def test_neighbours_tell_namesakes_apart():
    ours = graph(("1", "Mercury"), ("2", "Mercury"), ("p", "Planet"), ("m", "Metal"), triples=[("1", IS_A, "p"), ("2", IS_A, "m")])
    theirs = graph(("x", "Mercury"), ("q", "Planet"), triples=[("x", IS_A, "q")])
    found = {(pair.left, pair.right): pair for pair in resolve(ours, theirs, ResolveOptions(least=0))}
    assert found["1", "x"].score > found["2", "x"].score
    assert found["1", "x"].parts["neighbours"] > found["2", "x"].parts["neighbours"]


@pytest.mark.parametrize(("one", "other", "told"), [
    ("left arm", "right arm", (0, 1, 0)), ("hyperglycemia", "hypoglycemia", (0, 1, 0)), ("type 1 diabetes", "type 2 diabetes", (1, 0, 0)), ("type ii", "type iv", (1, 0, 0)),
    ("glomerulosclerosis", "global glomerulosclerosis", (0, 0, 1)), ("fracture of the arm", "arm fracture", (0, 0, 0)), ("pain", "no pain", (0, 1, 1)),
])  # fmt: skip
def test_names_that_look_alike_and_are_not(one, other, told):
    assert compare.differences(one, other) == compare.differences(other, one) == told


@settings(max_examples=25)
@given(st.lists(st.text("abcdef ", min_size=1, max_size=12), min_size=1, max_size=8), st.lists(st.text("abcdef ", min_size=1, max_size=12), min_size=1, max_size=8))
def test_rows_of_letters_are_of_unit_length_and_equal_names_reach_one(left, right):
    first, second = block.letter_rows([block.normal(name) for name in left], [block.normal(name) for name in right])
    lengths = np.asarray(first.multiply(first).sum(axis=1)).ravel()
    assert (lengths < 1 + 1e-9).all() and first.shape[1] == second.shape[1]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")).filter(lambda pair: pair[0] != pair[1]), max_size=8), st.randoms())
def test_groups_of_links_know_no_order(pairs, shuffle):
    again = pairs[:]
    shuffle.shuffle(again)
    assert set(links.groups(pairs)) == set(links.groups(again))
    assert sorted(key for group in links.groups(pairs) for key in group) == sorted({key for pair in pairs for key in pair})


def test_a_merge_is_one_entity_in_memory_and_undone_without_a_trace(home):
    second = [*names(x="Acetylsalicylic acid", s="Salicylate"), Statement(e("x"), SUB, e("s"))]
    first, _second = add(("first", [*names(a="Aspirin", p="Pain"), Statement(e("a"), "<urn:r:treats>", e("p"))]), ("second", second))
    rows, before = set(home.match(sources=(first,))), memory.in_memory(home)
    queue.answer(home, e("a"), e("x"), "same")
    merged = memory.in_memory(home)
    assert merged.entities["urn:e:a"].synonyms == ("Aspirin",) or merged.entities["urn:e:a"].synonyms == ("Acetylsalicylic acid",)
    assert "urn:e:x" not in merged.entities and Triple("urn:e:a", IS_A, "urn:e:s") in merged.triples and Triple("urn:e:a", "treats", "urn:e:p") in merged.triples
    assert set(home.match(sources=(first,))) == rows
    assert merge.undo("g", e("a"), e("x")) == 1
    assert memory.in_memory(home).digest == before.digest and merge.decided(home) == {}
    (kept,) = home.evidence(merge.link(e("a"), e("x"), "same"))
    assert kept.status == "rejected" and kept.sentence == "aspirin \u2194 acetylsalicylic acid"
    with pytest.raises(InputError, match="Nothing was decided"):
        merge.undo("g", e("a"), e("x"))


def test_a_second_answer_replaces_the_first(home):
    add(("first", names(a="Aspirin", b="Aspirin protect")))
    for verdict in ("different", "same"):
        queue.answer(home, e("a"), e("b"), verdict)
        assert merge.decided(home) == {(e("a"), e("b")): verdict}
    queue.answer(home, e("b"), e("a"), "same")
    assert merge.decided(home) == {(e("b"), e("a")): "same"} and links.canonical(home) == {e("a"): e("b")}
    with pytest.raises(InputError, match="A pair has two things"):
        queue.answer(home, e("a"), e("a"), "same")


def test_what_was_decided_holds_for_the_next_import_under_new_keys(home):
    _first, second = add(("first", names(a="Aspirin", k="Valve 12")), ("second", names(x="Aspirins", y="Valve 12b")))
    found = queue.search("g", ResolveOptions(automatic=1, least=0, meaning=False))
    assert found.merged == 0 and {(pair.left, pair.right) for pair in queue.waiting(home)} >= {(e("a"), e("x")), (e("k"), e("y"))}
    queue.answer(home, e("a"), e("x"), "same")
    queue.answer(home, e("k"), e("y"), "different")
    with change("g", "gone") as write:
        write.remove_source(second)
    add(("second again", names(new1="Aspirins", new2="Valve 12b")))
    assert queue.search("g", ResolveOptions(automatic=1, least=0, meaning=False)).remembered == 2
    assert merge.decided(home)[e("a"), e("new1")] == "same" and merge.decided(home)[e("k"), e("new2")] == "different"
    assert all({pair.left, pair.right} != {e("a"), e("new1")} for pair in queue.waiting(home))


def test_a_pair_of_classes_that_exclude_each_other_is_never_merged_by_score(home):
    first = [*names(a="Mercury"), Statement(e("a"), TYPE, e("Planet")), Statement(e("Planet"), f"<{OWL}disjointWith>", e("Metal"))]
    add(("first", first), ("second", [*names(x="Mercury"), Statement(e("x"), TYPE, e("Alloy")), Statement(e("Alloy"), SUB, e("Metal"))]))
    found = queue.search("g", ResolveOptions(automatic=0.5, meaning=False, least=0))
    assert found.merged == 0 and queue.waiting(home)[0].score > 0.9 and {(pair.left, pair.right) for pair in queue.waiting(home)} >= {(e("a"), e("x"))}


def test_keys_with_numbers_are_no_names():
    numbered = graph(("wd:Q42", "wd:Q42"), ("http://x/Chronic_pain", "Chronic pain"), ("Valve 12", "Valve 12"), ("HP:0001", "HP:0001", ("Ataxia",)))
    assert compare.side(numbered).shown == (("Ataxia",), ("Valve 12",), ("Chronic pain",))


def people(count, **answers):
    return [Statement(e(f"p{number}"), BORN, literal(answers.get(f"p{number}", f"19{number:02d}-01-01"), datatype=f"{XSD}date")) for number in range(count)]


def test_several_answers_are_found_settled_by_majority_and_opened_again(home):
    keys = add(("one", people(12)), ("two", people(12)), ("three", people(12, p3="1999-09-09"), "2026-05-05"))
    before = home.digest
    (found,) = contradictions.find(home)
    assert found.kind == "functional" and found.subject == e("p3") and [len(claim.sources) for claim in found.claims] == [2, 1]
    (majority,) = settle.plan(home, [found], "majority")
    assert [(move.source, move.old, move.new) for move in majority.moves] == [(keys[2], "asserted", "rejected")]
    assert home.digest == before, "a plan changes nothing"
    assert settle.apply("g", [majority]) == 1 and contradictions.find(home) == ()
    loser = majority.moves[0].statement
    assert home.status(loser) == "rejected" and home.evidence(loser)[0].sentence == "three says so"
    assert [one.key for one in contradictions.settled(home)] == [found.key]
    settle.restore("g", contradictions.settled(home))
    assert home.digest == before and [one.key for one in contradictions.find(home)] == [found.key]
    (newest,) = settle.plan(home, [found], "recency")
    assert newest.winners != majority.winners
    with pytest.raises(InputError, match="majority, trust, recency"):
        settle.plan(home, [found], "dice")


def test_where_nothing_decides_both_are_disputed_and_still_seen(home):
    add(("one", people(12)), ("two", people(12, p3="1999-09-09")))
    plans = settle.plan(home, contradictions.find(home), "majority")
    assert plans[0].winners == () and settle.apply("g", plans) == 2
    (found,) = contradictions.find(home)
    assert {status for claim in found.claims for *_said, status in claim.said} == {"disputed"}


def test_a_persons_answer_outlives_the_next_import(home):
    add(("one", people(12)), ("two", people(12, p3="1999-09-09")))
    (found,) = contradictions.find(home)
    right = next(number for number, claim in enumerate(found.claims) if "1999" in claim.value)
    settle.apply("g", [settle.by_hand(found, [right])])
    assert contradictions.find(home) == () and settle.decided_before(home) == ()
    add(("three", people(12)), ("four", people(12)))
    (again,) = settle.decided_before(home)
    assert again.winners and {move.new for move in again.moves} == {"rejected"} and len(again.moves) == 2
    settle.apply("g", [again])
    assert contradictions.find(home) == ()
    settle.restore("g", contradictions.settled(home))
    assert len(contradictions.find(home)[0].claims) == 2 and settle.decided_before(home) == ()
    with pytest.raises(InputError, match="at most 1 may stand"):
        settle.by_hand(found, [0, 1])


def test_a_merge_brings_answers_together(home):
    add(("one", people(12)), ("two", [Statement(e("other"), BORN, literal("1888-08-08", datatype=f"{XSD}date"))]))
    assert contradictions.find(home) == ()
    queue.answer(home, e("p3"), e("other"), "same")
    (found,) = contradictions.find(home)
    assert found.subject == e("p3") and len(found.claims) == 2


def test_every_kind_of_contradiction_is_found(home):
    limit = [Statement(e("r"), f"<{OWL}onProperty>", "<urn:r:parent>"), Statement(e("r"), f"<{OWL}maxCardinality>", literal("2", datatype=f"{XSD}integer"))]
    parents = [Statement(e("kid"), "<urn:r:parent>", e(f"parent{number}")) for number in range(3)]
    apart = [Statement(e("Plant"), f"<{OWL}disjointWith>", e("Animal")), Statement(e("Dog"), SUB, e("Animal")), Statement(e("rex"), TYPE, e("Dog")), Statement(e("rex"), TYPE, e("Plant"))]
    ring = [Statement(e("c1"), SUB, e("c2")), Statement(e("c2"), SUB, e("c3")), Statement(e("c3"), SUB, e("c1")), Statement(e("c3"), SUB, e("top"))]
    heavy = [Statement(e(f"t{number}"), WEIGHT, literal(f"{number + 2} kg")) for number in range(8)] + [Statement(e("t9"), WEIGHT, literal("9 cm")), Statement(e("t10"), WEIGHT, literal("-3 kg"))]
    add(("all", [*limit, *parents, *apart, *ring, *heavy]))
    found = {(one.kind, one.subject) for one in contradictions.find(home)}
    assert found == {("cardinality", e("kid")), ("disjoint", e("rex")), ("cycle", e("c1")), ("unit", e("t9")), ("value", e("t10"))}
    cycle = next(one for one in contradictions.find(home) if one.kind == "cycle")
    assert len(cycle.claims) == 3 and cycle.allowed == 2
    settle.apply("g", [settle.by_hand(cycle, [0, 1])])
    assert not any(one.kind == "cycle" for one in contradictions.find(home))


@pytest.mark.parametrize(("one", "other", "same"), [
    ('"70 kg"', '"70000 g"', True), ('"70"', f'"70.0"^^<{XSD}double>', True), ('"70 kg"', '"70 cm"', False), ('"20 \u00b0C"', '"293.15 K"', True), ('"2020-01-02"', f'"2020-01-02T00:00:00Z"^^<{XSD}dateTime>', True),
    ('"A  b"', '"a B"', True), ('"a"@en', '"a"@de', False),
])  # fmt: skip
def test_what_means_the_same_is_one_answer(one, other, same):
    assert (values.meaning(one) == values.meaning(other)) is same


@pytest.mark.parametrize(("predicate", "term", "wrong"), [
    (BORN, f'"2024-02-31"^^<{XSD}date>', "must exist"), (BORN, f'"2024-02-29"^^<{XSD}date>', ""), (BORN, '"2999-01-01"', "in the future"), ("<urn:r:age>", '"140"', "at most 125"),
    ("<urn:r:age>", '"-1"', "negative"), ("<urn:r:count>", f'"many"^^<{XSD}integer>', "must be a number"), ("<urn:r:prevalence>", '"130 %"', "share"), ("<urn:r:temperature>", '"-300 C"', "absolute zero"),
    ("<urn:r:temperature>", '"-3 C"', ""), ("<urn:r:note>", '"-1"', ""), (BORN, "<urn:x>", ""),
])  # fmt: skip
def test_what_cannot_be(predicate, term, wrong):
    said = values.impossible(predicate, term, date(2026, 1, 1))
    assert wrong in said and bool(said) is bool(wrong)


def test_trust_beats_the_majority_where_the_majority_is_poor():
    found = [fuse_truth.settled("two good, four poor", seed) for seed in (1, 2)]
    assert all(one["trust and copying"] > one["majority"] + 0.03 and one["trust and copying"] <= one["known"] + 0.05 for one in found)


def test_copiers_are_found_and_count_once():
    found = fuse_truth.settled("two copiers of a poor party", 1)
    assert found["copiers found"] == 1.0 and found["trust and copying"] > found["majority"]
    held, _accuracy = fuse_truth.answers("two copiers of a poor party", 1)
    known = truth.discover(held)
    assert all(0 < value < 1 for value in known.trust.values()) and all(sum(shares.values()) <= 1 + 1e-9 for shares in known.beliefs.values())


def test_sources_that_agree_on_everything_true_do_not_copy():
    draw = random.Random(1)
    rows = [(source, f"q{number}", "right" if draw.random() < 0.9 else f"wrong {draw.randrange(9)}") for source in "abcd" for number in range(200)]
    known = truth.discover(truth.votes(rows))
    assert known.copying == () and min(known.trust.values()) > 0.8


def test_nothing_to_say_is_no_trouble(home):
    assert truth.discover(truth.votes([])).trust == {} and contradictions.find(home) == () and settle.trust(home).trust == {} and queue.waiting(home) == ()
    with pytest.raises(InputError, match="is empty"):
        queue.search("g")
    assert resolve(graph(("a", "x")), KnowledgeGraph("n", "n", {}, ())) == ()
    assert settle.apply("g", []) == 0 and merge.decide("g", [], {}) == 0


def test_a_link_of_a_vocabulary_is_a_statement_like_any_other(home):
    add(("vocabulary", [*names(a="A", b="B"), Statement(e("a"), f"<{SKOS}exactMatch>", e("b"))]))
    assert links.canonical(home) == {} and Triple("urn:e:a", "exactMatch", "urn:e:b") in memory.in_memory(home).triples


def test_what_followed_from_a_loser_goes_and_comes_back_with_it(home):
    """The rules' conclusions follow by themselves, and nothing is left to derive again."""
    noted = "<urn:fedviz:relation:noted>"
    add(("one", people(12)), ("two", people(12, p3="1999-09-09")))
    derive.derive("g", [Rule(name="noted", title="", head=Pattern("?x", noted, "?y"), body=(Pattern("?x", BORN, "?y"),))])
    (found,) = contradictions.find(home)
    settle.apply("g", [settle.by_hand(found, [0])])
    assert [row.object for row in home.match(e("p3"), noted)] == [found.claims[0].value] and derive.refresh("g") is None
    settle.restore("g", contradictions.settled(home))
    assert {row.object for row in home.match(e("p3"), noted)} == {claim.value for claim in found.claims} and derive.refresh("g") is None
    merge.decide("g", [(e("p3"), e("bob"), "same")], {})
    assert derive.refresh("g") is None, "no rule looks at decisions"
