"""What can be read from an update of the toy model, exactly where it is exact, and nothing where a defence says so."""

from functools import lru_cache

import numpy as np
import pytest

from fedviz.federation.leakage import labels, order, sight, study, tokens, vectors
from fedviz.federation.leakage.sight import Setting
from fedviz.federation.leakage.study import Score, Text
from fedviz.federation.leakage.subject import Subject, subject, warm_head
from fedviz.scenarios.load import load
from tests.models.small import config

SOME = config(knowledge="none", tuning="full")
VOCABULARY = 2048


@lru_cache(maxsize=3)
def toy(tuning: str = "full") -> Subject:
    """The toy with a head that was trained for a while."""
    some = SOME.updated({"model.tuning": tuning})
    return subject(some, load(some), warm_head(some, load(some)))


@lru_cache(maxsize=1)
def texts() -> list[Text]:
    data = load(SOME)
    found = toy().tokens(data.train.texts)
    return [Text(some, int(label)) for some, label in zip(found, data.train.labels, strict=True)]


def scored(setting: Setting, row: int = 0, of: Subject | None = None) -> Score:
    others = [text for other, text in enumerate(texts()) if other != row]
    return study.studied(of or toy(), texts()[row], others, setting, row)[1]


def recalls(setting: Setting, count: int) -> float:
    return float(np.mean([scored(setting, row).recall for row in range(count)]))


SLOW = [pytest.param(setting, marks=pytest.mark.slow, id=name) for name, setting in (("five steps", Setting(steps=5)), ("float16", Setting(compression="float16")))]


@pytest.mark.parametrize("setting", [pytest.param(Setting(), id="one step"), *SLOW])
def test_one_text_is_read_word_for_word_with_its_label(setting):
    for row in range(4):
        score = scored(setting, row)
        assert (score.recall, score.precision, score.placed, score.exact, score.labels) == (1, 1, 1, True, 1)


def test_words_that_occur_twice_are_put_in_both_places():
    (twice,) = toy().tokens(["the saw cut the cable and the saw"])
    assert len(set(twice)) < len(twice) - 2
    reading, score = study.studied(toy(), Text(twice, 1), [], Setting(), 0)
    assert reading.order == twice and score.exact


@pytest.mark.slow
def test_adamw_shows_the_same_words():
    for row in range(4):
        score = scored(Setting(optimizer="adamw"), row)
        assert (score.recall, score.precision, score.labels) == (1, 1, 1)


def test_a_batch_shows_the_union_of_its_words():
    held = texts()[:4]
    reading, score = study.studied(toy(), held[0], held[1:], Setting(batch=4), 0)
    assert set(reading.words) == set().union(*(text.tokens for text in held))
    assert score.recall == 1 and not score.exact


def test_the_first_round_shows_the_label_and_no_word():
    score = scored(Setting(first=True), of=subject(SOME, load(SOME)))
    assert (score.recall, score.forced, score.labels) == (0, 0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["lora", "head"])
def test_frozen_embeddings_send_no_rows_but_the_sentences_vector(tuning):
    some = toy(tuning)
    seen = study.seen(some, texts()[3], [], Setting(tuning=tuning), 0)
    assert not set(seen) & {sight.WORD, sight.POSITION}
    reading = study.read(some, seen, 1, 0)
    assert reading.words == () and reading.labels[texts()[3].label] == 1
    candidates = vectors.vectors(some, [text.tokens for text in texts()])
    assert reading.vector @ candidates[3] == pytest.approx(1, abs=1e-4)
    assert vectors.rank(reading.vector, candidates, 3) == 1


@pytest.mark.slow
def test_a_masked_update_shows_no_word_and_no_better_label_than_chance():
    found = [scored(Setting(secure="masked"), row) for row in range(20)]
    assert all(score.recall == 0 and score.placed == 0 for score in found)
    assert np.mean([score.forced for score in found]) < 0.05  # chance: a dozen of 2,048 words
    assert np.mean([score.labels for score in found]) < 0.25 + 0.35  # one of four classes, and three deviations of 20 guesses


def test_the_mask_and_not_the_text_decides_what_is_read():
    """Under one mask two texts give the attacker the same answer to the bit of what it can name."""
    one, other = (study.read(toy(), study.seen(toy(), texts()[row], [], Setting(secure="masked"), 5), 1, 6) for row in (0, 7))
    assert one.words == other.words == () and one.forced == other.forced and one.labels.tolist() == other.labels.tolist()


@pytest.mark.slow
def test_the_sum_of_all_clients_shows_the_words_and_not_whose_they_are():
    score = scored(Setting(secure="sum"))
    assert score.recall == 1 and score.precision < 0.5 and not score.exact


@pytest.mark.slow
def test_more_noise_leaves_fewer_words():
    found = [recalls(Setting(clip=0.01, noise=noise), 6) for noise in (0.0, 0.003, 0.01, 0.03, 0.3)]
    assert found == sorted(found, reverse=True) and found[0] == 1 and found[-1] == 0


def test_noise_alone_is_taken_for_no_word():
    table = np.random.default_rng(0).standard_normal((VOCABULARY, 64)).astype(np.float32)
    assert len(tokens.changed_rows(table)) <= 1
    table[77] *= 5
    assert tokens.changed_rows(table)[0] == tokens.longest_rows(table, 1)[0] == 77


@pytest.mark.slow
def test_clipping_without_noise_hides_nothing():
    assert scored(Setting(clip=0.01)).exact


def test_the_noise_that_is_added_is_the_noise_that_is_counted():
    update = {"w": np.full(40_000, 3.0, np.float32)}
    found = sight.clipped(update, 0.5, 2.0, 1)["w"]
    assert found.mean() == pytest.approx(0.5 / 200, abs=0.02) and found.std() == pytest.approx(1.0, rel=0.02)
    assert sight.epsilon(0.0) is None and sight.epsilon(1.0) == pytest.approx(10.0, abs=0.05)


def test_the_order_is_solved_and_a_word_that_is_not_there_is_left_open():
    rows = np.random.default_rng(1).standard_normal((6, 16))
    words = np.stack([rows[0] + rows[4], rows[1], rows[2] + rows[3]])
    assert order.placed(words, rows).tolist() == [0, 1, 2, 2, 0, order.UNKNOWN]
    assert order.placed(words[:0], rows).tolist() == [order.UNKNOWN] * 6


def test_counts_of_labels_are_read_from_what_is_missing():
    expected = np.array([0.4, 0.3, 0.2, 0.1])
    truth = np.array([3, 0, 4, 1])
    bias = expected - truth / 8
    assert labels.counts(bias, 8, expected).tolist() == truth.tolist()
    assert labels.agreement(np.array([4, 0, 3, 1]), truth) == pytest.approx(7 / 8)


def test_the_masked_sum_is_the_mean_of_the_updates():
    update = [{sight.BIAS: np.random.default_rng(row).standard_normal(5), "other": np.ones(2)} for row in range(3)]
    found = sight.summed([lambda one=one: one for one in update])
    assert set(found) == {sight.BIAS}
    assert found[sight.BIAS] == pytest.approx(np.mean([one[sight.BIAS] for one in update], axis=0), abs=1e-6)
