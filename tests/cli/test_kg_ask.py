"""`kg query`, `paths`, `reason` and `validate`: questions, rules and the schema from the command line."""

import pytest

from fedviz.kg.store.terms import Statement, entity, literal
from tests.cli.conftest import call

LABEL, IS_A = "<http://www.w3.org/2000/01/rdf-schema#label>", "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"


@pytest.fixture(scope="module")
def eyes(home):
    """A graph in which a cataract is of the lens, and the lens of the eye."""
    rows = [Statement(entity(key), LABEL, literal(name)) for key, name in (("e", "Eye"), ("l", "Lens"), ("c", "Cataract"))]
    rows += [Statement(entity(a), IS_A, entity(b)) for a, b in ("le", "cl")]
    path = home / "eyes.nt"
    path.write_bytes(b"".join(row.line for row in rows))
    assert call("kg", "import", "eyes", str(path)).code == 0
    return "eyes"


def test_a_query_is_answered_in_json_and_its_error_is_one_sentence(eyes):
    (answer,) = call("kg", "query", eyes, "SELECT ?x { ?x rdfs:subClassOf ?y } ORDER BY ?x", "--json").documents
    assert answer["rows"] == [[entity("c")], [entity("l")]] and answer["elapsed_s"] > 0
    assert "Cataract" in call("kg", "query", eyes, "SELECT ?n { ?x rdfs:label ?n } ORDER BY ?n").out
    for text, words in (("SELECT ?x {\n ?x }", "line 2"), ("SELECT * { SERVICE <http://x> {} }", "asks nobody outside"), ("DROP ALL", "error in line 1")):
        said = call("kg", "query", eyes, text)
        assert said.code == 2 and words in said.err and said.err.count("\n") == 1
    assert call("kg", "query", eyes, "ASK {}", "--rows", "0").code == 2


def test_rules_derive_prove_and_take_back(eyes):
    assert {entry["name"] for entry in call("kg", "reason", eyes, "--list", "--json").documents if entry["usual"]} == {"is-a"}
    (found,) = call("kg", "reason", eyes, "--json").documents
    assert found["count"] == 1 and found["by_rule"] == [["is-a", 1]]
    steps = call("kg", "reason", eyes, "--why", "Cataract", "is_a", "Eye").out.splitlines()
    assert steps[-1] == "3. Cataract is_a Eye (by is-a from 1 and 2)" and steps[0].endswith("(said by eyes.nt)")
    (path,) = call("kg", "paths", eyes, "Cataract", "Eye", "--json").documents
    assert path["words"] == "Cataract —is_a→ Lens —is_a→ Eye", "a derived shortcut is no path"
    assert "1 conclusions taken back" in call("kg", "reason", eyes, "--reject", "Lens", "is_a", "Eye").out
    assert call("kg", "reason", eyes, "--why", "Cataract", "is_a", "Eye").code == 2
    assert "sh:NodeShape" in call("kg", "validate", eyes, "--starter").out
