"""What Build says about its steps follows from the figures that were measured, in both directions."""

from fedviz.ui import kg_measured


def row(what, method, f1, scenario="medicine-coding", **more):
    return {"scenario": scenario, "what": what, "method": method, "gold": 10, "found": 10, "right": 9, "precision": f1, "recall": f1, "F1": f1, **more}


def test_near_names_are_said_to_help_only_where_they_do():
    plain = row("mentions", kg_measured.PLAIN, 0.8)
    for near, words in ((0.9, "Near names help on"), (0.8, "change nothing on"), (0.7, "harm on")):
        (said,) = kg_measured.verdicts([plain, row("mentions", kg_measured.NEAR, near)])
        assert words in said and f"{near:.2f}" in said and "0.80" in said and ("off by default" in said) == (near <= 0.8)


def test_figures_that_are_not_there_are_not_said(monkeypatch, tmp_path):
    monkeypatch.setattr(kg_measured, "RESULTS", tmp_path / "construct.json")
    assert kg_measured.read() == [] == kg_measured.verdicts([])
    (tmp_path / "construct.json").write_text('{"rows": [{"what": 1}]}')
    assert kg_measured.read() == []


def test_the_stored_figures_are_read():
    rows = kg_measured.read()
    assert any(one["method"] == kg_measured.PLAIN for one in rows) and all(isinstance(said, str) for said in kg_measured.verdicts(rows))
