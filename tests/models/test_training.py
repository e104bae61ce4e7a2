"""What saves work changes no result, and the same seed gives the same bits."""

from pathlib import Path

import pytest

from fedviz.models.cache import SHARED
from tests.models.small import config, largest_difference, learner, same_bits, trained
from tests.models.small_folders import FAMILIES, small_folder

TOLERANCE = 1e-5
"""Greatest difference of a trained weight between two orders of the same additions, in float32."""

FULL_TOLERANCE = 1e-4
"""The same where every weight is trained: AdamW divides by the root of squared gradients, and some of these are tiny."""

MOVED = 1e-2
"""Training must move some weight further than this, so that equal weights mean equal training."""


@pytest.mark.parametrize("tuning", ["head", "lora"])
@pytest.mark.parametrize(("cache", "bucket"), [(True, True), (True, False), (False, True)])
def test_cached_and_unpadded_training_is_plain_training(tuning: str, cache: bool, bucket: bool) -> None:
    plain = config(tuning=tuning, cache=False, bucket=False)
    expected = trained(plain)
    assert largest_difference(expected, learner(plain).arrays()) > MOVED
    SHARED.clear()
    assert largest_difference(trained(config(tuning=tuning, cache=cache, bucket=bucket)), expected) < TOLERANCE


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("tuning", ["head", "lora"])
def test_every_family_trains_alike_cached_and_unpadded(family: str, tuning: str, tmp_path: Path) -> None:
    source = str(small_folder(family, tmp_path / family))
    plain, fast = (config(name="pretrained", source=source, tuning=tuning, lora_layers=2, max_tokens=24, cache=saving, bucket=saving) for saving in (False, True))
    expected = trained(plain)
    assert largest_difference(expected, learner(plain).arrays()) > MOVED
    SHARED.clear()
    assert largest_difference(trained(fast), expected) < TOLERANCE


def test_full_tuning_without_padding_is_full_tuning() -> None:
    plain = config(tuning="full", bucket=False)
    expected = trained(plain)
    assert largest_difference(expected, learner(plain).arrays()) > MOVED
    assert largest_difference(trained(config(tuning="full", bucket=True)), expected) < FULL_TOLERANCE


@pytest.mark.parametrize("tuning", ["head", "lora", "full"])
def test_the_same_seed_gives_the_same_bits(tuning: str) -> None:
    SHARED.clear()
    cold = trained(config(tuning=tuning))
    assert same_bits(trained(config(tuning=tuning)), cold)
    assert not same_bits(trained(config(tuning=tuning), seed=2), cold)


def test_another_seed_starts_with_other_adapters() -> None:
    first, again, other = (learner(config(seed)).arrays() for seed in (0, 0, 1))
    assert same_bits(first, again)
    assert [name for name in first if first[name].tobytes() != other[name].tobytes()] == [name for name in first if "lora_A" in name]


def test_a_cache_filled_by_other_texts_changes_no_bit() -> None:
    SHARED.clear()
    cold = trained(config())
    SHARED.clear()
    learner(config(seed=5))  # other tickets with some texts in common
    assert same_bits(trained(config()), cold)


def test_training_leaves_the_shared_backbone_alone() -> None:
    from fedviz.models.toy import load

    some = config(tuning="full")
    backbone = load(some.model)
    modules = (backbone.embeddings, *backbone.layers)
    before = [weight.clone() for module in modules for weight in module.parameters()]
    trained(some)
    after = [weight for module in modules for weight in module.parameters()]
    assert all(one.equal(other) for one, other in zip(before, after, strict=True))
