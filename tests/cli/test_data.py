"""`data import`, `list`, `remove`: what a user of the command line has of texts of their own."""

import pytest

from tests.cli.conftest import call

LINES = "complaint,team,branch\n" + "".join(f"words {n},{('billing', 'network')[n % 2]},N\x1b[31m\n" for n in range(10)) + "too,few\n"


@pytest.fixture
def calls(tmp_path):
    (tmp_path / "calls.csv").write_text(LINES)
    return tmp_path / "calls.csv"


def test_texts_are_imported_listed_and_removed(calls):
    first = call("data", "import", "calls", str(calls), "--licence", "CC0", "--json")
    (document,) = first.documents
    assert first.code == 0 and first.err == "" and document["rows"] == 10 and document["classes"] == {"billing": 5, "network": 5} and document["licence"] == "CC0"
    assert document["skipped"] == 1 and document["examples"][0]["line"] == 12 and document["columns"]["text"] == "complaint" and document["columns"]["client"] == "branch"
    assert "already" in call("data", "import", "calls", str(calls)).err
    again = call("data", "import", "calls", str(calls), "--replace", "--client", "", "--title", "Calls")
    assert again.code == 0 and "10 texts in 2 classes as calls@" in again.out and "calls.csv, line 12: it has 2 cells" in again.out and "\x1b" not in again.out
    assert [one["title"] for one in call("data", "list", "--json").documents] == ["Calls"] and "Calls" in call("data", "list").out
    assert call("data", "remove", "calls", "--json").documents == [{"removed": "calls"}] and call("data", "list", "--json").documents == []


def test_a_folder_with_a_file_for_each_client(tmp_path):
    for name in ("north", "south"):
        (tmp_path / f"{name}.csv").write_text("text,label\na,1\nb,2\n")
    (document,) = call("data", "import", "sites", str(tmp_path), "--set", "client_is_file=true", "--json").documents
    assert document["clients"] == {"north": 2, "south": 2} and call("data", "remove", "sites").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("calls",), "files or folders, or --hub"),
        (("calls", "FILE", "--hub", "a/b"), "one of the two"),
        (("calls", "FILE", "--revision", "main"), "belong to --hub"),
        (("../x", "FILE"), "lower-case letters"),
        (("calls", "nowhere.csv"), "no file"),
        (("calls", "FILE", "--label", "nothing"), "no column 'nothing'; it has: 'complaint', 'team', 'branch'"),
        (("calls", "FILE", "--set", "encoding=klingon"), "encoding"),
        (("calls", "FILE", "--set", "encoding"), "key=value"),
        (("calls", "--hub", "a/b"), "comes by network"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(calls, monkeypatch, arguments, words):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    said = call("data", "import", *(str(calls) if part == "FILE" else part for part in arguments))
    assert said.code == 2 and words in said.err and said.err.count("\n") == 1 and said.out == ""
    assert call("data", "list", "--json").documents == []
