"""The answer to "Where does this come from?" is complete for every carrier."""

import re
from dataclasses import asdict
from datetime import date
from importlib import resources
from pathlib import PurePosixPath

import pytest

from fedviz.carriers.pip import requirement
from fedviz.carriers.records import BENCH_CARRIERS, CARRIERS, Carrier
from fedviz.carriers.store import carrier_path, is_present

ALL = CARRIERS | BENCH_CARRIERS
every_carrier = pytest.mark.parametrize("carrier", ALL.values(), ids=ALL)


@every_carrier
def test_every_field_says_something(carrier: Carrier) -> None:
    assert all(value for name, value in asdict(carrier).items() if name not in ("any_python", "platform", "optional"))
    assert ALL[carrier.key] is carrier
    assert date(1980, 1, 1) < date.fromisoformat(carrier.date) < date(2100, 1, 1)
    assert carrier.wheel_bytes > 10_000
    assert carrier.says.endswith(".") and len(carrier.citation) > 40


@every_carrier
def test_the_pin_is_the_record(carrier: Carrier) -> None:
    assert re.fullmatch(rf"{re.escape(carrier.package)}=={re.escape(carrier.version)} --hash=sha256:[0-9a-f]{{64}}", requirement(carrier))


@every_carrier
def test_every_file_has_one_safe_name_and_the_licence_is_among_them(carrier: Carrier) -> None:
    names, inside = zip(*carrier.files, strict=True)
    assert "LICENSE" in names and len(set(names)) == len(names) == len(set(inside))
    for name, path in carrier.files:
        assert PurePosixPath(name).name == name and name not in (".", "..", "manifest.json")
        assert ".." not in PurePosixPath(path).parts and not path.startswith("/")


def test_nothing_else_is_pinned() -> None:
    lines = resources.files("fedviz.carriers").joinpath("carriers.txt").read_text(encoding="utf-8").splitlines()
    assert {line.split("==")[0] for line in lines if line and not line.startswith("#")} == {carrier.package for carrier in ALL.values()}


@every_carrier
def test_what_was_fetched_holds_every_file_of_the_record(carrier: Carrier) -> None:
    if not is_present(carrier.key):
        pytest.skip(f"the carrier {carrier.key} is not in the data folder")
    assert {path.name for path in carrier_path(carrier.key).iterdir()} == {*dict(carrier.files), "manifest.json"}
    assert re.search("permission|granted", carrier_path(carrier.key, "LICENSE").read_text(encoding="utf-8").lower())
