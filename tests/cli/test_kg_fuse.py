"""`kg fuse`: two files, one graph, decisions and settlements by command, all of it as JSON."""

import pytest

from fedviz.kg.store import folder
from tests.cli.conftest import call


@pytest.fixture
def graph(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    for name, drug, year in (("one", "Aspirin", 3), ("two", "Aspirins", 3), ("three", "Ibuprofen", 4)):
        born = "".join(f'<urn:e:p{number}> <urn:r:born> "19{number if number != 3 else year:02d}" .\n' for number in range(12))
        (tmp_path / f"{name}.nt").write_text(f'<urn:e:{name}> {label} "{drug}" .\n{born}')
        assert call("kg", "import", "g", str(tmp_path / f"{name}.nt")).code == 0
    return "g"


def test_from_two_names_to_one_thing_and_back(graph):
    assert call("kg", "fuse", "find", graph, "--json", "--set", "meaning=false", "--set", "automatic=1").documents[0]["merged"] == 0
    pair = call("kg", "fuse", "queue", graph, "--json").documents[0]
    assert set(pair["names"]) == {"Aspirin", "Aspirins"} and 0 < pair["score"] < 1
    assert call("kg", "fuse", "decide", graph, pair["left"], pair["right"], "same", "--json").documents == [{"changed": 1}]
    assert call("kg", "fuse", "decisions", graph, "--json").documents == [{"left": "urn:e:one", "verdict": "same", "right": "urn:e:two"}]
    assert "decisions taken back" in call("kg", "fuse", "undo", graph, "urn:e:one", "urn:e:two").out
    again = call("kg", "fuse", "undo", graph, "urn:e:one", "urn:e:two")
    assert again.code == 2 and "Nothing was decided" in again.err and again.out == ""


def test_a_contradiction_is_told_settled_and_opened_again(graph):
    before = folder.read(graph).digest
    (found,) = call("kg", "fuse", "contradictions", graph, "--json").documents
    assert found["kind"] == "functional" and found["subject"] == "<urn:e:p3>"
    assert set(call("kg", "fuse", "trust", graph, "--json").documents[0]["trust"]) == {"1-one-nt", "2-two-nt", "3-three-nt"}
    assert "asserted -> rejected" in call("kg", "fuse", "settle", graph, "--by", "majority", "--dry-run").out and folder.read(graph).digest == before
    assert call("kg", "fuse", "settle", graph, "--by", "majority", "--about", "urn:e:p3", "--json").documents == [{"changed": 1}]
    assert call("kg", "fuse", "contradictions", graph, "--json").documents == []
    assert "1 contradictions" in call("kg", "fuse", "contradictions", graph, "--settled").out
    assert call("kg", "fuse", "restore", graph, "--json").documents == [{"changed": 1}] and folder.read(graph).digest == before


@pytest.mark.parametrize("arguments", [("find", "nowhere"), ("find", "g", "--set", "least=7"), ("decide", "g", "urn:a", "urn:a", "same")])
def test_what_cannot_be_is_one_sentence(graph, arguments):
    said = call("kg", "fuse", *arguments)
    assert said.code == 2 and said.err.count("\n") == 1 and said.err.startswith("fedviz: ")
