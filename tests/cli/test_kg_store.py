"""`kg import`, `list`, `stats`, `export`, `remove`: what a user of the command line has of graphs on disk."""

import pytest

from fedviz.kg.store import folder
from fedviz.kg.store.store import GraphStore
from tests.cli.conftest import call

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
LINES = f'<urn:a> <urn:p> <urn:b> .\n<urn:a> <{LABEL}> "A\x1b[31m"@en .\nno statement .\n'


@pytest.fixture
def people(tmp_path):
    (tmp_path / "people.nt").write_text(LINES.replace("\x1b", "\\u001B"))
    return tmp_path / "people.nt"


def test_a_graph_is_imported_described_exported_and_removed(people, tmp_path):
    first = call("kg", "import", "crowd", str(people), "--party", "Ward 1", "--licence", "CC0", "--json")
    (document,) = first.documents
    assert first.code == 0 and first.err == "" and document["counts"] == {"asserted": 2} and document["skipped"] == 1 and document["examples"][0]["line"] == 3
    assert document["party"] == "Ward 1" and document["licence"] == "CC0"
    (tmp_path / "more.csv").write_text("head,relation,tail\nAda,knows,Bob\n")
    assert "4 statements" not in call("kg", "import", "crowd", str(tmp_path / "more.csv"), "--title", "Ladies").err
    (stats,) = call("kg", "stats", "crowd", "--json").documents
    assert stats["triples"] == 5 and [source["title"] for source in stats["sources"]] == ["people.nt", "Ladies"] and stats["versions"] == 2
    assert "Ladies" in call("kg", "stats", "crowd").out and "\x1b" not in call("kg", "import", "again", str(people)).out
    out = tmp_path / "crowd.nq.gz"
    (written,) = call("kg", "export", "crowd", str(out), "--json").documents
    assert written["statements"] == 5 and written["format"] == "n-quads" and out.stat().st_size == written["bytes"]
    assert call("kg", "export", "crowd", str(tmp_path / "one.ttl"), "--source", "1-people-nt").out.startswith("2 statements as turtle")
    assert call("kg", "remove", "crowd", "--source", "2-ladies").code == 0
    assert call("kg", "stats", "crowd", "--json").documents[0]["triples"] == 2
    assert call("kg", "remove", "crowd", "--json").documents == [{"removed": "crowd", "source": None}]
    assert "crowd" not in [document["name"] for document in call("kg", "list", "--json").documents]


@pytest.mark.slow
def test_the_graph_of_a_scenario_is_imported_by_name():
    (document,) = call("kg", "import", "wheels", "--scenario", "toy", "--json").documents
    assert document["reader"] == "scenario" and document["counts"]["asserted"] > 40
    assert call("kg", "remove", "wheels").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("NEW",), "lower-case"),
        (("new",), "exactly one of them"),
        (("new", "FILE", "--endpoint", "http://localhost:1/"), "exactly one of them"),
        (("new", "missing.nt"), "missing.nt"),
        (("new", "FILE", "--set", "colour=red"), "colour"),
        (("new", "FILE", "--set", "colour"), "key=value"),
        (("new", "FILE", "--seed", "wd:Q1"), "belong to an --endpoint"),
        (("new", "FILE", "--confidence", "2"), "confidence=2"),
        (("new", "--endpoint", "https://dbpedia.org/sparql", "--seed", "dbr:Aspirin"), "who asks"),
        (("new", "--endpoint", "http://localhost:1/", "--seed", "wd:Q1", "--hops", "many"), "hops=many"),
        (("new", "EMPTY"), "holds no statement"),
    ],
)
def test_an_import_that_cannot_be_done_says_why_and_leaves_no_graph(people, tmp_path, arguments, words):
    (tmp_path / "empty.nt").write_text("# nothing\n")
    places = {"FILE": str(people), "EMPTY": str(tmp_path / "empty.nt"), "NEW": "NEW", "missing.nt": str(tmp_path / "missing.nt")}
    given = [places.get(argument, argument) for argument in arguments]
    if "NEW" in arguments:
        given.append(str(people))
    done = call("kg", "import", *given)
    assert done.code == 2 and words in done.err and done.err.count("\n") == 1 and done.out == ""
    assert "new" not in [info.name for info in folder.list_graphs()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("export", "nobody", "x.nt"), "nobody"), (("remove", "nobody"), "nobody"), (("stats", "nobody"), "nobody"), (("export", "nobody", "x.docx"), "x.docx")],
)
def test_an_unknown_graph_is_told(arguments, words, tmp_path):
    done = call("kg", *arguments[:-1], str(tmp_path / arguments[-1])) if arguments[0] == "export" else call("kg", *arguments)
    assert done.code == 2 and words in done.err and not list(tmp_path.iterdir())


def test_a_table_of_things_is_imported_with_its_columns_mapped(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    (tmp_path / "pumps.csv").write_text("pump,weight,built\nP1,1500,3/5/2021\nP2,heavy,31/2/2021\n", "utf-8")
    said = call("kg", "import", "pumps", str(tmp_path / "pumps.csv"), "--reader", "columns", "--set", "attributes=weight:quantity g; built:date", "--set", "dates=day-first", "--json")
    (told,) = said.documents
    assert said.code == 0 and "'heavy' is no number with a unit" in str(told) and "no day of the calendar" in str(told)
    assert {row.object.partition("^^")[0] for row in GraphStore("pumps").match() if "relation:" in row.predicate} == {'"1.5 kg"', '"2021-05-03"'}
    refused = call("kg", "import", "pumps", str(tmp_path / "pumps.csv"), "--reader", "columns", "--set", "attributes=height:quantity m")
    assert refused.code == 2 and "no column 'height'" in refused.err


def test_an_export_with_sources_comes_back_as_it_was(people, tmp_path):
    call("kg", "import", "origin", str(people), "--party", "Ward 1")
    out = tmp_path / "origin.nq"
    call("kg", "export", "origin", str(out))
    (restored,) = call("kg", "import", "back", str(out), "--json").documents
    assert restored["same"] and [source["party"] for source in restored["sources"]] == ["Ward 1"]
    (before,), (after,) = (call("kg", "stats", name, "--json").documents for name in ("origin", "back"))
    assert before["digest"] == after["digest"]
    assert "under a new name" in call("kg", "import", "origin", str(out)).err
    (flat,) = call("kg", "import", "flat", str(out), "--one-source", "--json").documents
    assert flat["reader"] == "rdf" and flat["party"] == ""
    assert "2 statements of 1 sources" in call("kg", "import", "once-more", str(out)).out
    for name in ("origin", "back", "flat", "once-more"):
        call("kg", "remove", name)
