"""Graphs on disk: one change is one version or nothing, statuses destroy nothing, evidence says where a triple came from."""

import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError, UnknownNameError
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.kg.sources.load import import_file, import_graph
from fedviz.kg.store import folder, memory, oxi, terms
from fedviz.kg.store.change import Cancelled, Intake, change
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement

A = Statement("<urn:e:a>", "<urn:r:knows>", "<urn:e:b>")
B = Statement("<urn:e:b>", "<urn:r:knows>", "<urn:e:c>")
C = Statement("<urn:e:a>", "<urn:r:says>", '"line\\n \\"two\\""@en')
TEXT = st.text(max_size=30)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def graph(home):
    folder.create("small", "Small")
    return GraphStore("small")


def write_file(path, *statements):
    path.write_bytes(b"".join(row.line for row in statements))
    return path


def source(title="file", **known):
    return SourceInfo(key="", title=title, reader=known.pop("reader", "hand"), **known)


def test_a_file_becomes_a_source_whose_lines_are_known(graph, home):
    added = import_file("small", write_file(home / "x.nt", A, B, C))
    assert added.counts == {"asserted": 3} and added.origin == "x.nt" and len(added.sha256) == 64
    assert set(graph.match()) == {A, B, C}
    assert [graph.evidence(row)[0].line for row in (A, B, C)] == [1, 2, 3]
    assert graph.info.version.triples == 3 and graph.statistics().relations == (("urn:r:knows", 2), ("urn:r:says", 1))


def test_the_digest_knows_no_order_but_every_triple(home):
    digests = []
    for number, rows in enumerate(((A, B, C), (C, B, A, A), (A, B))):
        folder.create(f"g{number}")
        import_file(f"g{number}", write_file(home / "same.nt", *rows))
        digests.append(GraphStore(f"g{number}").digest)
    assert digests[0] == digests[1] != digests[2]


def test_what_is_no_statement_is_skipped_with_its_line_and_the_rest_stays(graph, home):
    path = home / "bad.nt"
    path.write_bytes(A.line + b"# a comment\n\nthis is no triple .\n<urn:e:x> <urn:r:\xff> <urn:e:y> .\r\n" + B.line + b'_:n1 <urn:r:p> "caf\\u00e9" .\n' + C.line[:10])
    added = import_file("small", path)
    assert added.skipped == 3 and [entry.line for entry in added.examples] == [4, 5, 8]
    said = set(graph.match())
    assert {A, B} < said and len(said) == 3
    (odd,) = said - {A, B}
    assert odd.object == '"café"' and odd.subject.startswith("<urn:fedviz:genid:") and graph.evidence(odd)[0].line == 7


def test_a_status_moves_and_moves_back_and_nothing_is_lost(graph, home):
    import_file("small", write_file(home / "x.nt", A, B, C))
    (key,) = (entry.key for entry in graph.info.sources)
    before = graph.digest
    with change("small", "Rejected one") as under_way:
        assert under_way.set_status(key, [A, A], "rejected") == 1
    assert set(graph.match()) == {B, C} and graph.status(A) == "rejected" and graph.evidence(A)[0].line == 1
    assert graph.digest != before and graph.info.version.triples == 2
    with change("small", "And back") as under_way:
        under_way.set_status(key, [A], "disputed")
        under_way.set_status(key, [A], "asserted")
    assert set(graph.match()) == {A, B, C} and graph.digest == before


def test_evidence_of_a_sentence_comes_back_as_it_was_told(graph):
    entry = Evidence(source="", status="asserted", method="pattern", confidence=0.75, party="Ward 3", sentence='He said "ache"\nand more', document="note 7")
    with change("small", "By hand") as under_way:
        key = under_way.new_source(source(method="pattern")).key
        under_way.add(key, [(A, entry), (A, entry.model_copy(update={"sentence": "Another."})), (B, None)])
    found = graph.evidence(A)
    assert {item.sentence for item in found} == {entry.sentence, "Another."}
    assert next(item for item in found if item.sentence == entry.sentence) == entry.model_copy(update={"source": key})
    assert graph.evidence(B)[0].confidence == 1.0


def test_a_change_that_fails_leaves_the_version_before(graph, home):
    import_file("small", write_file(home / "x.nt", A))
    before = graph.info
    with pytest.raises(ZeroDivisionError), change("small", "Fails") as under_way:
        key = under_way.new_source(source()).key
        under_way.add(key, [(B, None)])
        raise ZeroDivisionError
    assert graph.info == before and set(graph.match()) == {A}
    with pytest.raises(Cancelled):
        import_file("small", write_file(home / "y.nt", B), intake=Intake(cancelled=lambda: True))
    assert graph.info.sources == before.sources and set(graph.match()) == {A}


def test_a_reader_that_refuses_leaves_the_store_free_for_the_next_import(graph, home):
    (home / "x.csv").write_text("head,relation\n")
    refused = []
    for _again in range(2):
        with pytest.raises(InputError, match="no column") as kept:
            import_file("small", home / "x.csv")
        refused.append(kept)
    import_file("small", write_file(home / "x.nt", A))
    assert set(graph.match()) == {A}


@pytest.mark.slow
@pytest.mark.parametrize("object", ['"01"^^<http://www.w3.org/2001/XMLSchema#int>', '"+5.20"^^<http://www.w3.org/2001/XMLSchema#decimal>', '"x"@EN-gb', '"s"^^<http://www.w3.org/2001/XMLSchema#string>'])
def test_values_that_the_store_writes_otherwise_keep_their_line_and_digest(graph, home, object):
    row = Statement("<urn:e:a>", "<urn:r:p>", object)
    import_file("small", write_file(home / "x.nt", A, row))
    (held,) = set(graph.match()) - {A}
    assert graph.evidence(held)[0].line == graph.evidence(row)[0].line == 2
    before = graph.digest
    with pytest.raises(ZeroDivisionError), change("small", "Fails"):
        raise ZeroDivisionError
    with change("small", "By hand") as write:
        assert write.add(graph.info.sources[0].key, [(row, None), (held, None)]) == 0
        write.set_status(graph.info.sources[0].key, [row], "rejected")
        write.set_status(graph.info.sources[0].key, [row], "asserted")
    assert graph.digest == before and graph.info.version.triples == 2, "counted anew, it is the same"


@pytest.mark.slow
def test_a_killed_import_leaves_the_version_before(graph, home):
    import_file("small", write_file(home / "x.nt", A))
    before = graph.info
    code = (
        "from fedviz.kg.store.change import change; from fedviz.kg.store.records import SourceInfo; from fedviz.kg.store.terms import Statement; import time\n"
        "with change('small', 'Never ends') as w:\n"
        "    key = w.new_source(SourceInfo(key='', title='t', reader='hand')).key\n"
        "    w.add(key, [(Statement('<urn:x>', '<urn:y>', '<urn:z>'), None)])\n"
        "    w.set_status(w.info.sources[0].key, [Statement(*'<urn:e:a> <urn:r:knows> <urn:e:b>'.split())], 'rejected')\n"
        "    print('there', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout.readline() == b"there\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert graph.info == before
    import_file("small", write_file(home / "y.nt", B))
    held = {(row, status) for row, _key, status in graph.said(statuses=("asserted", "rejected"))}
    assert held == {(A, "rejected"), (B, "asserted")} and graph.info.version.triples == 1, "the next change counts what is really there"


@pytest.mark.slow
@pytest.mark.alone
def test_two_changes_at_a_time_are_refused(graph, monkeypatch):
    monkeypatch.setattr("fedviz.kg.store.store._WAIT_S", 0.05)
    start = time.monotonic()
    with change("small", "One"), pytest.raises(InputError, match="written by another"), change("small", "Two"):
        pass
    assert time.monotonic() - start < 30


def test_a_removed_source_takes_its_evidence_along(graph):
    with change("small", "Two sources") as under_way:
        one, two = (under_way.new_source(source(title)).key for title in ("one", "two"))
        for key in (one, two):
            under_way.add(key, [(A, Evidence(source="", status="asserted", method="hand", confidence=1, sentence=key))])
    assert {entry.sentence for entry in graph.evidence(A)} == {one, two}
    with change("small", "One less") as under_way:
        under_way.remove_source(one)
    assert [entry.sentence for entry in graph.evidence(A)] == [two] and [entry.key for entry in graph.info.sources] == [two]


def test_only_what_rules_derived_can_be_retracted(graph):
    with change("small", "Derived") as under_way:
        said, derived = under_way.new_source(source()).key, under_way.new_source(source(reader="rules")).key
        under_way.add(said, [(A, None)])
        under_way.add(derived, [(B, Evidence(source="", status="derived", method="transitive", confidence=1, premises=(A.line.decode(),)))], "derived")
    assert graph.status(B) == "derived" and graph.evidence(B)[0].premises == (A.line.decode(),)
    with change("small", "Retracted") as under_way:
        assert under_way.retract(derived, [A, B]) == 1
        with pytest.raises(InputError, match="reject it instead"):
            under_way.retract(said, [A])
    assert set(graph.match()) == {A}


def test_a_query_says_where_its_error_is_changes_nothing_and_asks_nobody(graph, home):
    import_file("small", write_file(home / "x.nt", A, B))
    answer = graph.ask("SELECT ?x { <urn:e:a> <urn:r:knows>/<urn:r:knows> ?x }")
    assert answer.variables == ("x",) and list(answer.rows) == [("<urn:e:c>",)]
    assert graph.ask("ASK { <urn:e:c> ?p ?o }").holds is False
    with pytest.raises(oxi.QuerySyntaxError) as wrong:
        graph.ask("SELECT ?x\nWHERE { ?x ?y }")
    assert wrong.value.fault.line == 2 and wrong.value.fault.column > 1
    with pytest.raises(oxi.QuerySyntaxError):
        graph.ask("DELETE WHERE { ?s ?p ?o }")
    for query in ("SELECT * { SERVICE <http://x> { ?s ?p ?o } }", "SELECT * { service silent ?x { ?s ?p ?o } }"):
        with pytest.raises(InputError, match="asks nobody outside"):
            graph.ask(query)
    assert list(graph.ask('SELECT ("SERVICE" AS ?service) { } # SERVICE').rows) == [('"SERVICE"',)]


@pytest.mark.parametrize("name", ["", "a/b", "..", "A", "x" * 41, "-a"])
def test_an_impossible_name_is_refused(home, name):
    with pytest.raises(InputError, match="lower-case"):
        folder.create(name)


def test_an_unknown_graph_names_the_known_ones(graph):
    with pytest.raises(UnknownNameError, match="small"):
        GraphStore("other")
    folder.delete("small")
    assert folder.list_graphs() == ()


@given(TEXT, TEXT, st.sampled_from(["", "en", "zh-cn"]))
@settings(max_examples=200)
def test_a_literal_says_what_it_was_told(text, other, language):
    term = terms.literal(text, language)
    line = Statement(terms.entity(other), terms.relation("r"), term).line
    again, reason = oxi.check_line(line)
    assert reason == "" and again is not None
    assert terms.language(term) == language and terms.value(term) == text.replace("\x00", "\ufffd")
    assert terms.value(again.decode()[:-3].split(" ", 2)[2]) == terms.value(term)
    assert terms.compact(terms.entity(other)) == " ".join(other.split()) or not other.strip()


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["part of", IS_A, "treats"]), st.sampled_from("abcde")), max_size=8), TEXT)
@settings(max_examples=100)
def test_a_graph_in_memory_survives_the_way_to_statements_and_back(rows, name):
    entities = {key: Entity(key, name.replace("\x00", "").strip() or key, (f"also {key}",), "what it is" if key < "c" else "", "entity" if key < "d" else "part") for key in "abcde"}
    graph = KnowledgeGraph("g", "s", entities, tuple(dict.fromkeys(Triple(head, relation.replace(" ", "_"), tail) for head, relation, tail in rows)))
    again = memory.graph_of(memory.statements_of(graph), "g", "s")
    assert again.digest == graph.digest


def test_a_graph_of_a_scenario_becomes_a_source(graph):
    small = KnowledgeGraph("s", "s", {"HP:0000001": Entity("HP:0000001", "All"), "HP:0000118": Entity("HP:0000118", "Abnormality", ("finding",))}, (Triple("HP:0000118", IS_A, "HP:0000001"),))
    import_graph("small", small, source())
    assert memory.in_memory(graph).digest == small.digest
    assert next(graph.match(None, memory.BROADER[0])).subject == "<http://purl.obolibrary.org/obo/HP_0000118>"


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=6) | st.characters(max_codepoint=0x7F, exclude_characters="\x00"))
def test_a_literal_is_written_as_the_store_gives_it_back(text):
    """Otherwise what is added by hand would have another digest than the same graph after an export."""
    row = Statement("<urn:a>", "<urn:r>", terms.literal(text))
    assert oxi.check_line(row.line) == (row.line, "")


def test_a_statement_that_a_source_says_again_after_its_rejection_counts_once(home):
    folder.create("twice")
    row = Statement("<urn:a>", "<urn:r>", "<urn:b>")
    with change("twice", "x") as write:
        key = write.new_source(SourceInfo(key="", title="x", reader="hand")).key
        for _time in range(2):
            write.add(key, [(row, None)])
            write.set_status(key, [row], "rejected")
    (source,) = GraphStore("twice").info.sources
    assert {status: count for status, count in source.counts.items() if count} == {"rejected": 1}
