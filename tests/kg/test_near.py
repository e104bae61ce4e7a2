"""Linking by embedding, with an embedding that can be computed in the head: letters of a text counted."""

import numpy as np
import pytest

from fedviz.kg.link import Linker
from fedviz.kg.near import NearLinker, near_linker
from fedviz.kg.vectors import load_vectors, make_vectors, names_of, vectors_path


def letters(texts):
    """Unit rows of letter counts."""
    rows = np.array([[text.count(chr(97 + letter)) for letter in range(26)] for text in texts], dtype=np.float32) + 1e-3
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def near(eyes):
    names = names_of(eyes)
    return NearLinker(Linker(eyes), names, letters([name for name, _ in names]), letters, threshold=0.97)


def test_words_of_another_order_are_found_by_embedding(near):
    (mention,) = near.link("She has a lens, cloudy indeed: lens cloudy.")
    assert (mention.surface, mention.entity, mention.method) == ("lens cloudy", "c", "embedding")
    assert 0.97 <= mention.score <= 1


def test_exact_names_come_first_and_are_not_overlapped(near):
    mentions = near.link("Cloudy lens and loss hearing")
    assert [(mention.surface, mention.method) for mention in mentions] == [("Cloudy lens", "exact"), ("loss hearing", "embedding")]
    assert mentions == tuple(sorted(mentions))


def test_a_span_never_crosses_an_exact_name_or_a_full_stop(near):
    assert near.link("loss. Hearing") == ()
    assert [mention.surface for mention in near.link("loss deafness hearing")] == ["deafness"]


def test_nothing_is_found_in_nothing(near):
    assert near.link("") == () and near.link("the of and 12 3") == ()
    assert near.link_many([]) == ()


def test_many_texts_are_linked_like_one(near):
    texts = ["lens cloudy", "no", "Cloudy lens and loss hearing"]
    assert near.link_many(texts) == tuple(near.link(text) for text in texts)


def test_vectors_are_made_once_and_kept_in_half_precision(eyes, tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    assert load_vectors(eyes, "letters") is None
    told = []
    made = make_vectors(eyes, "letters", letters, lambda done, total: told.append((done, total)))
    assert made.dtype == np.float16 and made.shape == (len(names_of(eyes)), 26) and told[-1] == (9, 9)
    again = make_vectors(eyes, "letters", lambda texts: pytest.fail("embedded again"))
    np.testing.assert_array_equal(made, again)
    np.testing.assert_allclose(made, letters([name for name, _ in names_of(eyes)]), atol=1e-3)


def test_an_interrupted_making_goes_on_where_it_stopped(eyes, tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    monkeypatch.setattr("fedviz.kg.vectors._CHUNK", 4)
    asked = []

    def stops(texts):
        asked.extend(texts)
        if len(asked) > 4:
            raise KeyboardInterrupt
        return letters(texts)

    with pytest.raises(KeyboardInterrupt):
        make_vectors(eyes, "letters", stops)
    assert load_vectors(eyes, "letters") is None
    later = []
    rows = make_vectors(eyes, "letters", lambda texts: later.extend(texts) or letters(texts))
    assert not set(asked[:4]) & set(later) and len(later) == len(names_of(eyes)) - 4
    np.testing.assert_allclose(rows, letters([name for name, _ in names_of(eyes)]), atol=1e-3)
    assert [path.name for path in (tmp_path / "derived").iterdir()] == [vectors_path(eyes, "letters").name]


def test_damaged_vectors_are_made_again(eyes, tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    make_vectors(eyes, "letters", letters)
    vectors_path(eyes, "letters").write_bytes(b"half a file")
    assert load_vectors(eyes, "letters") is None
    assert make_vectors(eyes, "letters", letters).shape == (len(names_of(eyes)), 26)


def test_a_linker_from_the_data_folder_embeds_a_span_once(eyes, tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    asked = []
    linker = near_linker(Linker(eyes), "letters", lambda texts: asked.extend(texts) or letters(texts), threshold=0.97)
    del asked[:]
    first = linker.link("lens cloudy")
    assert [mention.entity for mention in first] == ["c"] and "lens cloudy" in asked
    del asked[:]
    assert linker.link("lens cloudy") == first and asked == []
