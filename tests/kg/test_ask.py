"""Questions to a graph: read-only, ended when time is up, with examples and templates that fit, and paths that are the shortest."""

import socket

import igraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.kg.ask import examples, names, paths, query, routes
from fedviz.kg.ask.templates import TEMPLATES
from fedviz.kg.store import folder, oxi
from fedviz.kg.store.change import change
from fedviz.kg.store.memory import BROADER, DEFINITIONS, LABELS, SYNONYMS
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import OWL, RDF, Statement, entity, literal, relation

IS_A = BROADER[0]
TREATS = relation("treats")
E = {key: entity(key) for key in ("eye", "lens", "cataract", "nuclear", "drug", "drop")}
ROWS = (
    *(Statement(E[a], IS_A, E[b]) for a, b in (("lens", "eye"), ("cataract", "lens"), ("nuclear", "cataract"))),
    Statement(E["drug"], TREATS, E["cataract"]), Statement(E["drop"], TREATS, E["cataract"]), Statement(E["drop"], TREATS, E["lens"]),
    *(Statement(term, LABELS[0], literal(key.title(), "en")) for key, term in E.items()), Statement(E["cataract"], SYNONYMS[0], literal("cloudy lens")),
    Statement(E["cataract"], DEFINITIONS[0], literal("A lens that is cloudy.")),
)  # fmt: skip
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o . ?p ?q ?r . ?s ?t ?u . ?v ?w ?x }"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEDVIZ_HOME", str(tmp_path_factory.mktemp("home")))
        folder.create("small", "Small")
        with change("small", "Said") as under_way:
            under_way.add(under_way.new_source(SourceInfo(key="", title="Book", reader="hand")).key, [(row, None) for row in ROWS])
        yield GraphStore("small")


@pytest.fixture(scope="module")
def refusing():
    """The address of a port of this machine that refuses everybody: whoever comes gets another error than ours."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


ASKS_OUTSIDE = (
    "SELECT * { SERVICE % }", "SELECT * { service silent % }", "SELECT * { SeRvIcE% }", "ASK { SERVICE % }", "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE % }", "DESCRIBE ?s { SERVICE % }",
    "SELECT * { \\u0053ERVICE % }", "SELECT * { SERVI\\U00000043E % }", "SELECT * { ?a ent:p\\#x ?b . SERVICE % }", "SELECT * { ?a <x:p> 1SERVICE % }", "SELECT * { #c\rSERVICE % }",
    "SELECT * { # it's\nSERVICE % }", "SELECT * { FILTER(1<2)SERVICE % FILTER(3>2) }", "SELECT * { ?a ?b 'x\\'' . SERVICE % }", "SELECT * { ?a ?b '''x'y''' . SERVICE % }",
    'SELECT * { ?a ?b "\\\\" . SERVICE % }', "SELECT * { ?a ?b <urn:a#> . SERVICE % }", "SELECT * { FILTER EXISTS { SERVICE % } }", "SELECT * { { SELECT * { SERVICE % } } }",
    "SELECT * { OPTIONAL{SERVICE?x{?s ?p ?o}} BIND(<urn:x> AS ?x) }", "SELECT * { ?a ?b \"\\u0022 . SERVICE % #\\u0022\" }", "SELECT * { ?a ?b '\\u0027} #' . SERVICE % }",
    "PREFIX SERVICE: <urn:s:> SELECT * { ?s SERVICE:x ?o . SERVICE % }", "SELECT * { \u017fERVICE % }", "SELECT * { GRAPH ?g { SERVICE % } }", "SELECT * { ?a ?b ?c MINUS{SERVICE % } }",
)  # fmt: skip


def test_nobody_outside_is_asked_however_it_is_spelt(refusing):
    store = oxi.in_memory()
    oxi.insert(store, [ROWS[0]], "urn:g")
    for form in ASKS_OUTSIDE:
        try:
            answer = oxi.ask(store, form.replace("%", f"<{refusing}> {{ ?s ?p ?o }}"), ["urn:g"])
            rows = list(answer.rows) if answer.statements is None else list(answer.statements)
        except InputError:
            continue
        assert rows == [], form


@pytest.mark.parametrize("word", [form for form in ASKS_OUTSIDE if form.startswith(("SELECT * { SERVICE", "SELECT * { service", "ASK", "SELECT * { ?a <x:p> 1", "SELECT * { ?a ent:"))])
def test_a_service_is_refused_with_a_sentence(word):
    with pytest.raises(InputError, match="asks nobody outside"):
        oxi.ask(oxi.in_memory(), word.replace("%", "<http://127.0.0.1:9/> { ?s ?p ?o }"), [])


@pytest.mark.parametrize("text", [
    'SELECT ("SERVICE <x> {" AS ?service) { } # SERVICE <http://x> {}', "SELECT * { ?s <http://service.org/SERVICE> ?o }", "SELECT * { ?s ent:service ?o . ?s ent:a-SERVICE ?o }",
    "PREFIX service: <http://a/> SELECT * { ?s service:x ?o }", "SELECT * { ?s ?p 'a\\u0020service' }", "SELECT * { _:service ?p 'x'@en-service }",
])  # fmt: skip
def test_the_word_alone_is_no_offence(text):
    list(oxi.ask(oxi.in_memory(), text, []).rows)


@pytest.mark.parametrize(("text", "line"), [("SELECT ?x\nWHERE { ?x ?y }", 2), ("SELECT * { ?s ?p # service\n }", 2), ("SELECT 'service' { ?s ?p ?o }", 1), ("", 1), ("INSERT DATA { <a:a> <a:b> <a:c> }", 1)])
def test_an_error_is_found_at_its_place(store, text, line):
    with pytest.raises(oxi.QuerySyntaxError) as wrong:
        query.run(store, text)
    assert wrong.value.fault.line == line and wrong.value.fault.column >= 1


def test_answers_come_with_their_limits_and_times(store):
    found = query.run(store, f"SELECT ?x {{ {E['nuclear']} rdfs:subClassOf+ ?x }} ORDER BY ?x")
    assert found.rows == ((E["cataract"],), (E["eye"],), (E["lens"],)) and found.variables == ("x",) and not found.truncated
    assert 0 < found.elapsed_s < found.waited_s
    assert query.run(store, "SELECT * { ?s ?p ?o }", query.Limits(rows=3)).truncated
    assert query.run(store, "ASK { ?s rel:treats ?o }").holds is True
    made = query.run(store, "CONSTRUCT { ?o rel:treated_by ?s } WHERE { ?s rel:treats ?o }").statements
    assert Statement(E["lens"], relation("treated_by"), E["drop"]) in made and len(made) == 3
    assert query.run(store, "SELECT (CONCAT('a','b') AS ?x) (1/0 AS ?no) {}").rows == (('"ab"', None),)
    long = query.run(store, f'SELECT ("{"x" * 5000}" AS ?x) {{}}').rows[0][0]
    assert len(long) < 2100 and long.endswith('…"')


def test_a_question_that_takes_too_long_is_ended_and_the_next_is_answered(store):
    with pytest.raises(InputError, match="took longer than 0.2 s"):
        query.run(store, CROSS, query.Limits(timeout_s=0.2))
    assert query.run(store, "ASK {}").holds is True


def test_a_query_sees_what_is_active_alone(store):
    assert query.run(store, "ASK FROM <urn:fedviz:source:other> { ?s rel:treats ?o }").holds is True, "the graph decides what is asked, not FROM"
    (row,) = query.run(store, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").rows
    assert row[0].startswith("<urn:fedviz:source:")


def test_every_example_is_answered(store):
    made = examples.examples(store)
    assert len(made) >= 8
    for example in made:
        found = query.run(store, example.sparql)
        assert found.rows or found.statements or "rules" in example.title, example.title


def test_templates_answer_what_they_say(store):
    def asked(name, **filled):
        found = query.run(store, TEMPLATES[name].sparql(filled))
        return set(found.statements) if found.statements is not None else [dict(zip(found.variables, row, strict=True)) for row in found.rows]

    def things(name, **filled):
        return {row["thing"] for row in asked(name, **filled)}

    assert {(row["relation"], row["name"]) for row in asked("what", first=E["cataract"])} >= {(IS_A, '"Lens"@en'), (DEFINITIONS[0], None)}
    assert things("kinds", first=E["eye"]) == {E["lens"], E["cataract"], E["nuclear"]}
    assert things("above", first=E["cataract"]) == {E["lens"], E["eye"]}
    assert things("common", first=E["drug"], second=E["drop"]) == {E["cataract"]} and E["eye"] in things("common", first=E["lens"], second=E["nuclear"])
    assert things("which", first=E["cataract"], second=E["lens"], relation=TREATS) == {E["drop"]}
    assert things("has", first=E["cataract"], relation=TREATS) == {E["drug"], E["drop"]}
    assert asked("most", relation=TREATS)[0] == {"thing": E["cataract"], "name": '"Cataract"@en', "count": '"2"^^<http://www.w3.org/2001/XMLSchema#integer>'}
    assert asked("connected", first=E["drug"], second=E["drop"]) == {ROWS[3], ROWS[4]} and asked("connected", first=E["drug"], second=E["lens"]) == {ROWS[3], ROWS[1]}
    with pytest.raises(InputError, match="must be filled"):
        TEMPLATES["kinds"].sparql({})


def test_a_name_means_one_thing_or_a_sentence(store):
    assert names.resolve(store, "Cataract") == names.resolve(store, "cloudy lens") == names.resolve(store, "cataract") == E["cataract"]
    assert names.resolve(store, "treats", "relation") == TREATS and names.resolve(store, "rdfs:subClassOf", "relation") == IS_A
    for words, kind in (("unicorn", "entity"), ("<urn:no>", "entity"), ("eats", "relation")):
        with pytest.raises(InputError, match="has no"):
            names.resolve(store, words, kind)
    assert names.names(store, [E["lens"], TREATS, "<urn:x>"]) == {E["lens"]: "Lens", TREATS: "treats", "<urn:x>": "urn:x"}


def test_paths_go_by_the_relations_that_are_chosen(store):
    found = paths.find(store, E["drug"], E["eye"])
    assert found[0] == (ROWS[3], ROWS[1], ROWS[0]) and all(len(path) >= 3 for path in found) and len(found) == 2
    assert paths.words(found[0], {term: key for key, term in E.items()} | {TREATS: "treats", IS_A: "is_a"}, E["drug"]) == "drug —treats→ cataract —is_a→ lens —is_a→ eye"
    assert paths.find(store, E["drug"], E["drop"], relations=(TREATS,)) == ((ROWS[3], ROWS[4]),)
    assert paths.find(store, E["eye"], E["nuclear"], paths.PathOptions(directed=True)) == ()
    with pytest.raises(InputError, match="Nothing leads"):
        paths.find(store, E["eye"], E["drug"], relations=(IS_A,))
    with pytest.raises(InputError, match="both are the same"):
        paths.find(store, E["eye"], E["eye"])


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from((IS_A, TREATS)), st.integers(0, 6)), min_size=1, max_size=14), st.integers(1, 6), st.booleans())
@settings(max_examples=25, deadline=None)
def test_paths_are_simple_connected_and_the_shortest(edges, count, directed):
    rows = [Statement(entity(str(a)), name, entity(str(b))) for a, name, b in edges] + [Statement(entity("0"), f"<{RDF}type>", f"<{OWL}Class>")]
    store = oxi.in_memory()
    oxi.insert(store, rows, "urn:g")
    start, end = entity(str(edges[0][0])), entity(str(edges[-1][2]))
    try:
        found = routes.shortest(store, ["urn:g"], start, end, count, None, directed)
    except InputError:
        return
    plain = igraph.Graph(directed=directed)
    plain.add_vertices(7)
    plain.add_edges({(a, b) for a, _name, b in edges if a != b})
    plain.simplify()
    wanted = sorted(len(path) - 1 for path in plain.get_all_simple_paths(edges[0][0], edges[-1][2], mode="out" if directed else "all"))[:count]
    assert [len(path) for path in found] == wanted
    for path in found:
        here, seen = start, [start]
        for step in path:
            assert Statement(*step) in rows and (step[0] == here if directed else here in (step[0], step[2]))
            here = step[2] if step[0] == here else step[0]
            seen.append(here)
        assert here == end and len(set(seen)) == len(seen)
