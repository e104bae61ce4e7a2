"""Every family reads as its own library does, packed or padded, cached or not, and a folder that is no model is refused in one sentence."""

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModel

from fedviz.core.errors import InputError
from fedviz.models.cache import ActivationCache
from fedviz.models.encoder import Encoder
from fedviz.models.folders import from_folder
from fedviz.models.frozen import FrozenLayers
from fedviz.models.options import ModelOptions
from fedviz.models.shapes import ATTENTION, LINEAR, QUERY_VALUE
from tests.models.small_folders import FAMILIES, WORDS, small_folder

TEXTS = ["the patient has strong pain in the knee", "no fever", "", "cough and fever since days of pain", "a pump leaks"]


@pytest.fixture(scope="module", params=FAMILIES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(request.param, tmp_path_factory.mktemp(request.param))


def test_layers_say_what_the_library_says(folder: Path) -> None:
    backbone = from_folder(folder, f"small-{folder.name}")
    model = AutoModel.from_pretrained(folder).eval()
    for tokens in backbone.tokenize(TEXTS, 32):
        with torch.no_grad():
            told = model(input_ids=torch.tensor([tokens])).last_hidden_state[0]
        vector = told[-1] if backbone.family.causal else told.mean(0)
        (found,) = FrozenLayers(backbone, len(backbone.layers), pooled=True, cache=ActivationCache()).alone([tokens])
        torch.testing.assert_close(found, vector, rtol=0, atol=2e-5)


@pytest.mark.parametrize("depth", [0, 2])
def test_packed_is_padded(folder: Path, depth: int) -> None:
    backbone = from_folder(folder, f"small-{folder.name}")
    family, tokens = backbone.family, backbone.tokenize(TEXTS, 32)
    lengths = [len(text) for text in tokens]
    layers = backbone.layers[depth:]
    packed = backbone.vectors_packed(family.run_packed(layers, family.embed(backbone.embeddings, tokens), lengths), lengths, backbone.final)
    padded = backbone.vectors_padded(family.run_padded(layers, family.embed_padded(backbone.embeddings, tokens, 24), lengths), lengths, backbone.final)
    torch.testing.assert_close(packed, padded, rtol=0, atol=2e-5)
    if layers:
        read = backbone.normed(family.read_packed(layers, family.embed(backbone.embeddings, tokens), lengths), backbone.final)
        torch.testing.assert_close(read, packed, rtol=0, atol=2e-5)


@pytest.mark.parametrize("targets", [QUERY_VALUE, ATTENTION, LINEAR])
def test_adapters_train_alike_cached_or_not(folder: Path, targets: str) -> None:
    """One step from adapters that already say something: the same gradients whether the layers below are cached or computed."""
    backbone = from_folder(folder, f"small-{folder.name}")
    tokens, found = backbone.tokenize(TEXTS, 32), []
    for cache in (True, False):
        encoder = Encoder(backbone, ModelOptions(name="small", tuning="lora", lora_layers=1, lora_targets=targets, cache=cache), seed=3)  # type: ignore[arg-type]
        weights = {name: weight for name, weight in encoder.named_parameters() if weight.requires_grad}
        assert weights and all("lora_" in name for name in weights)
        with torch.no_grad():
            for weight in weights.values():
                weight.copy_(torch.linspace(-0.2, 0.3, weight.numel()).view_as(weight))
        encoder(encoder.inputs(tokens)).sin().sum().backward()
        found.append(torch.cat([weight.grad.flatten() for _, weight in sorted(weights.items())]))
    assert found[0].abs().max() > 1e-3
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)


def test_full_tuning_reaches_every_weight(folder: Path) -> None:
    backbone = from_folder(folder, f"small-{folder.name}")
    encoder = Encoder(backbone, ModelOptions(name="small", tuning="full"), seed=0)
    encoder(encoder.inputs(backbone.tokenize(TEXTS, 32))).sin().sum().backward()
    assert sum(weight.numel() for weight in encoder.parameters()) == backbone.parameters
    assert all(weight.grad is not None for weight in encoder.parameters())


def test_a_causal_model_does_not_look_ahead(folder: Path) -> None:
    backbone = from_folder(folder, f"small-{folder.name}")
    if not backbone.family.causal:
        pytest.skip("sees the whole text")
    frozen = FrozenLayers(backbone, 2, pooled=False, cache=ActivationCache())
    one, other = frozen.activations([(5, 7, 9, 11), (5, 7, 12)])
    torch.testing.assert_close(one[:2], other[:2], rtol=0, atol=1e-6)
    assert not torch.allclose(one[2], other[2], atol=1e-3)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "config.json").unlink(), "must hold a config.json"),
        (lambda folder: (folder / "config.json").write_text(json.dumps({"model_type": "t5"})), "must be one of bert, roberta"),
        (lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"), "a pickle, which could run code"),
        (lambda folder: (folder / "model.safetensors").unlink(), "holds no weights"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"not weights at all"), "could not be read"),
    ],
    ids=["no config", "foreign", "pickle", "no weights", "damaged"],
)
def test_what_is_no_model_is_refused(tmp_path: Path, spoil, says: str) -> None:
    folder = small_folder("bert", tmp_path / "m")
    spoil(folder)
    with pytest.raises(InputError, match=says):
        from_folder(folder, "spoilt")


def test_a_foreign_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = small_folder("bert", tmp_path / "m")
    settings = json.loads((folder / "tokenizer.json").read_text())
    settings["model"]["vocab"] |= {f"word{i}": len(WORDS) + i for i in range(9)}
    (folder / "tokenizer.json").write_text(json.dumps(settings))
    with pytest.raises(InputError, match=f"knows {len(WORDS) + 9} and the model {len(WORDS)}"):
        from_folder(folder, "mismatched")
