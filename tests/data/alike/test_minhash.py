"""Signatures: they estimate the similarity of the definition, find what is similar, and never change."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data.alike.likeness import grams_of, similarity, worded
from harness.data.alike.minhash import candidates, estimated, gram_hashes, jaccard, near_known, signatures

WORDS = [
    "oven",
    "butter",
    "train",
    "ticket",
    "refund",
    "card",
    "window",
    "garden",
    "monday",
    "river",
    "paper",
    "engine",
    "letter",
    "music",
    "doctor",
    "winter",
    "bread",
    "copper",
    "island",
    "market",
    "pencil",
    "saddle",
    "thunder",
    "velvet",
    "walnut",
    "yellow",
    "zipper",
    "anchor",
    "basket",
    "candle",
    "dragon",
    "elbow",
]


def sentences(count, seed=1):
    """Return sentences of 12 words, every second one an earlier one with a word changed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    made = []
    for place in range(count):
        words = chance.choices(WORDS, k=12) if place % 2 == 0 else made[place - 1].split()
        if place % 2:
            words[chance.randrange(12)] = chance.choice(WORDS)
        made.append(" ".join(words))
    return made


def test_a_text_has_the_same_signature_in_every_version():
    """Signatures are saved beside adapters."""
    assert signatures(["charged twice", "我的卡"])[:, :8].tolist() == [
        [50, 126, 214, 2, 106, 6, 176, 97],
        [61, 140, 212, 165, 215, 29, 83, 29],
    ]


def test_a_signature_does_not_depend_on_what_else_is_signed():
    """Nor on how many texts are computed at once."""
    texts = [*sentences(20), "", "a", "x" * 250_000, "b"]

    together = signatures(texts)

    assert all((signatures([text])[0] == together[place]).all() for place, text in enumerate(texts))
    assert signatures([]).shape == (0, 128)


def test_estimates_are_near_the_similarity_of_the_definition():
    """Within four standard errors, and right on average."""
    texts = sentences(400)
    signed = signatures(texts)
    real = np.array([similarity(grams_of(texts[n]), grams_of(texts[n + 1])) for n in range(0, 400, 2)])

    errors = estimated(signed[0::2], signed[1::2]) - real

    assert np.abs(errors).max() < 0.17
    assert abs(errors.mean()) < 0.01


@given(st.text("abc ", max_size=20), st.text("abc ", max_size=20))
def test_the_similarity_of_hashes_is_that_of_the_grams(one, other):
    """Short texts are a gram themselves."""
    exact = similarity(grams_of(one), grams_of(other))

    assert jaccard(gram_hashes(one), gram_hashes(other)) == exact


def test_nearly_all_similar_pairs_are_candidates():
    """At least 95 of 100, at a similarity of .7; none is there twice, and the earlier place is first."""
    texts = sentences(600)
    sets = [grams_of(text) for text in texts]
    near = {(one, two) for two in range(600) for one in range(two) if similarity(sets[one], sets[two]) >= 0.7}

    found = [tuple(pair) for pair in candidates(signatures(texts), 0.7).tolist()]

    assert len(near) > 150
    assert len(near & set(found)) >= 0.95 * len(near)
    assert len(set(found)) == len(found)
    assert all(one < two for one, two in found)


def test_only_given_places_are_compared():
    """By their places among all."""
    signed = signatures(["charged twice in may", "other", "charged twice in may", "charged twice in may"])

    assert candidates(signed, 0.7, np.array([0, 1, 3])).tolist() == [[0, 3]]
    assert candidates(signed[:0], 0.7).tolist() == []


def test_thousands_of_equal_texts_are_compared_a_few_times_each():
    """Not each with each."""
    signed = np.repeat(signatures(["charged twice in may"]), 5_000, axis=0)

    assert len(candidates(signed, 0.7)) < 2 * 5_000


def test_texts_are_found_among_known_ones():
    """With the places in both, and the estimated similarity."""
    known = signatures(["where is my parcel", "i was charged twice in may"])

    assert list(near_known(signatures(["nothing like it", "i was charged twice in may"]), known, 0.7)) == [(1, 1, 1.0)]


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_can_be_signed(text):
    """And is similar to itself."""
    plain = worded(text)

    assert estimated(signatures([plain])[0], signatures([plain])[0]) == 1
