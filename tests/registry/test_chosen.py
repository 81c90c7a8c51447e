"""Promoting an adapter that was chosen from several: only by the verdict that takes the choice into account."""

from pathlib import Path

import msgspec
import pytest

from harness.errors import PromotionRefused
from harness.records.compared import Row, Verdict
from harness.verdicts.compare import over
from tests.registry.made import ADA, asked_together, judged, lost, override, project

NAMES = ("first", "second", "third")


def together(root: Path, *verdicts: Verdict) -> list[Path]:
    """Write the runs of the first adapters, asked together, one for each verdict, and return their folders."""
    return asked_together(root, dict(zip(NAMES, verdicts, strict=False)))


@pytest.fixture
def registry(tmp_path):
    """Return the registry of a project in which nothing was promoted."""
    return project(tmp_path)


def refusal(registry, run: Path, name: str = "first") -> str:
    """Return why an adapter can't be promoted."""
    with pytest.raises(PromotionRefused) as problem:
        registry.promote(registry.find(name), run, ADA)
    assert not registry.ledger.entries()
    return str(problem.value)


def test_one_that_passed_alone_and_not_as_the_one_chosen_is_not_promoted(registry, tmp_path):
    """Its own run says that it passed; an override says what was let through."""
    runs = together(tmp_path, lost(1, 2), lost(3, 4), lost(5, 6))

    for name, run in zip(NAMES, runs, strict=True):
        told = refusal(registry, run, name)
        assert "passed alone, but not as the one chosen from 3 candidates" in told
    said = registry.promote(registry.find("first"), runs[0], override("it must be")).promotion
    assert (said.run.outcome, said.run.among, len(said.overridden)) == ("passed", 3, 1)


def test_one_that_holds_with_the_choice_taken_into_account_is_promoted(registry, tmp_path):
    """And its entry says from how many it was chosen; the others of its run are held back as before."""
    runs = together(tmp_path, lost(), lost(1, 2), lost(3, 4))

    assert "not as the one chosen" in refusal(registry, runs[1], "second")
    said = registry.promote(registry.find("first"), runs[0], ADA).promotion
    assert (said.run.among, said.overridden) == (3, ())


def test_a_run_of_it_alone_does_not_undo_the_choice(registry, tmp_path):
    """Nor one beside fewer; one beside all does, and so does a run on other cases."""
    together(tmp_path, lost(1, 2), lost(3, 4), lost(5, 6))
    alone = judged(tmp_path, "first", verdicts=(lost(1, 2),))
    fewer = together(tmp_path, lost(), lost(3, 4))[0]

    assert "has judged it on the same cases beside second and third" in refusal(registry, alone)
    assert "has judged it on the same cases beside third" in refusal(registry, fewer)
    again = together(tmp_path, lost(), lost(), lost())[0]
    assert registry.promote(registry.find("first"), again, ADA).promotion.run.among == 3


def test_a_run_on_other_cases_knows_nothing_of_the_choice_and_needs_not_to(registry, tmp_path):
    """The choice was made by other answers."""
    together(tmp_path, lost(1, 2), lost(3, 4), lost(5, 6))
    rows = tuple(Row(case_id=f"new{n}", baseline=1.0, candidate=1.0) for n in range(100))
    verdict = lost()
    fresh = msgspec.structs.replace(verdict, comparison=over(verdict.comparison, rows))

    assert registry.promote(registry.find("first"), judged(tmp_path, "first", verdicts=(fresh,)), ADA).number == 1


def test_runs_beside_it_that_are_gone_or_not_named_leave_the_choice_unknown(registry, tmp_path):
    """Nobody can say from which it was chosen."""
    first, second, _ = together(tmp_path, lost(), lost(), lost())
    edited = judged(tmp_path, "first", verdicts=(lost(),), beside=(second.name,))
    assert "and not itself: it was edited" in refusal(registry, edited)
    (second / "run.json").unlink()

    assert "one of which can't be found" in refusal(registry, first)
    alone = judged(tmp_path, "first", verdicts=(lost(),))
    assert f"beside run {second.name} and third" in refusal(registry, alone)
