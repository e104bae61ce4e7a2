"""What is said of a model before it is loaded is what it is: arrays, adapters and number of weights of every family, and facts of every entry."""

import json
from pathlib import Path

import pytest

from fedviz.carriers.store import is_present
from fedviz.core.errors import ConfigError, InputError
from fedviz.core.registry import MODELS
from fedviz.models.encoder import Encoder
from fedviz.models.folders import from_folder
from fedviz.models.options import ModelOptions
from fedviz.models.pretrained import PretrainedOptions, facts, shape
from fedviz.models.shapes import ATTENTION, LINEAR, QUERY_VALUE, shape_of
from tests.models.small_folders import FAMILIES, small_folder


@pytest.fixture(scope="module", params=FAMILIES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(request.param, tmp_path_factory.mktemp(request.param))


def trained(folder: Path, **options: object) -> dict[str, tuple[int, ...]]:
    encoder = Encoder(from_folder(folder, f"shapes-{folder.name}"), ModelOptions(name="small", **options), seed=0)  # type: ignore[arg-type]
    return {name: tuple(weight.shape) for name, weight in encoder.named_parameters() if weight.requires_grad}


def test_arrays_are_those_of_the_model(folder: Path) -> None:
    found = shape_of(json.loads((folder / "config.json").read_text()))
    assert found.arrays() == trained(folder, tuning="full")
    assert found.parameters == from_folder(folder, f"shapes-{folder.name}").parameters
    assert shape(PretrainedOptions(source=str(folder))) == found


@pytest.mark.parametrize("where", [QUERY_VALUE, ATTENTION, LINEAR])
def test_adapters_are_those_of_the_model(folder: Path, where: str) -> None:
    found = shape_of(json.loads((folder / "config.json").read_text()))
    assert found.adapters(2, 3, where) == trained(folder, tuning="lora", lora_layers=2, lora_rank=3, lora_targets=where)


@pytest.mark.parametrize("kind", ["bert", "roberta", "gpt2", "llama"])
def test_what_a_configuration_leaves_out_is_its_class_default(kind: str) -> None:
    from transformers import AutoConfig

    plain = AutoConfig.for_model(kind)
    assert shape_of({"model_type": kind}) == shape_of(plain.to_dict())


@pytest.mark.parametrize("name", [name for name in MODELS.names() if name not in ("pretrained", "scratch")])
def test_every_entry_says_what_it_is(name: str) -> None:
    entry = MODELS.get(name)
    options = entry.options()
    said = entry.facts(options)
    assert said.licence and said.languages and said.revision and entry.shape(options).parameters > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODELS.names() if name not in ("pretrained", "scratch")])
def test_every_entry_has_the_weights_that_it_says(name: str) -> None:
    """Those that load by their options alone; what is brought along or made from a run's texts is measured by the tests around."""
    entry = MODELS.get(name)
    if not all(map(is_present, entry.carriers)):
        pytest.skip("its carrier is not in the data folder")
    backbone, said = entry.load(entry.options()), entry.shape(entry.options())
    assert (backbone.parameters, backbone.width, len(backbone.layers)) == (said.parameters, said.width, said.layers)


def test_a_card_says_licence_and_languages(tmp_path: Path) -> None:
    place = small_folder("bert", tmp_path / "m")
    options = PretrainedOptions(source=str(place))
    assert facts(options).licence == facts(options).languages == "see its publisher"
    (place / "README.md").write_text("---\nlicense: mit\nlanguage:\n- en\n- zh\n---\n# A model\n")
    assert (facts(options).licence, facts(options).languages) == ("mit", "en, zh")
    (place / "README.md").write_text("---\nlicense: [\n---\n")
    assert facts(options).licence == "see its publisher"


@pytest.mark.parametrize("config", [{"model_type": "t5"}, {"model_type": "bert", "hidden_size": "wide"}, {"model_type": "llama", "num_attention_heads": 0}])
def test_a_configuration_without_sizes_is_refused(config: dict, tmp_path: Path) -> None:
    place = small_folder("bert", tmp_path / "m")
    (place / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="must"):
        shape(PretrainedOptions(source=str(place)))
    with pytest.raises(ConfigError, match="source=''"):
        shape(PretrainedOptions())
