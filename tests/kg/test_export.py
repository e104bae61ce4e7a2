"""Exports: what leaves comes back the same, a file is whole or not there, and N-Quads say who said what."""

import csv
import gzip
import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.kg.export import FORMATS, export, format_of
from fedviz.kg.sources.load import import_file, into
from fedviz.kg.store import folder, oxi, terms
from fedviz.kg.store.change import Cancelled, change
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import PROV, Statement

TEXT = st.text(max_size=12)
IRIS = st.one_of(TEXT.map(lambda text: terms.entity(text or "x")), TEXT.map(lambda text: terms.iri(f"http://example.org/{text}")))
LITERALS = st.one_of(
    st.builds(terms.literal, TEXT, st.sampled_from(("", "en", "zh-cn"))),
    st.builds(lambda text, kind: terms.literal(text, datatype=f"{terms.XSD}{kind}"), st.sampled_from(("1", "01", "-5", "1.0", "1e3", "true", "x", "")), st.sampled_from(("integer", "decimal", "double", "boolean", "date"))),
    st.integers(-5, 5).map(lambda number: terms.literal(str(number), datatype=f"{terms.XSD}integer")),
)  # fmt: skip
ROWS = st.lists(st.builds(Statement, IRIS, st.one_of(TEXT.map(lambda text: terms.relation(text or "r")), st.just(f"<{terms.RDF}type>")), st.one_of(IRIS, LITERALS)), min_size=1, max_size=12)
A = Statement("<urn:e:a>", "<urn:r:knows>", "<urn:e:b>")
B = Statement("<urn:e:b>", "<urn:r:says>", '"x \\"y\\""@en')


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def told(home):
    """A graph of two sources, with a disputed and a rejected statement and a sentence."""
    folder.create("g", "Gäste")
    with change("g", "By hand") as write:
        one = write.new_source(SourceInfo(key="", title="One", reader="hand", party="Ward 1", licence="CC0", origin="notes")).key
        two = write.new_source(SourceInfo(key="", title="Two", reader="hand")).key
        write.add(one, [(A, Evidence(source="", status="asserted", method="pattern", confidence=0.5, sentence="A knows B.")), (B, None)])
        write.add(two, [(A, None), (Statement("<urn:e:c>", "<urn:r:knows>", "<urn:e:a>"), None)])
        write.set_status(one, [B], "rejected")
        write.set_status(two, [A], "disputed")
    return home


def canonical(row):
    line, _reason = oxi.check_line(row.line)
    return oxi.settled(Statement(*line.decode().removesuffix(" .\n").split(" ", 2))) if line else None


def round_trip(format, rows, home, number):
    rows = {row for row in map(canonical, rows) if row}
    with into(f"a{number}"), change(f"a{number}", "x") as write:
        write.add(write.new_source(SourceInfo(key="", title="x", reader="hand")).key, [(row, None) for row in rows])
    path = home / f"out{FORMATS[format][0]}"
    written = export(f"a{number}", path)
    assert written.statements == len(rows) and written.bytes == path.stat().st_size and written.format == format
    with into(f"b{number}"):
        added = import_file(f"b{number}", path)
    assert added.skipped == 0 and set(GraphStore(f"b{number}").match()) == rows
    assert GraphStore(f"a{number}").digest == GraphStore(f"b{number}").digest


@pytest.mark.parametrize("format", ["n-quads", "csv", "graphml"])
def test_a_graph_comes_back_as_it_left(format, home):
    rows = [A, B, Statement("<urn:e:a>", "<urn:r:p>", '"1"^^<http://www.w3.org/2001/XMLSchema#integer>'), Statement(terms.entity("a & <b>"), "<urn:r:p>", terms.literal("=1+1\n\x01\u202e<b>&amp;\r\t", "zh-CN"))]
    round_trip(format, rows, home, 0)


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_any_graph_comes_back_as_it_left(format, home):
    count = iter(range(10_000))

    @given(ROWS)
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def run(rows):
        if any(map(canonical, rows)):
            round_trip(format, rows, home, next(count))

    run()


def test_quads_say_who_said_what_and_with_which_status(told):
    export("g", told / "g.nq")
    quads = (told / "g.nq").read_text()
    assert f"{A.line.decode()[:-2]}<urn:fedviz:source:1-one> .\n" in quads and f"{B.line.decode()[:-2]}<urn:fedviz:source:1-one:rejected> .\n" in quads
    assert f"{A.line.decode()[:-2]}<urn:fedviz:source:2-two:disputed> .\n" in quads
    assert '"A knows B."' in quads and "<<( <urn:e:a>" in quads
    assert f"<urn:fedviz:source:2-two:disputed> <{PROV}specializationOf> <urn:fedviz:source:2-two> <urn:fedviz:provenance>" in quads
    assert f"<urn:fedviz:source:1-one> <{PROV}wasAttributedTo> <urn:fedviz:entity:Ward%201>" in quads and '"CC0"' in quads
    without = export("g", told / "two.nq", sources=("2-two",), evidence=False)
    assert without.statements == 2 and "1-one" not in (told / "two.nq").read_text() and "<<(" not in (told / "two.nq").read_text()
    export("g", told / "g.trig")
    for ending in ("nq", "trig"):
        with into(f"from-{ending}"):
            added = import_file(f"from-{ending}", told / f"g.{ending}")
        assert set(GraphStore(f"from-{ending}").match()) == set(GraphStore("g").match()) and added.left_out == {"rejected where it was exported": 1}


def test_other_formats_leave_out_what_was_rejected_unless_asked(told):
    assert export("g", told / "g.nt.gz").statements == 2
    assert set(gzip.decompress((told / "g.nt.gz").read_bytes()).splitlines(keepends=True)) == {row.line for row in GraphStore("g").match()}
    assert export("g", told / "all.ttl", statuses=("rejected",)).statements == 1
    export("g", told / "g.csv", statuses=("asserted", "disputed", "rejected"))
    with (told / "g.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["subject", "predicate", "object", "status", "source"] and [*B, "rejected", "1-one"] in rows and len(rows) == 5


def test_graphml_shows_names(home):
    (home / "x.nt").write_text('<urn:a> <http://www.w3.org/2000/01/rdf-schema#label> "Ada & <b>"@en .\n<urn:a> <urn:r:knows> <urn:b> .\n')
    with into("named"):
        import_file("named", home / "x.nt")
    export("named", home / "x.graphml")
    said = [element.text for element in ET.parse(home / "x.graphml").iter("{http://graphml.graphdrawing.org/xmlns}data")]
    assert said.count("Ada & <b>") == 2 and "knows" in said and "<urn:b>" in said


def test_an_export_is_whole_or_not_there(told):
    path = told / "out" / "g.trig"
    path.parent.mkdir()
    path.write_text("before")
    with pytest.raises(Cancelled):
        export("g", path, cancelled=lambda: True)
    assert path.read_text() == "before" and list(path.parent.iterdir()) == [path]
    for wrong in ({"format": "word"}, {"sources": ("9-x",)}):
        with pytest.raises(InputError):
            export("g", path, **wrong)
    with pytest.raises(InputError, match="names no format"):
        format_of(told / "g.docx")
