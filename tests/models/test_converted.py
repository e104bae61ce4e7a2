"""A model that is converted from its carrier is there whole or not at all, and is converted once."""

from pathlib import Path

import pytest

from fedviz.carriers.store import is_present
from fedviz.core.errors import CarrierError
from fedviz.models import converted as module
from fedviz.models.converted import converted, converted_path


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    source = tmp_path / "smollm2.gguf"
    source.write_text("weights")
    monkeypatch.setattr(module, "carrier_path", lambda key, file: source)
    return source


def test_a_model_is_converted_once(source: Path) -> None:
    def convert(file: Path, into: Path) -> None:
        calls.append(file)
        (into / "model").write_text(file.read_text())

    calls: list[Path] = []
    first, second = (converted("smollm2", "smollm2.gguf", 7, convert) for _ in range(2))
    assert calls == [source] and first == second == converted_path("smollm2", 7)
    assert (first / "model").read_text() == "weights"


def test_a_stopped_conversion_leaves_nothing_and_starts_again(source: Path) -> None:
    def stopped(file: Path, into: Path) -> None:
        (into / "model").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        converted("smollm2", "smollm2.gguf", 7, stopped)
    place = converted_path("smollm2", 7)
    assert not place.exists()
    killed = place.parent / f".{place.name}.killed"  # what a killed process cannot tidy up
    killed.mkdir()
    assert converted("smollm2", "smollm2.gguf", 7, lambda file, into: None) == place
    assert {path.name for path in place.parent.iterdir()} <= {place.name, f"{place.name}.lock"}


@pytest.mark.parametrize(("error", "says"), [(OSError(28, "No space left on device"), "could not be converted in the data folder .*: No space left"), (KeyError("tokens"), "fetch smollm2 --check")])
def test_what_goes_wrong_is_one_sentence(source: Path, error: Exception, says: str) -> None:
    def convert(file: Path, into: Path) -> None:
        raise error

    with pytest.raises(CarrierError, match=says):
        converted("smollm2", "smollm2.gguf", 7, convert)


@pytest.mark.slow
@pytest.mark.skipif(not is_present("smollm2"), reason="the carrier smollm2 is not in the data folder; run `python -m fedviz fetch smollm2`")
def test_smollm2_knows_english() -> None:
    """Its weights stand where they belong: it goes on with what is right, and its backbone is the same model."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from fedviz.models.smollm2 import SmolLM2Options, folder, load

    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder()).eval(), AutoTokenizer.from_pretrained(folder())
    read = tokenizer("The capital of France is", return_tensors="pt")
    with torch.no_grad():
        written = model.generate(**read, max_new_tokens=3, do_sample=False)
    assert "Paris" in tokenizer.decode(written[0])
    backbone = load(SmolLM2Options())
    assert backbone.parameters == 134_515_008 and len(backbone.layers) == 30 and backbone.width == 576
