"""*Graph*, section *Sources*: bring knowledge in, see where it came from, take it out again."""

import time

import pytest

from fedviz.kg.export import export
from fedviz.kg.sources.load import import_file, into
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, relation
from fedviz.ui import jobs
from tests.kg.test_sources import OBO

HP = "<http://purl.obolibrary.org/obo/HP_0000118>"


@pytest.fixture
def pheno(home):
    """A graph of two sources: an ontology, and a note with a disputed statement."""
    (home / "hp.obo").write_bytes(OBO)
    with into("pheno", "Phenotypes <b>"):
        import_file("pheno", home / "hp.obo", about=SourceInfo(key="", title="hp.obo", reader="", party="Ward *3*", licence="HPO licence", origin="hp.obo"))
    row = Statement(HP, relation("treats"), '"\u202e<script>x</script>"')
    with change("pheno", "By hand") as write:
        key = write.new_source(SourceInfo(key="", title="Notes", reader="hand")).key
        write.add(key, [(row, Evidence(source="", status="asserted", method="pattern", confidence=0.7, sentence="He said *so*.", document="note 7"))])
        write.set_status(key, [row], "disputed")
    return "pheno"


def opened(open_page, **query):
    return open_page("graph", section="sources", **query)


def said(at):
    return " ".join(element.value for element in (*at.markdown, *at.caption, *at.success, *at.info, *at.error, *at.warning))


def finish(at, key):
    """Wait for a job of the server, then draw the page anew."""
    end = time.monotonic() + 60
    while jobs.running(key) and time.monotonic() < end:
        time.sleep(0.02)
    at.run()
    assert not at.exception, at.exception
    return at


@pytest.fixture(autouse=True)
def no_jobs():
    yield
    for key in list(jobs._jobs()):
        jobs._jobs().pop(key)


def test_a_table_is_mapped_column_by_column_and_imported(open_page):
    at = opened(open_page)
    assert "There is no graph of your own yet" in said(at) and "20 MB" in said(at)
    at.file_uploader(key="kg-upload").upload("t.csv", b"id,thing,person,does\n1,Plant,Ada,works at\n2,Plant,Bob\n", "text/csv").run()
    mapping = {box.label: box for box in at.selectbox if box.label in ("Head", "Relation", "Tail")}
    mapping["Head"].select(2)
    mapping["Relation"].select(3)
    mapping["Tail"].select(1).run()
    at.text_input(key="kg-title").input("My people").run()
    at.button(key="kg-import").click().run()
    finish(at, "kg-import")
    assert "3 statements came in; 1 things were skipped." in said(at).replace("\\", "")
    assert at.selectbox(key="kg-graph").value == "my-people" and GraphStore("my-people").info.title == "My people"
    assert any(row.predicate == relation("works at") and row.subject == "<urn:fedviz:entity:Ada>" for row in GraphStore("my-people").match())
    at.button(key="kg-import-away").click().run()
    assert not at.success


@pytest.mark.slow
def test_a_table_of_things_brings_quantities_in_one_unit_and_tells_bad_cells(open_page):
    at = opened(open_page)
    at.file_uploader(key="kg-upload").upload("t.csv", b"pump,weight [g],power,built\nP1,1500,5,2021-05-03\nP2,heavy,7,soon\n", "text/csv").run()
    next(box for box in at.selectbox if box.label == "Reader").select("columns").run()
    assert not at.exception and "1.5 kg" in " ".join(frame.value.to_string() for frame in at.dataframe)
    at.text_input(key="kg-title").input("Pumps").run()
    at.button(key="kg-import").click().run()
    finish(at, "kg-import")
    assert "1 things were skipped" in said(at) and any("'heavy' is no number with a unit" in frame.value.to_string() for frame in at.dataframe)
    rows = {row.object for row in GraphStore("pumps").match(predicate=relation("weight"))}
    assert rows == {'"1.5 kg"'}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "data", "words"), [("x.nt", b"nothing at all\n", "x.nt holds no statement"), ("x.csv", b"only one column\n\n", "x.csv holds no statement")])
def test_a_file_that_cannot_be_read_ends_in_a_sentence_and_leaves_no_graph(open_page, name, data, words):
    at = opened(open_page)
    at.file_uploader(key="kg-upload").upload(name, data, "text/plain").run()
    at.text_input(key="kg-title").input("Bad").run()
    if not at.button(key="kg-import").disabled:
        at.button(key="kg-import").click().run()
        finish(at, "kg-import")
    assert words in said(at).replace("\\", "") and not folder.list_graphs()


def test_an_unknown_ending_asks_for_the_reader(open_page):
    at = opened(open_page)
    at.file_uploader(key="kg-upload").upload("x.bin", b"<urn:a> <urn:b> <urn:c> .\n", "text/plain").run()
    (reader,) = [box for box in at.selectbox if box.label == "Reader"]
    assert reader.value is None and at.button(key="kg-import").disabled and "endpoint" not in reader.options
    reader.select("n-triples").run()
    assert any("urn:c" in str(frame.value) for frame in at.dataframe)


@pytest.mark.slow
def test_the_graph_of_a_scenario_comes_in_by_a_click(open_page):
    at = opened(open_page)
    at.segmented_control(key="kg-kind").select("scenario").run()
    at.selectbox(key="kg-scenario").select("toy").run()
    at.button(key="kg-import").click().run()
    finish(at, "kg-import")
    (info,) = folder.list_graphs()
    assert info.sources[0].reader == "scenario" and info.sources[0].counts["asserted"] > 40 and at.selectbox(key="kg-graph").value == info.name


@pytest.mark.slow
def test_an_endpoint_that_nobody_may_ask_is_told(open_page):
    at = opened(open_page)
    at.segmented_control(key="kg-kind").select("endpoint").run()
    at.text_input(key="kg-endpoint.url").input("https://dbpedia.org/sparql")
    at.text_input(key="kg-endpoint.seeds").input("dbr:Aspirin")
    at.text_input(key="kg-title").input("Drugs").run()
    at.button(key="kg-import").click().run()
    finish(at, "kg-import")
    assert "wants to know who asks" in said(at) and not folder.list_graphs()


def test_sources_say_where_they_come_from(open_page, pheno):
    at = opened(open_page, graph=pheno)
    table = at.dataframe[0].value
    assert list(table["Source"]) == ["hp.obo", "Notes"] and list(table["disputed"]) == [0, 1] and table["Licence"][0] == "HPO licence" and table["Skipped"][0] == 1
    assert any("obsolete terms" in str(frame.value) for frame in at.dataframe) and any(GraphStore(pheno).digest in str(frame.value.values) for frame in at.dataframe)
    at.segmented_control(key="kg-part").select("statistics").run()
    assert [metric.value for metric in at.metric][0] == "8"


def test_an_entity_is_found_by_its_name_and_its_statements_are_listed(open_page, pheno):
    at = opened(open_page, graph=pheno)
    at.segmented_control(key="kg-part").select("evidence").run()
    at.text_input(key="kg-evidence-search").input("ORGAN abn").run()
    (table,) = [frame.value for frame in at.dataframe if "Tail" in frame.value]
    assert "part_of" in list(table["Relation"]) and "disputed" in list(table["Status"])
    assert "\u202e" not in str(table.values)
    at.text_input(key="kg-evidence-search").input("no such thing*").run()
    assert "no such thing" in said(at) and not at.exception


@pytest.mark.slow
def test_a_graph_is_taken_out_and_removed(open_page, pheno):
    at = opened(open_page, graph=pheno)
    at.segmented_control(key="kg-part").select("export").run()
    at.selectbox(key="kg-export-format").select("turtle").run()
    at.button(key="kg-export-start").click().run()
    finish(at, f"kg-export-{pheno}")
    assert "pheno.ttl.gz" in at.get("download_button")[0].proto.label
    at.segmented_control(key="kg-part").select("remove").run()
    at.button(key="kg-remove-source-1-hp-obo").click().run()
    assert [source.key for source in GraphStore(pheno).info.sources] == ["2-notes"]
    at.button(key=f"kg-remove-graph-{pheno}").click().run()
    assert not folder.list_graphs() and not at.exception


def test_an_export_comes_back_as_the_graph_that_it_was(open_page, pheno, home):
    export(pheno, home / "pheno.nq")
    at = opened(open_page)
    at.file_uploader(key="kg-upload").upload("pheno.nq", (home / "pheno.nq").read_bytes(), "application/n-quads").run()
    assert any(toggle.value and "As it was exported" in toggle.label for toggle in at.toggle)
    at.text_input(key="kg-title").input("Again").run()
    at.button(key="kg-import").click().run()
    finish(at, "kg-import")
    assert "of 2 sources came back" in said(at) and not at.error and not [warning for warning in at.warning if "digest" in warning.value]
    assert GraphStore("again").digest == GraphStore(pheno).digest and GraphStore("again").info.sources[0].party == "Ward *3*"
