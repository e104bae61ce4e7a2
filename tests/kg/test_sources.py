"""Readers: what each makes of a file in its own form, and what it leaves out and says so."""

import json

import pytest

from fedviz.core.errors import InputError
from fedviz.kg.sources.load import import_file, into, suggested
from fedviz.kg.store import folder, memory
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, compact, value
from tests.kg.reading import read

OBO = b"""format-version: 1.2
data-version: hp/releases/2025-01-16

[Term]
id: HP:0000001
name: All ! the root

[Term]
id: HP:0000118
name: Phenotypic abnormality
def: "Any \\"odd\\" thing." [HPO:curators]
synonym: "Organ abnormality" EXACT []
synonym: "Finding" BROAD layperson []
synonym: broken EXACT []
xref: UMLS:C4021819 {source="x"}
is_a: HP:0000001 ! All
relationship: part_of UBERON:0000468 {a="b"} ! organism

[Term]
id: HP:0000002
name: Gone
is_obsolete: true

[Typedef]
id: part_of
name: part of
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    return tmp_path


def said(rows):
    return {(compact(row.subject), compact(row.predicate), value(row.object) if row.object.startswith('"') else compact(row.object)) for row in rows}


def test_obo_terms_have_names_synonyms_by_scope_and_relations():
    rows, intake = read("obo", OBO, references=True)
    assert said(rows) == {
        ("HP:0000001", "rdfs:label", "All"),
        ("HP:0000118", "rdfs:label", "Phenotypic abnormality"),
        ("HP:0000118", "IAO:0000115", 'Any "odd" thing.'),
        ("HP:0000118", "oio:hasExactSynonym", "Organ abnormality"),
        ("HP:0000118", "oio:hasDbXref", "UMLS:C4021819"),
        ("HP:0000118", "rdfs:subClassOf", "HP:0000001"),
        ("HP:0000118", "part_of", "UBERON:0000468"),
        ("part_of", "rdfs:label", "part of"),
    }
    assert intake.left == {"obsolete terms": 1, "synonyms of other scopes": 1} and [entry.line for entry in intake.examples] == [14]
    everything, _intake = read("obo", OBO, synonyms="all", relationships=False)
    assert ("HP:0000118", "oio:hasBroadSynonym", "Finding") in said(everything) and not any(name == "part_of" for _head, name, _tail in said(everything))


GRAPHML = b"""<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="d0" for="node" attr.name="label"/><key id="d1" for="edge" attr.name="relation"/><key id="d2" for="node" attr.name="age"/>
<graph edgedefault="directed"><edge source="n0" target="n1"><data key="d1">works at</data></edge>
<node id="n0"><data key="d0">Ada &lt;b&gt;</data><data key="d2">36</data></node><node id="n1"><data key="d0">Plant</data></node><edge source="n1"/></graph></graphml>"""


def test_graphml_nodes_have_names_and_edges_relations():
    rows, intake = read("graphml", GRAPHML)
    assert said(rows) == {("n0", "rdfs:label", "Ada <b>"), ("n1", "rdfs:label", "Plant"), ("n0", "age", "36"), ("n0", "works_at", "n1")}
    assert [(entry.line, entry.reason) for entry in intake.examples] == [(4, "an edge must have a source and a target")]
    named, _intake = read("graphml", GRAPHML, identity="name", attributes=False)
    assert ("Ada <b>", "works_at", "Plant") in said(named) and len(named) == 3, "an edge may come before its nodes"


WD, WDT = "http://www.wikidata.org/entity/", "http://www.wikidata.org/prop/direct/"
TRUTHY = f"""<{WD}Q18216> <http://www.w3.org/2000/01/rdf-schema#label> "aspirin"@en .
<{WD}Q18216> <http://www.w3.org/2000/01/rdf-schema#label> "\\u963F\\u53F8\\u5339\\u6797"@zh .
<{WD}Q18216> <http://www.w3.org/2004/02/skos/core#prefLabel> "aspirin"@en .
<{WD}Q18216> <http://www.w3.org/2004/02/skos/core#altLabel> "acetylsalicylic acid"@en .
<{WD}Q18216> <{WDT}P279> <{WD}Q12140> .
<{WD}Q18216> <{WDT}P575> "1897-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .
<{WD}Q18216> <{WDT}P61> _:unknown .
<https://www.wikidata.org/wiki/Special:EntityData/Q18216> <http://schema.org/version> "7" .
""".encode()


def test_wikidata_truthy_gives_names_and_statements_of_ones_choice():
    rows, intake = read("wikidata", TRUTHY, properties="p279 P575", values=False)
    assert said(rows) == {("wd:Q18216", "rdfs:label", "aspirin"), ("wd:Q18216", "skos:altLabel", "acetylsalicylic acid"), ("wd:Q18216", "wdt:P279", "wd:Q12140")}
    assert intake.left == {
        "names in other languages": 1, "what is neither a name nor a statement": 2, "values that are no entities": 1, "statements of other properties": 1,
    }  # fmt: skip
    both, intake = read("wikidata", TRUTHY, languages="en, zh")
    assert ("wd:Q18216", "rdfs:label", "阿司匹林") in said(both) and intake.left["values that nobody knows"] == 1


def claim(rank, kind, of, datatype="x", snaktype="value"):
    return {"rank": rank, "mainsnak": {"snaktype": snaktype, "datatype": datatype, "datavalue": {"type": kind, "value": of}}}


def test_wikidata_entities_respect_ranks():
    item = {
        "id": "Q1", "labels": {"en": {"value": "thing"}, "zh-classical": {"value": "物"}}, "aliases": {"en": [{"value": "it"}]}, "descriptions": [],
        "claims": {
            "P31": [claim("normal", "wikibase-entityid", {"id": "Q2"}), claim("preferred", "wikibase-entityid", {"numeric-id": 3, "entity-type": "item"})],
            "P2": [claim("deprecated", "string", "old"), claim("normal", "string", "new\n"), claim("normal", "time", {"time": "+1897-08-00T00:00:00Z", "precision": 10})],
            "P3": [claim("normal", "quantity", {"amount": "+5.2"}), claim("normal", "", "", snaktype="somevalue"), claim("normal", "globecoordinate", {"latitude": 1, "longitude": 2.5})],
            "P4": [claim("normal", "string", "http://a b/c", "url"), claim("normal", "odd", "x")],
        },
    }  # fmt: skip
    data = ("[\n" + json.dumps(item) + ",\n" + '{"id": "Q9"}' + ",\nnot json\n{\n" + '{"id": 5}\n]\n').encode()
    rows, intake = read("wikidata-json", data, languages="")
    assert said(rows) == {
        ("wd:Q1", "rdfs:label", "thing"), ("wd:Q1", "skos:altLabel", "it"), ("wd:Q1", "wdt:P31", "wd:Q3"), ("wd:Q1", "wdt:P2", "new\n"), ("wd:Q1", "wdt:P2", "1897-08"),
        ("wd:Q1", "wdt:P3", "+5.2"), ("wd:Q1", "wdt:P3", "Point(2.5 1.0)"), ("wd:Q1", "wdt:P4", "http://a%20b/c"),
    }  # fmt: skip
    assert intake.left == {"statements that preferred ones outrank": 1, "deprecated statements": 1, "values that nobody knows": 1}
    assert [entry.line for entry in intake.examples] == [2, 2, 4, 5, 6], "a language that RDF does not allow, an odd kind, and three lines that are no entities"
    normal, _intake = read("wikidata-json", data, ranks="normal", properties="P31")
    assert {row[2] for row in said(normal)} == {"thing", "it", "wd:Q2", "wd:Q3"}


DBR, DBO = "http://dbpedia.org/resource/", "http://dbpedia.org/ontology/"
DBPEDIA = f"""# started 2022-12-01T00:00:00Z
<{DBR}Aspirin> <http://www.w3.org/2000/01/rdf-schema#label> "Aspirin"@en .
<{DBR}Aspirin> <http://www.w3.org/2000/01/rdf-schema#label> "Acetylsalicyls\u00e4ure"@de .
<{DBR}Aspirin> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{DBO}Drug> .
<{DBR}Aspirin> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Drug> .
<{DBR}Aspirin> <{DBO}treats> <{DBR}Pain> .
<{DBR}Aspirin> <{DBO}wikiPageID> "1525"^^<http://www.w3.org/2001/XMLSchema#integer> .
<{DBR}Aspirin> <http://dbpedia.org/property/tradename> "Bayer"@en .
<{DBR}Acetylsalicylic_acid_%28drug%29> <{DBO}wikiPageRedirects> <{DBR}Aspirin> .
"""


@pytest.mark.parametrize("turtle", [False, True])
def test_dbpedia_redirects_become_other_names(turtle):
    data = f"@prefix dbo: <{DBO}> .\n{DBPEDIA.replace(f'<{DBO}treats>', 'dbo:treats')}" if turtle else DBPEDIA
    rows, intake = read("dbpedia", data.encode())
    assert said(rows) == {
        ("dbr:Aspirin", "rdfs:label", "Aspirin"), ("dbr:Aspirin", "rdf:type", "dbo:Drug"), ("dbr:Aspirin", "dbo:treats", "dbr:Pain"),
        ("dbr:Aspirin", "skos:altLabel", "Acetylsalicylic acid (drug)"),
    }  # fmt: skip
    assert intake.left == {"names in other languages": 1, "types of other vocabularies": 1, "links and counts of pages": 1, "raw values of infoboxes": 1} and not intake.skipped


def test_openkg_files_give_entities_with_names_in_chinese():
    comma = '实体,属性,值\n阿司匹林[解热镇痛药],别名,乙酰水杨酸\n阿司匹林[解热镇痛药],描述,"一种药,常用"\n阿司匹林[解热镇痛药],治疗,头痛\n阿司匹林[解热镇痛药],剂量,0.3克\n只有,两个\n,a,b\n'
    rows, intake = read("ownthink", comma.encode())
    drug = "阿司匹林[解热镇痛药]"
    assert said(rows) == {
        (drug, "rdfs:label", "阿司匹林"), (drug, "skos:altLabel", "乙酰水杨酸"), (drug, "skos:definition", "一种药,常用"), (drug, "治疗", "头痛"), ("头痛", "rdfs:label", "头痛"),
        (drug, "剂量", "0.3克"),
    }  # fmt: skip
    assert [entry.line for entry in intake.examples] == [6, 7]
    tabs, intake = read("cn-dbpedia", "复旦大学（大学）\t简称\t复旦\n复旦大学（大学）\t城市\t<a href=x>上海</a>\nx\ty\n".encode(), longest_entity=0)
    assert said(tabs) == {("复旦大学（大学）", "rdfs:label", "复旦大学"), ("复旦大学（大学）", "skos:altLabel", "复旦"), ("复旦大学（大学）", "城市", "上海")}
    assert intake.skipped == 1


def test_the_ending_of_a_name_suggests_the_reader():
    names = {"a.nt.gz": "n-triples", "a.obo": "obo", "a.GRAPHML": "graphml", "a.jsonl.bz2": "wikidata-json", "a.csv": "table", "a.ttl": "rdf"}
    assert {name: suggested(name).name for name in names} == names
    with pytest.raises(InputError, match="choose the reader"):
        suggested("a.docx")


def test_a_first_import_that_fails_leaves_no_graph(home):
    (home / "bad.nt").write_bytes(b"nothing\n")
    with pytest.raises(InputError, match="holds no statement"), into("fresh") as new:
        assert new
        import_file("fresh", home / "bad.nt")
    assert folder.list_graphs() == ()


def test_what_was_left_out_is_kept_with_the_source(home):
    (home / "x.obo").write_bytes(OBO)
    with into("onto", "Onto"):
        added = import_file("onto", home / "x.obo")
    assert added.left_out["obsolete terms"] == 1 and added.lines
    store = GraphStore("onto")
    isa = next(store.match(None, memory.BROADER[0]))
    assert store.evidence(isa)[0].line == 16 and memory.in_memory(store).entities["HP:0000118"].synonyms == ("Organ abnormality",)
    assert isinstance(isa, Statement)
