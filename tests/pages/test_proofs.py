"""The page Proofs: the measured rows with their equations, and a sentence where there are none."""

import json

import pytest

from fedviz.ui import proofs

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
