"""Vectors of whole texts, and BERTScore, counted by hand."""

import numpy as np
import pytest

from harness.embedding.embedder import Embedder, Read, match_tokens, pooled, vector_of
from tests.embeddings import by_words


def read(*rows: tuple[float, ...], parts: tuple[bool, ...] = ()) -> Read:
    """Return a text of these token vectors."""
    return Read(np.array(rows, dtype=np.float32), np.array(parts or [True] * len(rows), dtype=bool), True)


@pytest.mark.parametrize(("pooling", "vector"), [("mean", (0.6, 0.8)), ("cls", (0.0, 1.0)), ("max", (0.6, 0.8))])
def test_one_vector_of_length_1_for_all_tokens(pooling, vector):
    """Of (0, 4) and (6, 4): the mean is (3, 4), the first (0, 4), the largest (6, 4)... scaled to 1."""
    rows = ((0.0, 4.0), (6.0, 4.0)) if pooling != "max" else ((0.0, 4.0), (3.0, 1.0))

    assert pooled(read(*rows), pooling) == pytest.approx(vector)


def test_a_vector_of_zeros_stays_one():
    """Nothing is divided by 0."""
    assert pooled(read((0.0, 0.0)), "mean").tolist() == [0.0, 0.0]


def test_bertscore_matches_each_token_with_the_nearest_of_the_other_text():
    """The answer (a, b), the reference (a, c, d), where b is at a cosine of 0.6 from c: P = 1.6 / 2, R = 1.6 / 3."""
    a, b, c, d = (1.0, 0.0, 0.0, 0.0), (0.0, 0.6, 0.8, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)

    found = match_tokens(read(a, b), read(a, c, d))

    assert found == pytest.approx((0.8, 1.6 / 3, 0.64))


def test_bertscore_leaves_out_tokens_that_are_no_part_of_a_text():
    """Otherwise [CLS] would match [CLS] in any two texts."""
    special = (1.0, 0.0)

    found = match_tokens(read(special, (0.0, 1.0), parts=(False, True)), read(special, (1.0, 0.0), parts=(False, True)))

    assert found == (0.0, 0.0, 0.0)


def test_bertscore_of_a_text_without_tokens_is_0():
    """Not an error, and not a number that is none."""
    empty = read((1.0, 0.0), parts=(False,))

    assert match_tokens(empty, read((1.0, 0.0))) == match_tokens(read((1.0, 0.0)), empty) == (0.0, 0.0, 0.0)


def test_a_model_is_a_function_from_texts_to_vectors():
    """Two texts of four words that share two have a cosine of 1/2."""
    one, other = by_words()(["the cat sat here", "the cat ran there"])

    assert one @ other == pytest.approx(0.5)


def test_a_text_is_read_once():
    """A reference is compared with the answers of both sides, and of all repeats."""
    asked = []

    def note(text: str) -> Read:
        asked.append(text)
        return read((1.0, 0.0))

    embedder = Embedder(read=note)
    for _ in range(3):
        vector_of(embedder, "same")

    assert asked == ["same"]
