"""What went wrong with each case: the same whether numpy counts it or not."""

import random
from array import array

import pytest

from harness.records.scored import CaseScore, Score
from harness.report.evidence import categories
from harness.report.evidence.categories import Categories, count_different


def noted(*pairs: tuple[str, str]) -> Categories:
    """Return what is kept of answers, by case and category, each to a request of its own."""
    found = Categories()
    for number, (case, category) in enumerate(pairs):
        score = Score(value=0.0, category=category)
        found.add(CaseScore(case_id=case, group=None, tags=(), repeat=0, request_key=f"{number}", score=score))
    return found


@pytest.mark.parametrize("many", [categories.MANY, 0])
def test_a_case_has_the_category_of_most_of_its_repeats(many, monkeypatch):
    """Where two are as frequent, the first by name; a case without any has none."""
    monkeypatch.setattr(categories, "MANY", many)
    found = noted(
        ("a", "late"), ("b", "empty"), ("a", "cut"), ("c", "wrong"), ("b", "wrong"), ("b", "wrong"), ("c", "cut")
    )

    assert found.of_cases(["c", "b", "x", "a"]) == ["cut", "wrong", "", "cut"]


def test_numpy_finds_the_same(monkeypatch):
    """In a thousand answers to a hundred cases."""
    chance = random.Random(5)  # noqa: S311 - invented words
    found = noted(*((f"case {chance.randrange(100)}", chance.choice(("zeal", "b", "a"))) for _ in range(1_000)))
    asked = [f"case {number}" for number in range(110)]
    before = found.of_cases(asked), found.counted(), found.counted(asked[:10])

    monkeypatch.setattr(categories, "MANY", 0)

    assert (found.of_cases(asked), found.counted(), found.counted(asked[:10])) == before
    assert set(before[0]) == {"zeal", "b", "a", ""}
    assert before[1].total() == 1_000


@pytest.mark.parametrize("many", [categories.MANY, 0])
def test_hashes_that_differ_are_counted(many, monkeypatch):
    """Each once, the lowest and the highest too."""
    monkeypatch.setattr(categories, "MANY", many)

    assert count_different(array("q", [5, -(2**63), 5, 2**63 - 1, -1, -1])) == 4
    assert count_different(array("q")) == 0
