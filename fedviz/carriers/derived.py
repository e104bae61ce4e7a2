"""Files made from carriers once, because reading the originals takes seconds: tables and a graph as plain JSON."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from fedviz.carriers import excavators, gaap, hpoa, icd10cm, isic, merchants, obo
from fedviz.carriers.home import data_home
from fedviz.carriers.store import carrier, carrier_path
from fedviz.core.errors import CarrierError, UnknownNameError
from fedviz.core.files import write_atomic
from fedviz.core.i18n import N_


@dataclass(frozen=True)
class Derived:
    """One derived file: which carrier's file it is read from, the revision of our reader, and the reader (path -> plain data)."""

    title: str
    carrier: str
    file: str
    revision: int
    read: Callable[[Path], Any]


DERIVED: dict[str, Derived] = {
    "icd10cm-phrases": Derived(N_("ICD-10-CM phrases"), "icd10cm", "icd10cm-tabular.xml", 1, icd10cm.read),
    "hpo-graph": Derived(N_("HPO graph"), "hpo", "hp.obo", 2, obo.read),
    "hpo-lay": Derived(N_("HPO names in plain words"), "hpo", "hp.obo", 1, obo.read_lay),
    "hpo-diseases": Derived(N_("HPO annotations"), "hpo", "phenotype.hpoa", 3, hpoa.read),
    "excavator-orders": Derived(N_("Maintenance work orders"), "excavators", "excavators-cleaned.csv", 1, excavators.read_orders),
    "excavator-words": Derived(N_("Maintenance vocabulary"), "excavator-words", "vocab-excavators2018sexton-1g.csv", 1, excavators.read_vocabulary),
    "gaap-lines": Derived(N_("Line items of US GAAP"), "gaap", "gaap_mappings.json", 1, gaap.read_lines),
    "gaap-graph": Derived(N_("Concept tree of US GAAP"), "gaap", "gaap_mappings.json", 1, gaap.read_graph),
    "merchant-names": Derived(N_("Merchant categories"), "merchants", "iso18245_ranges.csv", 1, merchants.read),
    "isic-graph": Derived(N_("ISIC graph"), "isic", "isic-en.json", 1, isic.read),
}


def derived_path(name: str) -> Path:
    """Where a derived file lies, by the carrier's version and our revision, whether it is there or not."""
    if name not in DERIVED:
        raise UnknownNameError("derived file", name, DERIVED)
    item = DERIVED[name]
    return data_home() / "derived" / f"{name}-{carrier(item.carrier).version}-r{item.revision}.json"


def load_derived(name: str) -> Any:
    """The plain data of a derived file; made now where it is missing or damaged. `CarrierError` where its carrier is not fetched."""
    path = derived_path(name)
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return _make(name)


def make_derived(carriers: Iterable[str], progress: Callable[[str, int, int], None]) -> None:
    """Make all derived files of these carriers that are missing."""
    keys = set(carriers)
    for name, item in DERIVED.items():
        if item.carrier in keys:
            progress(item.title, 0, 1)
            if not derived_path(name).exists():
                _make(name)
            progress(item.title, 1, 1)


def _make(name: str) -> Any:
    item, path = DERIVED[name], derived_path(name)
    source = carrier_path(item.carrier, item.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        try:
            data = item.read(source)
        except (ValueError, KeyError, SyntaxError) as error:
            raise CarrierError(f"{carrier(item.carrier).title} cannot be read ({error}); run `python -m fedviz fetch --check`.") from None
        write_atomic(path, json.dumps(data, ensure_ascii=False, separators=(",", ":")))
    return data
