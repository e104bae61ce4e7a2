"""A configuration in an address: the same comes back, and anything else is one sentence."""

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.ui.link import MAX_LINK, decode, encode


def config(**changes):
    return RunConfig.parse({"scenario": {"name": "toy"}, "model": {"name": "toy"}}).updated(changes)


@given(rounds=st.integers(1, 1000), clients=st.integers(2, 100), rate=st.floats(1e-6, 10), seed=st.integers(0, 2**31 - 1), absent=st.sets(st.integers(0, 0)))
def test_round_trip(rounds, clients, rate, seed, absent):
    given_ = config(**{
        "federation.rounds": rounds, "federation.clients": clients, "federation.learning_rate": rate, "seed": seed, "federation.absent_clients": sorted(absent),
    })
    link = encode(given_)
    assert decode(link) == given_
    assert len(link) < MAX_LINK / 2
    assert set(link) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data)).decode().rstrip("=")


@pytest.mark.parametrize("link", [
    "x", "%%%", "AAAA", encode(config())[:-7], encode(config())[3:], packed(b"not json"), packed(b"[1]"), packed(b"[" * 40_000), packed(b" " * 1_000_000),
    "é", packed(b'{"seed": NaN'),
])
def test_damage_is_one_sentence(link):
    with pytest.raises(InputError, match="damaged") as caught:
        decode(link)
    assert "\n" not in str(caught.value)


def test_a_broken_rule_is_told_with_its_reason():
    data = config().to_data()
    data["federation"]["rounds"] = 0
    with pytest.raises(InputError, match="federation.rounds"):
        decode(packed(json.dumps(data).encode()))


def test_a_long_link_is_refused_before_it_is_unpacked():
    with pytest.raises(InputError, match=str(MAX_LINK)):
        decode("A" * (MAX_LINK + 1))


@given(st.text(max_size=200))
def test_no_text_breaks_it(text):
    with pytest.raises(InputError):
        decode(text)
