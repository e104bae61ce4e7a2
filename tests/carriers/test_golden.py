"""What the real carriers hold; counts were read off the files once."""

import pytest

from fedviz.carriers.derived import load_derived
from fedviz.carriers.fetch import default_keys
from fedviz.carriers.store import carrier_path, is_present

needs_carriers = pytest.mark.skipif(not all(map(is_present, default_keys())), reason="the carriers are not in the data folder: run `python -m fedviz fetch`")


@needs_carriers
def test_files_are_what_was_unpacked():
    assert all(is_present(key, thorough=True) for key in default_keys())


@needs_carriers
def test_tabular_list():
    data = load_derived("icd10cm-phrases")
    assert data["version"] == "2026"
    assert len(data["chapters"]) == 22
    assert len(data["phrases"]) == 59_450
    assert len({row[2] for row in data["phrases"]}) == 1_918


@needs_carriers
def test_ontology():
    data = load_derived("hpo-graph")
    assert data["version"] == "2025-01-16"
    assert len(data["entities"]) == 18_387
    assert len(data["is_a"]) == 22_741
    assert len({row[4] for row in data["entities"]}) == 24  # 23 organ systems, and the root under its own name


@needs_carriers
def test_annotations():
    data = load_derived("hpo-diseases")
    assert (data["annotations"], data["diseases_annotated"]) == (271_702, 12_687)


@pytest.mark.slow
@needs_carriers
def test_minilm_loads_as_a_pretrained_model():
    transformers = pytest.importorskip("transformers")
    model = transformers.AutoModel.from_pretrained(carrier_path("minilm", ""))
    tokenizer = transformers.AutoTokenizer.from_pretrained(carrier_path("minilm", ""))
    assert sum(weight.numel() for weight in model.parameters()) == 22_713_216
    assert tokenizer("cloudy lens")["input_ids"] == [101, 24706, 10014, 102]
