"""Hostile files: whatever the bytes are, a reader ends, in bounded memory, with statements that the store takes and a reason for the rest."""

import bz2
import gzip
import io
import json
import resource
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedviz.charts.safe import line as shown
from fedviz.core.errors import FedvizError
from fedviz.core.registry import SOURCES
from fedviz.kg.sources import endpoint
from fedviz.kg.sources.load import import_file
from fedviz.kg.store import folder, memory
from fedviz.kg.store.change import Intake
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import value
from tests.kg import test_sources as samples
from tests.kg.reading import read

RDF_HEAD = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:e:"'
NT = b'<urn:a> <urn:p> <urn:b> .\n# c\n_:x <urn:p> "caf\\u00e9 \\"q\\""@en .\n<urn:a> <urn:p> "1"^^<urn:t> .\n<urn:a> <urn:p> <<( <urn:a> <urn:p> <urn:b> )>> .\n'
ENTITY = json.dumps({"id": "Q1", "labels": {"en": {"value": "thing"}}, "aliases": {"en": [{"value": "it"}]}, "claims": {"P2": [samples.claim("normal", "string", "x")]}}).encode()
FORMS = {
    ("n-triples", ""): NT,
    ("rdf", "turtle"): b'@prefix e: <urn:e:> . e:a e:p e:b , "x"@en ; e:q [ e:r ( 1 2.5 true ) ] . <urn:s> e:p """long\n"text" """ .\n',
    ("rdf", "n-quads"): b'<urn:a> <urn:p> <urn:b> <urn:g> .\n<urn:a> <urn:p> "x" <urn:fedviz:source:1:rejected> .\n',
    ("rdf", "trig"): b"@prefix e: <urn:e:> . e:g { e:a e:p e:b . << e:a e:p e:b >> e:q 1 . } e:a e:p e:c .\n",
    ("rdf", "rdf-xml"): f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e "urn:e:">]><rdf:RDF {RDF_HEAD}><e:C rdf:about="&e;a"><e:p rdf:resource="urn:b"/><e:q>x</e:q></e:C></rdf:RDF>'.encode(),
    ("rdf", "json-ld"): b'{"@context": {"n": "urn:n", "k": {"@id": "urn:k", "@type": "@id"}}, "@graph": [{"@id": "urn:a", "n": ["x", 1, true], "k": "urn:b"}]}',
    ("table", ""): b'head,relation,tail\nAda,works at,"Plant, north"\nAda,is_a,person\n',
    ("columns", ""): b'pump,weight [g],built\nP1,12,2021-05-03\nP2,"1,5 kg",\n',
    ("obo", ""): samples.OBO,
    ("graphml", ""): samples.GRAPHML,
    ("wikidata", ""): samples.TRUTHY,
    ("wikidata-json", ""): b"[\n" + ENTITY + b",\n" + ENTITY + b"\n]\n",
    ("dbpedia", ""): samples.DBPEDIA.encode(),
    ("ownthink", ""): "实体,属性,值\n甲,别名,乙\n甲,治疗,丙\n".encode(),
    ("cn-dbpedia", ""): "甲（子）\t简称\t乙\n甲\t城市\t丙\n".encode(),
    ("endpoint", ""): NT,
}
CASES = [pytest.param(name, form, id=f"{name}-{form}".rstrip("-")) for name, form in FORMS]
SPICE = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", "\u202e\u2066".encode(), b"\n", b"\r\n", b'"', b"'", b"<", b">", b"<<( ", b")>>", b"[", b"{", b"(", b"&x;", b"<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    b"<![CDATA[", b"\\", b"\\uD800", b"@", b"^^", b"_:", b"_:fedviz", b"<script>alert(1)</script>", b"\t", b",", b"9" * 400, b"-1", b"null", b"[[[[", b"\x1f\x8b", b"\xc3", b"\xed\xa0\x80",
)  # fmt: skip


def test_every_reader_has_a_sample():
    assert {name for name, _form in FORMS} == set(SOURCES.names())


@st.composite
def spoiled(draw, sample):
    """Bytes that were a file: pieces cut out, doubled, overwritten, spiced, cut off; or anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=400))
    data = bytearray(sample)
    for _change in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 30)))
        kind = draw(st.integers(0, 4))
        if kind == 0:
            del data[start:end]
        elif kind == 1:
            data[start:start] = data[start:end] * draw(st.integers(1, 5))
        elif kind == 2:
            data[start:end] = draw(st.binary(max_size=20))
        elif kind == 3:
            data[start:start] = draw(st.sampled_from(SPICE))
        else:
            del data[start:]
    return bytes(data)


def options(form):
    return {"format": form} if form else {}


def fuzz(name, form, examples):
    sample = FORMS[name, form]

    @given(spoiled(sample))
    @settings(max_examples=examples, deadline=None, database=None, derandomize=examples < 100, suppress_health_check=list(HealthCheck))
    def run(data):
        try:
            found, intake = read(name, data, **options(form))
        except FedvizError as sentence:
            assert str(sentence).endswith(".")
            return
        assert intake.skipped >= len(intake.examples) and all(0 < len(entry.reason) <= 300 for entry in intake.examples)
        for row in found:
            assert row.subject.startswith("<") and row.predicate.startswith("<") and "root:" not in row.object
        memory.graph_of(found, "g", "s")

    run()


@pytest.mark.parametrize(("name", "form"), CASES)
def test_spoiled_files_end_in_statements_and_reasons(name, form):
    fuzz(name, form, 5)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form"), CASES)
def test_a_thousand_spoiled_files_a_reader(name, form):
    fuzz(name, form, 1000)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form"), CASES)
def test_the_store_survives_spoiled_files(name, form, tmp_path, monkeypatch):
    """Each import adds a source or leaves the graph as it was; what the description says is what the store holds."""
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    folder.create("g")
    (tmp_path / "first.nt").write_bytes(b"<urn:kept> <urn:p> <urn:o> .\n")
    import_file("g", tmp_path / "first.nt")
    entry = SOURCES.get("n-triples" if name == "endpoint" else name)
    path = tmp_path / "spoiled"

    @given(spoiled(FORMS[name, form]), st.sampled_from(("plain", "gz", "bz2", "cut gz", "cut bz2", "broken gz", "broken bz2")))
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def run(data, packed):
        data = gzip.compress(data) if "gz" in packed else bz2.compress(data) if "bz2" in packed else data
        middle = len(data) // 2
        path.write_bytes(data[: -len(data) // 3] if "cut" in packed else data[:middle] + b"\xff\x00\xff" + data[middle + 3 :] if "broken" in packed else data)
        before = GraphStore("g").info
        try:
            import_file("g", path, entry.options(**options(form)))
        except FedvizError:
            assert GraphStore("g").info.sources == before.sources
        store = GraphStore("g")
        counts = {}
        for _row, key, _status in store.said():
            counts[key] = counts.get(key, 0) + 1
        assert counts == {source.key: source.counts["asserted"] for source in store.info.sources}

    run()


LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
HOSTILE = {
    "billion laughs in RDF/XML": ("rdf", "rdf-xml", f'<!DOCTYPE r [<!ENTITY l0 "lol">{LAUGHS}]><rdf:RDF {RDF_HEAD}><e:C><e:p>&l9;</e:p></e:C></rdf:RDF>'.encode()),
    "billion laughs in GraphML": ("graphml", "", f'<!DOCTYPE r [<!ENTITY l0 "lol">{LAUGHS}]><graphml><graph><node id="&l9;"/></graph></graphml>'.encode()),
    "one long entity many times": ("rdf", "rdf-xml", f'<!DOCTYPE r [<!ENTITY a "{"x" * 100_000}">]><rdf:RDF {RDF_HEAD}><e:C><e:p>{"&a;" * 20_000}</e:p></e:C></rdf:RDF>'.encode()),
    "deep RDF/XML": ("rdf", "rdf-xml", f"<rdf:RDF {RDF_HEAD}>".encode() + b"<e:C><e:p>" * 100_000),
    "deep GraphML": ("graphml", "", b"<graphml>" + b"<graph><node id='a'>" * 100_000),
    "deep JSON-LD": ("rdf", "json-ld", b'{"@id":"urn:a","urn:p":' * 60_000 + b"1" + b"}" * 60_000),
    "deep contexts": ("rdf", "json-ld", b'{"@context":' + b'{"a":{"@context":' * 20_000 + b"{}" + b"}}" * 20_000 + b"}"),
    "deep entity JSON": ("wikidata-json", "", b'{"id":"Q1","claims":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n"),
    "triples inside triples, in lines": ("n-triples", "", b"<urn:a> <urn:p> " + b"<<( <urn:a> <urn:p> " * 50_000 + b"<urn:b> " + b")>> " * 50_000 + b" .\n"),
    "triples inside triples, in Turtle": ("rdf", "turtle", b"<urn:a> <urn:p> " + b"<<( <urn:a> <urn:p> " * 50_000 + b"<urn:b> " + b")>> " * 50_000 + b" .\n"),
    "triples inside triples, in N-Quads": ("rdf", "n-quads", b"<urn:a> <urn:p> " + b"<<( <urn:a> <urn:p> " * 50_000 + b"<urn:b> " + b")>> " * 50_000 + b" .\n"),
    "open brackets": ("rdf", "turtle", b"<urn:a> <urn:p> " + b"[ <urn:p> " * 600_000),
    "a table of one cell": ("table", "", b'head,relation,tail\n"' + b"x" * (17 << 20)),
    "a literal of 17 MB": ("n-triples", "", b'<urn:a> <urn:p> "' + b"x" * (17 << 20) + b'" .\n'),
    "a literal of 40 MB in Turtle": ("rdf", "turtle", b'<urn:a> <urn:p> "' + b"x" * (40 << 20) + b'" .\n'),
    "a text of 40 MB in RDF/XML": ("rdf", "rdf-xml", f"<rdf:RDF {RDF_HEAD}><e:C><e:p>".encode() + b"x" * (40 << 20) + b"</e:p></e:C></rdf:RDF>"),
    "a term of OBO without end": ("obo", "", b"[Term]\nid: X:1\n" + b"xref: Y:1\n" * 200_000),
    "a number without end": ("wikidata-json", "", b'{"id":"Q1","x":' + b"9" * 2_000_000 + b"}\n"),
}


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_told_soon_and_in_bounded_memory(what):
    name, form, data = HOSTILE[what]
    entry = SOURCES.get(name)
    before, start, intake = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time(), Intake()
    for block in entry.read(io.BytesIO(data), entry.options(**options(form)), intake, "t"):
        assert sum(map(len, block.lines)) < 64 << 20
    assert intake.skipped, what
    assert time.process_time() - start < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 700_000, "kB beyond what was used before"


@pytest.mark.slow
def test_a_literal_of_ten_megabytes_stays_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    folder.create("g")
    (tmp_path / "x.nt").write_bytes(b'<urn:a> <urn:p> "' + b"x" * 10_000_000 + b'" .\n')
    import_file("g", tmp_path / "x.nt")
    (row,) = GraphStore("g").match()
    assert len(row.object) == 10_000_002


@pytest.mark.parametrize("name", ["xml", "graphml"])
def test_an_external_entity_is_not_read(tmp_path, name):
    (tmp_path / "secret").write_text("root:secret")
    document = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    if name == "xml":
        found, _intake = read("rdf", f'{document}<rdf:RDF {RDF_HEAD}><e:C rdf:about="urn:a"><e:p>&x;</e:p></e:C></rdf:RDF>'.encode(), format="rdf-xml")
    else:
        found, _intake = read("graphml", f'{document}<graphml><graph><node id="a"><data key="label">&x;</data></node></graph></graphml>'.encode())
    assert not any("secret" in row.object for row in found)


def test_scripts_and_direction_marks_are_kept_as_data_and_shown_without_harm():
    label = "<script>alert('x')</script>\u202eevil\u2066 name\x07"
    found, intake = read("n-triples", f'<urn:a> <http://www.w3.org/2000/01/rdf-schema#label> "{label}"@en .\n<urn:b c> <urn:p> <urn:d> .\n'.encode())
    assert value(found[0].object) == label and intake.skipped == 1, "an IRI has no spaces"
    assert not any(sign in shown(value(found[0].object)) for sign in "\u202e\u2066\x07")
    cells, _intake = read("table", b"a b,http://x y/<z>,c\n", header=False)
    assert any(row.predicate == "<http://x%20y/%3Cz%3E>" for row in cells)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("s", "p", "o", "type", "value", "xml:lang", "datatype")), inner, max_size=4), max_leaves=12))
@settings(max_examples=15, deadline=None)
def test_any_row_of_an_answer_is_a_statement_or_is_counted(row):
    intake = Intake()
    made = endpoint._line(row, intake)
    assert made is None or made.endswith(b" .\n")
