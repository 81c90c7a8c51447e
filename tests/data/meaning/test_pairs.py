"""Which rows mean the same: clusters around a first row, contradictions, and the same result in blocks of any size."""

import numpy as np
import pytest

from harness.data.meaning import pairs
from harness.data.meaning.model import LENGTH
from harness.data.meaning.pairs import NONE, Compared, Vectors, nearest


def vectors(*angles: float):
    """Return vectors at angles in degrees, kept."""
    radians = np.radians(angles)
    values = np.zeros((len(angles), LENGTH), dtype=np.float32)
    values[:, 0], values[:, 1] = np.cos(radians), np.sin(radians)
    kept = Vectors()
    kept.add(values)
    return kept


def rows(count, **columns: object):
    """Return rows that are all alike but for some columns."""
    given = {
        "is_compared": np.ones(count, dtype=bool),
        "alike": np.ones(count, dtype=np.uint64),
        "apart": np.zeros(count, dtype=np.uint64),
        "answer": np.ones(count, dtype=np.uint64),
        "is_definite": np.ones(count, dtype=bool),
    }
    return Compared(**(given | {name: np.array(value, given[name].dtype) for name, value in columns.items()}))


def test_a_row_belongs_to_the_first_that_means_the_same():
    """A cosine of .9 is 25.8 degrees."""
    found = nearest(vectors(0, 90, 20, 100), rows(4))

    assert found.first.tolist() == [NONE, NONE, 0, 1]
    assert found.cosine[2] == pytest.approx(np.cos(np.radians(20)), abs=1e-3)


def test_a_chain_is_no_cluster():
    """0 and 40 degrees are not alike, whatever is between: each row is like the first one of its cluster."""
    found = nearest(vectors(0, 20, 40), rows(3))

    assert found.first.tolist() == [NONE, 0, NONE]


def test_rows_that_differ_in_what_is_around_or_in_numbers_are_apart():
    """And so are rows of one template, and those that don't take part."""
    assert nearest(vectors(0, 1), rows(2, alike=[1, 2])).first.tolist() == [NONE, NONE]
    assert nearest(vectors(0, 1), rows(2, apart=[7, 7])).first.tolist() == [NONE, NONE]
    assert nearest(vectors(0, 1), rows(2, apart=[7, 8])).first.tolist() == [NONE, 0]
    assert nearest(vectors(0, 1), rows(2, is_compared=[True, False])).first.tolist() == [NONE, NONE]


def test_other_definite_outputs_contradict_from_very_near_on():
    """.95 is 18.2 degrees; what contradicts is no copy, and of free outputs many are right."""
    near = nearest(vectors(0, 10), rows(2, answer=[1, 2]))
    far = nearest(vectors(0, 22), rows(2, answer=[1, 2]))
    free = nearest(vectors(0, 10), rows(2, answer=[1, 2], is_definite=[True, False]))

    assert (near.contradicted.tolist(), near.first.tolist()) == ([NONE, 0], [NONE, NONE])
    assert (far.contradicted.tolist(), far.first.tolist()) == ([NONE, NONE], [NONE, 0])
    assert (free.contradicted.tolist(), free.first.tolist()) == ([NONE, NONE], [NONE, 0])


@pytest.mark.parametrize("block", [1, 2, 3, 7, 50])
def test_blocks_of_any_size_find_the_same(block, monkeypatch):
    """The file is read in blocks, so that memory is bounded."""
    chance = np.random.default_rng(3)
    angles, answers = chance.uniform(0, 120, 50), chance.integers(1, 3, 50)
    whole = nearest(vectors(*angles), rows(50, answer=answers))
    monkeypatch.setattr(pairs, "BLOCK", block)

    found = nearest(vectors(*angles), rows(50, answer=answers))

    assert found.first.tolist() == whole.first.tolist()
    assert found.contradicted.tolist() == whole.contradicted.tolist()
    assert sum(one != NONE for one in whole.first) > 10


def test_no_rows_have_no_pairs():
    """And no block."""
    assert nearest(Vectors(), rows(0)).first.tolist() == []
