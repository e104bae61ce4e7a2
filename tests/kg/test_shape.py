"""The schema check: shapes that are read safely, a starter set that fits the graph it was made from, and a report that says where."""

import pytest

from fedviz.core.errors import InputError
from fedviz.kg.shape.check import CheckOptions, check
from fedviz.kg.shape.starter import starter
from fedviz.kg.store import folder
from fedviz.kg.store.change import Cancelled, change
from fedviz.kg.store.memory import BROADER, LABELS
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, entity, literal

PREFIX = "@prefix sh: <http://www.w3.org/ns/shacl#> .\n@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
NAMES = PREFIX + '<urn:s> a sh:NodeShape ; sh:targetSubjectsOf skos:prefLabel ; sh:property [ sh:path skos:prefLabel ; sh:uniqueLang true ; sh:message "One name a language" ] .'


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    folder.create("small", "Small")
    rows = [Statement(entity(str(n)), LABELS[0], literal(f"name {n}", "en")) for n in range(20)]
    rows += [Statement(entity(str(n)), BROADER[0], entity("0")) for n in range(1, 20)]
    with change("small", "Said") as under_way:
        under_way.add(under_way.new_source(SourceInfo(key="", title="Book", reader="hand")).key, [(row, None) for row in rows])
    return GraphStore("small")


def test_shapes_that_cannot_be_used_are_one_sentence(store):
    for text, words in ((PREFIX + "<urn:s> a sh:NodeShape ; sh:path [", "error in line 3"), ("<urn:a> <urn:b> <urn:c> .", "holds no shape"), ("x" * 1_000_001, "at most 1,000,000 letters")):
        with pytest.raises(InputError, match=words):
            check(store, text)
    with pytest.raises(InputError, match="at most 10 statements"):
        check(store, NAMES, CheckOptions(statements=10))


def test_a_starter_set_says_what_is_usual(store):
    text = starter(store)
    assert f"sh:path {BROADER[0]} ; sh:nodeKind sh:IRI" in text and "sh:uniqueLang true" in text and "at most one is_a" in text


@pytest.mark.slow
def test_a_graph_fits_its_own_starter_set_until_something_unusual_comes(store):
    text = starter(store)
    assert check(store, text).conforms
    odd = [Statement(entity("3"), LABELS[0], literal("another", "en")), Statement(entity("4"), BROADER[0], literal("a text"))]
    with change("small", "Odd") as under_way:
        under_way.add(store.info.sources[0].key, [(row, None) for row in odd])
    report = check(store, text)
    assert not report.conforms and {one.focus for one in report.findings} == {entity("3"), entity("4")} and report.count == len(report.findings)
    named = next(one for one in report.findings if one.path == LABELS[0])
    assert named.message.startswith("A thing has one such name") and named.severity == "Violation" and named.constraint == "UniqueLangConstraintComponent"
    assert any(one.value == '"a text"' for one in report.findings)
    assert len(check(store, text, CheckOptions(results=1)).findings) == 1


@pytest.mark.slow
@pytest.mark.alone
def test_a_check_is_ended_in_time_cancelled_and_asks_nobody_outside(store):
    with pytest.raises(InputError, match="longer than 0.01 s"):
        check(store, NAMES, CheckOptions(time_s=0.01))
    with pytest.raises(Cancelled):
        check(store, NAMES, cancelled=lambda: True)
    for where in ("SERVICE <http://127.0.0.1:9/>", "GRAPH <http://127.0.0.1:9/>"):
        body = f'sh:sparql [ sh:message "m" ; sh:select "SELECT $this FROM <http://127.0.0.1:9/x> {{ {where} {{ $this ?p ?o }} }}" ]'
        try:
            assert check(store, PREFIX + f"<urn:s> a sh:NodeShape ; sh:targetSubjectsOf skos:prefLabel ; {body} .").count == 0
        except InputError as refused:
            assert "may reach outside" not in str(refused)
