"""Questions over several parties' graphs: the answer is the one over the union, and what moved is counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.federation.asking.app import PartyAway, asking_app
from fedviz.federation.asking.ask import ask, planned
from fedviz.federation.asking.party import Party, keyed_id
from fedviz.federation.asking.question import Pattern, question, read_question, sparql
from fedviz.federation.client_app import client_contexts
from fedviz.federation.grid import InProcessGrid
from fedviz.kg.store import oxi
from fedviz.kg.store.terms import Statement
from tests.contracts.wire import over_the_wire

KEY = b"the parties' key"
NODES = [f"<urn:n:{letter}>" for letter in "abcde"] + ['"v"@en']
LINKS = ["<urn:r:p>", "<urn:r:q>"]
TRIPLES = st.builds(Statement, st.sampled_from(NODES[:5]), st.sampled_from(LINKS), st.sampled_from(NODES))
GRAPHS = st.lists(st.lists(TRIPLES, max_size=12), min_size=1, max_size=3)
NAMES = st.sampled_from(["?x", "?y", "?z", "?w"])
PATTERNS = st.lists(st.builds(Pattern, NAMES | st.sampled_from(NODES[:5]), st.sampled_from(LINKS) | NAMES, NAMES | st.sampled_from(NODES)), min_size=1, max_size=4)


def over_union(asked, graphs):
    """The answer of SPARQL over one graph that holds everything."""
    store = oxi.in_memory()
    oxi.insert(store, {row for graph in graphs for row in graph}, "urn:g")
    return set(oxi.ask(store, sparql(asked), ["urn:g"]).rows)


@settings(max_examples=25, deadline=None)
@given(GRAPHS, PATTERNS)
def test_the_answer_is_the_one_over_the_union_and_every_row_is_proved(graphs, patterns):
    if not any(pattern.variables for pattern in patterns):
        return
    asked = question(patterns)
    found = ask(asked, [Party(str(number), graph, KEY) for number, graph in enumerate(graphs)])
    assert {tuple(cell.name for cell in row) for row in found.rows} == over_union(asked, graphs)
    assert len(set(found.rows)) == len(found.rows) == len(found.proofs)
    for row, proof in zip(found.rows, found.proofs, strict=True):
        value = dict(zip(found.variables, row, strict=True))
        for support in proof:
            triple = Statement(*(cell.name for cell in support.triple))
            assert support.parties and support.parties == tuple(k for k, graph in enumerate(graphs) if triple in graph)
            assert all(term == value[name].name for name, term in zip(patterns[support.pattern], triple, strict=True) if name in value)


def chain(parties=3, nodes=400):
    """A long chain a0 -> a1 -> ..., dealt in turn."""
    rows = [Statement(f"<urn:n:{k}>", "<urn:r:next>", f"<urn:n:{k + 1}>") for k in range(nodes)]
    return [Party(f"party {k}", rows[k::parties], KEY) for k in range(parties)]


def test_a_chain_over_all_parties_moves_little():
    asked = read_question("<urn:n:7> <urn:r:next> ?x\n?x <urn:r:next> ?y .\n?y <urn:r:next> ?z", ("?z",))
    found = ask(asked, chain())
    assert [row[0].name for row in found.rows] == ["<urn:n:10>"]
    assert [support.parties for support in found.proofs[0]] == [(1,), (2,), (0,)]
    assert found.share < 0.1 and found.moved == sum(map(sum, found.by_party(3)))


def test_parties_that_are_away_answer_the_same():
    """As a Flower app whose messages go over Flower's wire."""
    parties = chain(3, 30)
    asked = read_question("<urn:n:7> <urn:r:next> ?x\n?x <urn:r:next> ?y\n?a <urn:r:next> ?y")
    app = asking_app(parties)
    grid = InProcessGrid(lambda message, context: over_the_wire(app, message, context), client_contexts(3))
    assert ask(asked, [PartyAway(grid, number, party.name) for number, party in enumerate(parties)]) == ask(asked, parties)


def test_what_a_party_hides_stays_an_id_even_where_another_would_say_it():
    rows = [Statement("<urn:n:ann>", "<urn:r:has>", "<urn:n:flu>")]
    more = [Statement("<urn:n:ann>", "<urn:r:lives>", "<urn:n:here>")]
    found = ask(read_question("?who <urn:r:has> <urn:n:flu>\n?who <urn:r:lives> ?where"), [Party("a", rows, KEY, hidden={"<urn:n:ann>"}), Party("b", more, KEY)])
    ((who, where),) = found.rows
    assert who.name is None and who.id == keyed_id("<urn:n:ann>", KEY) and where.name == "<urn:n:here>"
    assert found.proofs[0][1].triple[0].name is None and found.proofs[0][1].parties == (1,)
    assert keyed_id("<urn:n:ann>", KEY) != keyed_id("<urn:n:ann>", b"another key")


def test_no_pattern_is_asked_in_vain():
    parties = [Party("a", [Statement("<urn:n:a>", "<urn:r:p>", "<urn:n:b>")], KEY), Party("b", [], KEY)]
    found = ask(read_question("?x <urn:r:p> ?y\n?y <urn:r:none> ?z"), parties)
    assert found.rows == () and {each.kind for each in found.said} == {"count"}


def test_patterns_that_hang_together_are_asked_one_after_the_other():
    patterns = [Pattern("?a", "<urn:r:p>", "?b"), Pattern("?c", "<urn:r:q>", "?d"), Pattern("?b", "<urn:r:p>", "?c")]
    assert planned(patterns, [1, 2, 50]) == (0, 2, 1)


@pytest.mark.parametrize(
    ("text", "select", "said"),
    [("", (), "1 to 12 patterns"), ("a b", (), "Line 1"), ("?x <urn:r:p> <urn:n:a> ?y", (), "Line 1"), ("<urn:a> <urn:b> <urn:c>", (), "variable"), ("?x ?y ?z", ("?w",), "?w")],
)
def test_a_question_that_is_none_is_told_in_a_sentence(text, select, said):
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        read_question(text, select)


def test_a_question_with_too_many_solutions_ends_in_a_sentence():
    with pytest.raises(InputError, match="narrower"):
        ask(read_question("?a ?b ?c\n?d ?e ?f"), chain(1, 30), rows=100)
