"""Rules: the fixed point is the closure, every conclusion has a proof that holds, and taking a premise back equals deriving from scratch."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.kg.reason import derive, proof, support
from fedviz.kg.reason.engine import Closure, Limits, Watch, needed
from fedviz.kg.reason.rules import BUILT_IN, Pattern, Rule, read, transitive
from fedviz.kg.store import folder
from fedviz.kg.store.change import Cancelled, change
from fedviz.kg.store.memory import BROADER, TYPE
from fedviz.kg.store.oxi import QuerySyntaxError
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import OWL, RDF, RDFS, Statement, entity, literal, relation

IS_A = BROADER[0]
P, Q, R = relation("p"), relation("q"), relation("r")
CLASH = Rule(name="both", title="", head=Pattern("?x", R, "?y"), body=(Pattern("?x", P, "?y"), Pattern("?y", Q, "?x")))
RULES = (transitive(P, "", "reach"), Rule(name="up", title="", head=Pattern("?x", P, "?y"), body=(Pattern("?x", Q, "?y"),)), CLASH, BUILT_IN["symmetric"])
EDGES = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from((P, Q)), st.sampled_from("abcd")), max_size=9, unique=True)
SYMMETRIC = Statement(Q, TYPE, f"<{OWL}SymmetricProperty>")


def said(rows):
    return [Statement(entity(head), name, entity(tail)) for head, name, tail in rows]


def closure_of(rows, rules=RULES, blocked=()):
    made = Closure(rules, blocked)
    made.give(rows)
    made.run()
    return made


def by_force(rows, blocked=frozenset()):
    """The same rules as loops over pairs, until nothing changes."""
    held = set(rows)
    while True:
        pairs = {name: {(row.subject, row.object) for row in held if row.predicate == name} for name in (P, Q)}
        new = {Statement(a, P, c) for a, b in pairs[P] for d, c in pairs[P] if b == d} | {Statement(a, P, b) for a, b in pairs[Q]}
        new |= {Statement(a, R, b) for a, b in pairs[P] if (b, a) in pairs[Q]}
        if SYMMETRIC in held:
            new |= {Statement(b, Q, a) for a, b in pairs[Q]}
        if new - blocked <= held:
            return held
        held |= new - blocked


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    return tmp_path


def graph(rows, name="small", **about):
    folder.create(name)
    with change(name, "Said") as under_way:
        key = under_way.new_source(SourceInfo(key="", title="Book", reader="hand", **about)).key
        under_way.add(key, [(row, None) for row in rows])
    return GraphStore(name)


@given(EDGES, st.booleans())
@settings(max_examples=15, deadline=None)
def test_the_fixed_point_is_the_closure_and_every_proof_holds(edges, symmetric):
    rows = said(edges) + [SYMMETRIC] * symmetric
    made = closure_of(rows)
    assert set(rows) | made.proofs.keys() == by_force(rows)
    earlier = set(rows)
    for row, proofs in made.proofs.items():
        assert row not in earlier and set(proofs[0].premises) <= earlier
        assert all(set(entry.premises) <= set(rows) | made.proofs.keys() for entry in proofs)
        earlier.add(row)


@given(EDGES)
@settings(max_examples=15, deadline=None)
def test_deriving_from_a_closure_adds_nothing(edges):
    rows = said(edges)
    again = closure_of([*rows, *closure_of(rows).proofs])
    assert again.proofs == {} and again.rounds == 1


@pytest.mark.slow
@given(EDGES.filter(bool), st.booleans(), st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_taking_a_premise_back_equals_deriving_from_scratch(tmp_path_factory, edges, symmetric, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEDVIZ_HOME", str(tmp_path_factory.mktemp("home")))
        rows = said(edges) + [SYMMETRIC] * symmetric
        store = graph(rows)
        derive.derive("small", RULES)
        for _time in range(2):
            held = sorted(store.match())
            gone = data.draw(st.sampled_from(held)) if held else None
            if gone is None:
                break
            support.reject("small", [gone])
            refused = frozenset(store.match(statuses=("rejected",)))
            after = set(store.match())
            assert after == by_force(set(rows) - refused, refused)
            assert derive.rule_set(store).given == derive.state(store), "what was taken back leaves nothing to derive"
            for row in store.match(statuses=("derived",)):
                assert {step.statement for step in proof.proof(store, row)} <= after


def test_a_conclusion_with_another_proof_stays_and_one_without_goes(home):
    rows = said([("a", P, "b"), ("b", P, "d"), ("a", P, "c"), ("c", P, "d"), ("d", P, "e")])
    store = graph(rows)
    derive.derive("small", RULES[:1])
    settled = support.reject("small", [rows[0]])
    assert settled.retracted == () and store.status(said([("a", P, "d")])[0]) == "derived"
    settled = support.reject("small", [rows[2]])
    assert set(settled.retracted) == set(said([("a", P, "d"), ("a", P, "e")]))
    support.restore("small", [rows[2]])
    assert set(store.match()) == by_force(set(rows) - {rows[0]}, {rows[0]})


@pytest.mark.slow
def test_two_conclusions_that_only_prove_each_other_fall_together(home):
    back = Rule(name="back", title="", head=Pattern("?x", Q, "?y"), body=(Pattern("?x", P, "?y"),))
    store = graph(said([("a", R, "b")]))
    start = Rule(name="start", title="", head=Pattern("?x", P, "?y"), body=(Pattern("?x", R, "?y"),))
    derive.derive("small", (start, back, RULES[1]))
    assert len(list(store.match())) == 3
    support.reject("small", said([("a", R, "b")]))
    assert list(store.match()) == []


def test_what_was_rejected_by_hand_is_not_derived_again(home):
    rows = said([("a", P, "b"), ("b", P, "c"), ("c", P, "d")])
    store = graph(rows)
    derive.derive("small", RULES[:1])
    wrong = said([("a", P, "c")])[0]
    support.reject("small", [wrong])
    derive.derive("small", RULES[:1])
    assert store.status(wrong) == "rejected" and store.status(said([("a", P, "d")])[0]) == "derived", "a-d has the way over b-d too"


def test_a_proof_ends_at_sources_and_is_as_sure_as_its_least_sure_premise(home):
    store = graph(said([("a", P, "b"), ("b", P, "c")]), confidence=0.9)
    with change("small", "Less sure") as under_way:
        key = under_way.new_source(SourceInfo(key="", title="Note", reader="hand")).key
        row = said([("c", P, "d")])[0]
        under_way.add(key, [(row, Evidence(source="", status="asserted", method="pattern", confidence=0.4, sentence="c, a p of d"))])
    derive.derive("small", RULES[:1])
    goal = said([("a", P, "d")])[0]
    steps = proof.proof(store, goal)
    assert steps[-1].statement == goal and steps[-1].rule == "reach"
    assert {source for step in steps for source in step.sources} == {"Book", "Note"}
    assert all(max(step.premises, default=-1) < number for number, step in enumerate(steps))
    assert {entry.confidence for entry in store.evidence(goal)} == {0.4} and store.evidence(said([("a", P, "c")])[0])[0].confidence == 0.9
    with pytest.raises(InputError, match="does not say"):
        proof.proof(store, said([("d", P, "a")])[0])


def test_the_standard_rules_say_what_rdfs_and_owl_say():
    schema = [
        Statement(P, f"<{RDFS}subPropertyOf>", Q), Statement(Q, f"<{RDFS}domain>", entity("D")), Statement(P, f"<{RDFS}range>", entity("E")),
        Statement(entity("E"), f"<{RDFS}subClassOf>", entity("F")), Statement(P, f"<{OWL}inverseOf>", R), Statement(relation("s"), f"<{OWL}propertyChainAxiom>", entity("l1")),
        Statement(entity("l1"), f"<{RDF}first>", P), Statement(entity("l1"), f"<{RDF}rest>", entity("l2")), Statement(entity("l2"), f"<{RDF}first>", Q),
        Statement(entity("l2"), f"<{RDF}rest>", f"<{RDF}nil>"), Statement(R, TYPE, f"<{OWL}TransitiveProperty>"),
    ]  # fmt: skip
    facts = [*said([("a", P, "b"), ("b", Q, "c"), ("c", P, "a")]), Statement(entity("a"), P, literal("text"))]
    made = set(closure_of([*schema, *facts], [rule for rule in BUILT_IN.values() if rule.name != "organ-system"]).proofs)
    wanted = [
        *said([("a", Q, "b"), ("b", R, "a"), ("a", R, "c"), ("b", R, "c"), ("a", relation("s"), "c")]),
        Statement(entity("a"), TYPE, entity("D")), Statement(entity("b"), TYPE, entity("E")), Statement(entity("b"), TYPE, entity("F")), Statement(entity("a"), Q, literal("text")),
    ]  # fmt: skip
    assert set(wanted) <= made and not any(row.subject.startswith('"') for row in made)


def test_organ_systems_are_the_children_of_the_root_that_a_source_names():
    root = "<http://purl.obolibrary.org/obo/HP_0000118>"
    rows = [Statement(entity(a), IS_A, entity(b) if b else root) for a, b in (("eye", ""), ("lens", "eye"), ("cataract", "lens"))]
    made = closure_of(rows, [BUILT_IN["is-a"], BUILT_IN["organ-system"]])
    assert {row.subject for row in made.proofs if row.predicate == relation("of_organ_system")} == {entity("lens"), entity("cataract")}
    assert {row.object for row in made.proofs if row.predicate == relation("of_organ_system")} == {entity("eye")}


def test_a_rule_of_ones_own_is_read_and_followed():
    (sibling,) = read("PREFIX x: <urn:x:>\nCONSTRUCT { ?a x:sibling ?b } # why\nWHERE { ?a rdfs:subClassOf ?c . ?b rdfs:subClassOf ?c FILTER(?a != ?b) }", "own")
    made = closure_of([Statement(entity(a), IS_A, entity("t")) for a in "ab"], [sibling])
    assert set(made.proofs) == {Statement(entity("a"), "<urn:x:sibling>", entity("b")), Statement(entity("b"), "<urn:x:sibling>", entity("a"))}
    assert needed([sibling]) == tuple(sorted((IS_A, "<urn:x:sibling>")))
    assert len(read("CONSTRUCT { ?a a ?b . ?b fv:has ?a } WHERE { GRAPH fv:given { ?a rel:of ?b } }", "two")) == 2


@pytest.mark.parametrize("text", [
    "SELECT * { ?a ?b ?c }", "CONSTRUCT { ?a ?b ?z } WHERE { ?a ?b ?c }", "CONSTRUCT { ?a rel:x ?c } WHERE { OPTIONAL { ?a rel:y ?c } }", "CONSTRUCT { } WHERE { ?a ?b ?c }",
    "CONSTRUCT { ?a rel:x ?c } WHERE { SERVICE <http://x> { ?a rel:y ?c } }", "CONSTRUCT { ?a rel:x ?c } WHERE { GRAPH <urn:other> { ?a rel:y ?c } }",
    "CONSTRUCT { ?a rel:x ?b } WHERE { ?a rel:y/rel:z ?b }", "CONSTRUCT { ?a rel:x ?b } WHERE { ?a rel:y ?b } LIMIT 1",
])  # fmt: skip
def test_what_is_no_rule_is_one_sentence(text):
    with pytest.raises(InputError, match="no rule"):
        read(text, "own")
    with pytest.raises(QuerySyntaxError) as wrong:
        read("CONSTRUCT { ?a rel:x ?b }\nWHERE { ?a rel:y }", "own")
    assert wrong.value.fault.line == 2


def test_a_limit_or_a_cancel_leaves_the_graph_as_it_was(home):
    store = graph(said([(a, P, b) for a, b in zip("abcdefg", "bcdefgh", strict=True)]))
    before = store.info
    with pytest.raises(InputError, match="more than 5 statements"):
        derive.derive("small", RULES[:1], Watch(Limits(derived=5)))
    with pytest.raises(InputError, match="longer than"):
        derive.derive("small", RULES[:1], Watch(Limits(time_s=1e-9)))
    with pytest.raises(Cancelled):
        derive.derive("small", RULES[:1], Watch(cancelled=lambda: True))
    with pytest.raises(InputError, match="At least one rule"):
        derive.derive("small", [])
    assert store.info == before and derive.rule_set(store) is None and derive.refresh("small") is None


@pytest.mark.slow
def test_what_a_later_import_adds_is_derived_by_the_same_rules(home):
    store = graph(said([("a", P, "b")]))
    derive.derive("small", RULES[:1])
    assert derive.refresh("small") is None
    with change("small", "More") as under_way:
        under_way.add(store.info.sources[0].key, [(said([("b", P, "c")])[0], None)])
    assert derive.refresh("small").count == 1 and store.status(said([("a", P, "c")])[0]) == "derived"
    derive.forget("small")
    assert set(store.match()) == set(said([("a", P, "b"), ("b", P, "c")]))


def test_usual_rules_are_those_that_the_graph_begins_to_fulfil(home):
    rows = [Statement(entity("a"), IS_A, entity("b")), Statement(P, f"<{RDFS}range>", entity("b"))]
    assert derive.usual(graph(rows)) == ("is-a", "range")


@pytest.mark.slow
def test_owl_2_rl_concludes_without_proofs(home):
    from fedviz.kg.reason import owl

    same = f"<{OWL}sameAs>"
    store = graph([Statement(entity("a"), same, entity("b")), *said([("a", P, "c")]), Statement(P, f"<{OWL}inverseOf>", Q)])
    owl.derive("small")
    assert {Statement(entity("b"), P, entity("c")), Statement(entity("c"), Q, entity("a"))} <= set(store.match(statuses=("derived",)))
    assert not any(row.subject == row.object for row in store.match(statuses=("derived",)))
    assert proof.proof(store, said([("b", P, "c")])[0])[0].sources == ("OWL 2 RL",)
    owl.derive("small")
    assert [source.title for source in store.info.sources] == ["Book", "OWL 2 RL"]


@pytest.mark.slow
@given(EDGES.filter(bool), st.booleans(), st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_conclusions_follow_whatever_becomes_of_their_premises(tmp_path_factory, edges, symmetric, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEDVIZ_HOME", str(tmp_path_factory.mktemp("home")))
        rows = said(edges) + [SYMMETRIC] * symmetric
        store = graph(rows)
        derive.derive("small", RULES)
        key = store.info.sources[0].key
        for _time in range(3):
            before = support.current("small")
            assert before is not None
            changed = data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=3))
            status = data.draw(st.sampled_from(["asserted", "disputed", "rejected"]))
            with change("small", "x") as write:
                write.set_status(key, changed, status)
            support.follow("small", before, changed)
            refused = derive.blocked(store)
            assert set(store.match(statuses=("asserted", "derived"))) == by_force(set(store.match(statuses=("asserted",))), refused)
