"""An export with sources, evidence, statuses, merges and rules comes back as the graph that it was, or not at all."""

import bz2

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.kg.export import export
from fedviz.kg.reason import derive
from fedviz.kg.reason.rules import BUILT_IN, read
from fedviz.kg.sources.load import import_file, into
from fedviz.kg.sources.whole import format_of, import_whole, is_whole
from fedviz.kg.store import folder, terms
from fedviz.kg.store.change import Cancelled, Intake, change
from fedviz.kg.store.links import READER, SAME, canonical
from fedviz.kg.store.records import ACTIVE, Evidence, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import RDFS, Statement

EVERY = (*ACTIVE, "rejected")
IS_A = next(rule for rule in BUILT_IN.values() if rule.body[0].predicate == f"<{RDFS}subClassOf>")
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=8)
"""NUL is no character of RDF: a graph keeps U+FFFD instead."""
THINGS = st.sampled_from([terms.entity(name) for name in "abcdef"])
CELLS = st.one_of(THINGS, TEXT.map(terms.literal), st.integers(-3, 3).map(lambda number: terms.literal(str(number), datatype=f"{terms.XSD}integer")))
ROWS = st.builds(Statement, THINGS, st.sampled_from([f"<{RDFS}subClassOf>", terms.relation("r"), terms.relation("名")]), CELLS)
NOTES = st.builds(
    Evidence, source=st.just(""), status=st.just("asserted"), method=st.sampled_from(["pattern", "by hand", "x y"]), confidence=st.floats(0, 1), party=TEXT, sentence=TEXT,
    document=TEXT, line=st.integers(0, 1000), date=st.sampled_from(["", "2026-01-02T03:04:05+00:00"]),
)  # fmt: skip
PARTS = st.builds(
    dict, title=TEXT, party=TEXT, origin=TEXT, licence=TEXT, confidence=st.floats(0, 1),
    rows=st.lists(st.tuples(ROWS, st.one_of(st.none(), NOTES), st.sampled_from(["asserted", "disputed", "rejected"])), max_size=8),
)  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    return tmp_path


def written(name, parts, merges, home):
    """A graph of sources by hand, one file with lines, decisions and conclusions."""
    folder.create(name, "Ein Graph", "de")
    (home / "some.nt").write_text("# a comment\n<urn:e:a> <urn:r:p> <urn:e:b> .\n\n<urn:e:b> <urn:r:p> \"1\" .\n")
    import_file(name, home / "some.nt", about=SourceInfo(key="", title="A file", reader="", confidence=0.123456789))
    with change(name, "By hand") as write:
        for part in parts:
            key = write.new_source(SourceInfo(key="", reader="hand", **{field: part[field] for field in part if field != "rows"})).key
            for row, note, status in part["rows"]:
                write.add(key, [(row, note)])
                write.set_status(key, [row], status)
        links = write.new_source(SourceInfo(key="", title="Decisions", reader=READER)).key
        for left, right, undone in merges:
            if left != right:
                write.add(links, [(Statement(left, SAME, right), None)])
                write.set_status(links, [Statement(left, SAME, right)], "rejected" if undone else "asserted")
    derive.derive(name, [IS_A, *read("CONSTRUCT { ?a rel:r ?b } WHERE { ?b rel:r ?a FILTER(isIRI(?a)) }", "own")])
    return GraphStore(name)


def known(store):
    """Everything that is kept of a graph, but for how often it was changed and what its readers could not use."""
    info = store.info
    said = {(row, key, status) for row, key, status in store.said(statuses=EVERY)}
    about = [(source.key, source.title, source.reader, source.origin, source.method, source.party, source.confidence, source.licence, source.date, source.sha256, source.lines) for source in info.sources]
    return info.language, sorted(about), said, {row: sorted(store.evidence(row), key=repr) for row, _key, _status in said}, dict(canonical(store)), derive.rule_set(store), store.digest


def comes_back(store, path, name):
    export(store.name, path)
    assert is_whole(path, format_of(path.name))
    with into(name):
        restored = import_whole(name, path, format_of(path.name))
    assert restored.same and restored.skipped == 0 and restored.left_out == {}
    assert known(GraphStore(name)) == known(store)


@pytest.mark.parametrize("ending", ["nq", "trig", "nq.gz"])
def test_a_graph_comes_back_as_it_was(home, ending):
    note = Evidence(source="", status="asserted", method="pattern", confidence=0.3, sentence='He said "no".\n', line=7)
    a, b = Statement(terms.entity("a"), f"<{RDFS}subClassOf>", terms.entity("b")), Statement(terms.entity("b"), f"<{RDFS}subClassOf>", terms.entity("c"))
    parts = [
        {"title": "Ward  1 ", "party": "Ward  1", "origin": "", "licence": "CC0", "confidence": 1 / 3, "rows": [(a, note, "asserted"), (b, None, "disputed")]},
        {"title": "名", "party": "", "origin": "x", "licence": "", "confidence": 1e-7, "rows": [(b, note, "asserted"), (a, None, "rejected")]},
    ]
    store = written("g", parts, [(terms.entity("a"), terms.entity("d"), False), (terms.entity("e"), terms.entity("b"), True)], home)
    assert store.info.sources[0].lines and derive.rule_set(store).rules[1].name == "own"
    comes_back(store, home / f"out.{ending}", "h")
    assert GraphStore("h").evidence(Statement("<urn:e:b>", "<urn:r:p>", '"1"'))[0].line == 4
    assert derive.refresh("h") is None, "what its rules conclude is not derived again"
    with change("h", "One more") as write:
        assert write.new_source(SourceInfo(key="", title="One more", reader="hand")).key == f"{store.info.next_source}-one-more"


@pytest.mark.slow
def test_any_graph_comes_back_as_it_was(home):
    count = iter(range(10_000))

    @given(st.lists(PARTS, max_size=3), st.lists(st.tuples(THINGS, THINGS, st.booleans()), max_size=3), st.sampled_from(["nq", "trig"]))
    @settings(max_examples=8, deadline=None, database=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
    def run(parts, merges, ending):
        number = next(count)
        comes_back(written(f"g{number}", parts, merges, home), home / f"out.{ending}", f"h{number}")

    run()


def hostile(home, lines, name="h"):
    folder.create("g")
    with change("g", "x") as write:
        write.add(write.new_source(SourceInfo(key="", title="One", reader="hand")).key, [(Statement("<urn:a>", "<urn:r>", "<urn:b>"), Evidence(source="", status="asserted", method="m", confidence=1.0))])
    export("g", home / "g.nq")
    (home / "h.nq").write_text((home / "g.nq").read_text() + "".join(f"{line} .\n" for line in lines))
    with into(name):
        return import_whole(name, home / "h.nq", "n-quads")


def test_what_exports_do_not_have_is_told_and_left_out(home):
    reifier = "<urn:fedviz:evidence:0-0>"
    found = hostile(
        home,
        [
            f'{reifier} <urn:fedviz:confidence> "very" <urn:fedviz:evidence>', f'{reifier} <urn:fedviz:confidence> "1e999" <urn:fedviz:evidence>',
            f'{reifier} <urn:fedviz:line> "1.5" <urn:fedviz:evidence>', f"{reifier} <urn:other> <urn:x> <urn:fedviz:evidence>",
            "<urn:x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies> <<( <urn:a> <urn:r> <urn:b> )>> <urn:fedviz:evidence>",
            f"{reifier} <http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies> <<( <urn:a> <urn:r> <<( <urn:a> <urn:r> <urn:b> )>> )>> <urn:fedviz:evidence>",
            "<urn:a> <urn:r> <urn:c>", "<urn:a> <urn:r> <urn:d> <urn:fedviz:source:9-other>", "<urn:a> <urn:r> <urn:e> <urn:fedviz:source:../../x>",
            '<urn:fedviz:source:1-one> <urn:fedviz:lineNumbers> "0 AAAA" <urn:fedviz:provenance>', '<urn:fedviz:source:1-one> <urn:fedviz:rules> "{}" <urn:fedviz:provenance>',
            "no statement",
        ],
    )  # fmt: skip
    assert known(GraphStore("h"))[2:] == known(GraphStore("g"))[2:] and found.same
    assert found.left_out == {"evidence in a form that exports do not have": 6, "in no source of the export": 3} and found.skipped == 2


@pytest.mark.parametrize("line", ['<urn:fedviz:source:2-two> <urn:fedviz:confidence> "7" <urn:fedviz:provenance>'])
def test_an_impossible_source_is_refused(home, line):
    with pytest.raises(InputError, match="between 0 and 1"):
        hostile(home, [line, "<urn:fedviz:source:2-two> <http://www.w3.org/ns/prov#wasGeneratedBy> <urn:fedviz:activity:2-two> <urn:fedviz:provenance>"])
    assert [info.name for info in folder.list_graphs()] == ["g"]


def test_it_comes_back_whole_or_not_at_all(home):
    store = written("g", [], [], home)
    export("g", home / "g.nq")
    (home / "g.nq.bz2").write_bytes(bz2.compress((home / "g.nq").read_bytes()))
    before = store.digest
    with pytest.raises(InputError, match="under a new name"):
        import_whole("g", home / "g.nq.bz2", "n-quads")
    with pytest.raises(Cancelled), into("h"):
        import_whole("h", home / "g.nq.bz2", "n-quads", Intake(cancelled=lambda: True))
    (home / "plain.nq").write_text("<urn:a> <urn:r> <urn:b> .\n")
    assert not is_whole(home / "plain.nq", "n-quads") and not is_whole(home / "some.nt", format_of("some.nt")) and not is_whole(home / "none.nq", "n-quads")
    with pytest.raises(InputError, match="describes no source"), into("h"):
        import_whole("h", home / "plain.nq", "n-quads")
    assert store.digest == before and [info.name for info in folder.list_graphs()] == ["g"]
