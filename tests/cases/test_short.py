"""Choosing a short suite: from which models, which cases always, what is refused, and the file."""

import msgspec
import pytest

from harness.cases.choosing import PINNED, choose
from harness.cases.short import read_chosen, refuse_other_cases, stands_for, write_chosen
from harness.errors import CaseFileError, InputError
from harness.records.asked import Case
from harness.records.messages import Message
from harness.runs.past_scores import PastModel, PastScores


def cases(number, group=None):
    """Cases in German and English, in groups of two where asked."""
    return tuple(
        Case(
            id=f"c{n:03}",
            messages=(Message(role="user", content=str(n)),),
            tags=("language-de" if n % 2 else "language-en",),
            group=f"g{n // 2}" if group else None,
        )
        for n in range(number)
    )


def past(some, models=5, pinned=()):
    """What models got: the n-th misses every (n+5)-th case."""
    return PastScores(
        runs=("0001",),
        models=tuple(
            PastModel(
                name=f"m{n}",
                weights=("b", "t", str(n)),
                scores={case.id: float(place % (n + 5) != 0) for place, case in enumerate(some)},
            )
            for n in range(models)
        ),
        scorers=("exact_match()",),
        pinned=frozenset(pinned),
        gated=("language-de", "language-en"),
        short=(),
    )


def test_pinned_cases_are_kept_and_the_same_seed_chooses_the_same(tmp_path):
    """The file says of what it was made, and reads back as it was."""
    some = cases(200)
    path = tmp_path / "cases.jsonl"
    first, again = (choose(path, some, past(some, pinned=("c007",)), 60) for _ in range(2))
    write_chosen(path.with_suffix(".short.json"), first)

    assert first == again == read_chosen(path)
    assert first.strata[PINNED].cases == ("c007",)
    assert len(first.stratum_of) == 60
    assert (first.of, first.baseline, first.trial.models) == (200, "m0", 4)
    assert first.trial.covered >= 0.9


def test_what_a_part_of_the_suite_stands_for_is_counted_in_that_part():
    """A test can ask the cases with one tag alone."""
    some = cases(200, group=True)
    chosen = choose(None, some, past(some), 60)
    german = [case for case in some if "language-de" in case.tags]
    short = stands_for(chosen, german)

    assert (short.of, short.tags, short.largest) == (100, {"language-de": 100}, 1)
    assert stands_for(chosen, some).largest == 2
    assert 20 <= len(short.stratum_of) <= 40
    assert set(short.stratum_of) <= {case.id for case in german}


@pytest.mark.parametrize(
    ("models", "keep", "told"),
    [
        (3, 60, "3 different models, and at least 4 are needed"),
        (5, 20, "at least 30 cases are needed"),
        (5, 200, "all would be kept"),
    ],
)
def test_too_few_models_and_too_few_or_all_cases_are_refused(models, keep, told):
    """Each says what is needed."""
    some = cases(200)
    with pytest.raises(InputError, match=told):
        choose("cases.jsonl", some, past(some, models), keep)


def test_a_short_suite_of_other_cases_and_one_that_cannot_be_read_are_refused(tmp_path):
    """Both are named with what to do."""
    some, path = cases(200), tmp_path / "cases.jsonl"
    chosen = choose(path, some, past(some), 60)
    changed = (msgspec.structs.replace(some[0], expected="new"), *some[1:])

    refuse_other_cases(path, some, chosen)
    with pytest.raises(CaseFileError, match=r"cases\.jsonl has changed since it was chosen"):
        refuse_other_cases(path, changed, chosen)
    assert read_chosen(path) is None
    path.with_suffix(".short.json").write_text("{}")
    with pytest.raises(CaseFileError, match="choose again with harness cases anchors"):
        read_chosen(path)
