"""Problems that are kept on disk: as many as there are, each as it was told, kind by kind."""

import pytest

from harness.data.checks.problem import Kind, Problem
from harness.data.checks.told import Problems, Told, by_kind

KINDS = tuple(Kind(name=name, title=name, remedy="mend it") for name in ("html", "leak", "phone"))
TOLD = [
    Problem(kind="phone", places=("a:1",), told="one\nline\u2028two", shown=("1…2",)),
    Problem(kind="html", places=("a:1", "b:2"), told="é 漢 \x00 \\n"),
    Problem(kind="phone", places=("a:3",), told="three"),
]


def problems(*kinds: str) -> Problems:
    """Return those of some kinds."""
    return Problems(Told(TOLD), kinds)


def test_problems_come_back_as_they_were_told_kind_by_kind():
    """Line ends and odd characters included."""
    found = problems("html", "phone")

    assert list(found) == [TOLD[1], TOLD[0], TOLD[2]]
    assert (len(found), bool(found), bool(problems("leak"))) == (3, True, False)


def test_single_ones_and_the_first_ones_can_be_looked_at():
    """Without reading the others; places count as those of a list do."""
    found = problems("html", "leak", "phone")

    assert (found[0], found[2], found[-1], found[-3]) == (TOLD[1], TOLD[2], TOLD[2], TOLD[1])
    assert (found[:2], found[1:9], found[5:]) == ((TOLD[1], TOLD[0]), (TOLD[0], TOLD[2]), ())
    for place in (3, -4):
        with pytest.raises(IndexError):
            found[place]


@pytest.mark.parametrize("some", [problems("html", "leak", "phone"), tuple(TOLD)], ids=["kept", "in memory"])
def test_each_kind_has_its_problems(some):
    """In the order of the kinds, without those that have none."""
    assert [(kind.name, list(found)) for kind, found in by_kind(some, KINDS)] == [
        ("html", [TOLD[1]]),
        ("phone", [TOLD[0], TOLD[2]]),
    ]


def test_only_the_kinds_that_are_asked_for_are_there():
    """Those that are switched off are counted and not listed."""
    found = problems("leak", "html")

    assert (list(found.of("phone")), list(found.of("html"))) == ([], [TOLD[1]])
    assert Told(TOLD).count("phone") == 2
