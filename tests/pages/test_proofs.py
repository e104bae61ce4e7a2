"""The page Proofs: the measured rows with their equations, and a sentence where there are none."""

import json

import pytest

from fedviz.ui import oracles, proofs

ROW = {
    "algorithm": "FedAvg", "law": "stops where the clients' local steps balance", "equation": "w = 1", "paper": "Somebody 2017", "ours": "|w| = 1.0",
    "expected": "|w| = 1.0", "error": 1e-12, "side": "at most", "limit": 1e-8, "holds": True,
}  # fmt: skip


def said(at):
    return " ".join(str(element.value) for element in (*at.markdown, *at.caption, *at.info))


@pytest.fixture
def results(tmp_path, monkeypatch):
    """`results(document)`: what the page reads."""
    monkeypatch.setattr(proofs, "RESULTS", tmp_path / "papers.json")
    return lambda text: (tmp_path / "papers.json").write_text(text if isinstance(text, str) else json.dumps(text))


def test_every_row_of_the_shipped_file_is_shown_with_its_equation_and_paper(open_page):
    at = open_page("proofs")
    rows = json.loads(proofs.RESULTS.read_text())["rows"]
    assert sorted(block.value.strip("$\n ") for block in at.latex) == sorted(row["equation"].strip() for row in rows)
    assert [entry.label.replace("\\", "").partition(":")[0] for entry in at.expander] == list(dict.fromkeys(row["algorithm"] for row in rows)), "each algorithm opens by itself"
    assert f"{len(rows)} of {len(rows)}" in said(at) and "arXiv:1602.05629" in said(at).replace("\\", "")
    assert at.code[0].value == proofs.COMMAND


def test_a_row_that_fails_is_said_to(open_page, results):
    results({"rows": [ROW, ROW | {"holds": False, "error": 0.5}]})
    at = open_page("proofs")
    assert "**1 of 2** hold" in said(at) and "**does not hold**" in said(at)


@pytest.mark.parametrize("damaged", [None, "", "[]", '{"rows": 3}', '{"rows": [{"algorithm": "x"}]}', {"rows": [ROW | {"side": "about"}]}, {"rows": [ROW], "series": {"mnist": 3}}])
def test_without_a_measurement_there_is_one_sentence(open_page, results, damaged):
    if damaged is not None:
        results(damaged)
    at = open_page("proofs")
    assert "python -m fedviz bench papers" in at.info[0].value and not at.latex and not at.dataframe


ORACLE = {"framework": "other 1.0", "algorithm": "FedAvg", "difference": 1e-9, "paper": 1e-16, "left": 1e-9, "state": "same", "reason": ""}


def test_other_frameworks_stand_in_a_table_with_a_sentence_for_each_difference(open_page):
    rows = json.loads(oracles.RESULTS.read_text())["rows"]
    at = open_page("proofs")
    assert "Against other frameworks" in [header.value for header in at.subheader]
    assert list(at.dataframe[1].value["Algorithm"]) == [row["algorithm"] for row in rows]
    words = said(at).replace("\\", "")
    assert all(row["reason"] in words for row in rows)


def test_a_difference_without_a_reason_and_a_missing_framework_are_said(open_page, tmp_path, monkeypatch):
    path = tmp_path / "oracles.json"
    monkeypatch.setattr(oracles, "RESULTS", path)
    path.write_text(json.dumps({"rows": [ORACLE, ORACLE | {"difference": 0.5, "left": 0.5, "state": "unexplained"}, ORACLE | {"difference": None, "left": None, "state": "not installed"}]}))
    words = said(open_page("proofs"))
    assert "Of 3 comparisons **1** end in the same weights" in words
    assert "**1** differ for a reason that is not known" in words and "**1** were not measured" in words


@pytest.mark.parametrize("damaged", [None, "[]", '{"rows": [{}]}', json.dumps({"rows": [ORACLE | {"state": "perhaps"}]})])
def test_without_a_comparison_there_is_one_sentence(tmp_path, monkeypatch, damaged):
    path = tmp_path / "oracles.json"
    monkeypatch.setattr(oracles, "RESULTS", path)
    if damaged is not None:
        path.write_text(damaged)
    assert oracles.read() == ()
