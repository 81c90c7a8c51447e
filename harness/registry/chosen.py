"""Whether a run still proves what was chosen: an adapter from several, or a run from several of the same adapter.

A gate lets a bad adapter pass once in twenty, so the best of many bad ones passes more often. Adapters that were asked
together are judged again with the choice among all of them taken into account (``runs/ranking.py``).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from harness.errors import NoSuchModel
from harness.records.saved import Run
from harness.runs.folder import read_run
from harness.runs.listing import ListedRun, read_listing
from harness.runs.outcome import overall
from harness.runs.ranking import read_ranking
from harness.runs.test_ids import title
from harness.text.figures import count, join
from harness.text.visible import for_terminal

TOGETHER = "gate all of them again in one run, with a --candidate for each"


def unproved_choice(run: Run, runs: Path) -> Iterator[str]:
    """Yield why a run of the folder ``runs`` does not prove its candidate as the one chosen; nothing where it does.

    Raises:
        StoreError: a run that was asked together with it can't be read.
        InputError: its record names something else than a folder as a run beside it.
    """
    yield from _of_those_beside(run, runs)
    yield from _of_earlier_choices(run, runs)
    yield from _of_repetitions(run, runs)


def _of_those_beside(run: Run, runs: Path) -> Iterator[str]:
    try:
        ranking = read_ranking(runs, run)
    except NoSuchModel as problem:
        yield f"run {run.id} was asked together with others, one of which can't be found: {problem}"
        return
    if ranking is None:
        return
    own = next((one for one in ranking.candidates if one.run == run.id), None)
    if own is None:
        yield f"run.json of run {run.id} names runs that it was asked with, and not itself: it was edited; {TOGETHER}"
    elif own.is_early:
        yield (
            f"run {run.id} is of one of {count(len(ranking.candidates), 'candidate')} whose gates were decided before "
            "all cases were asked: run the suites whole, with --ask-all, to choose among them"
        )
    elif own.if_chosen != own.outcome:
        tests = join([title(one) for one in own.doubtful])
        yield (
            f"run {run.id} passed alone, but not as the one chosen from {count(len(ranking.candidates), 'candidate')}: "
            f"{tests} may have passed by the choice alone; more cases can decide (harness rank {run.number or run.id})"
        )


def _of_earlier_choices(run: Run, runs: Path) -> Iterator[str]:
    """Yield runs that judged this adapter on the same cases beside others which ``run`` does not know of."""
    listed = {one.id: one for one in read_listing(runs).runs}
    known = {*_candidates(run.beside, listed), run.candidate.known_digest}
    cases = _cases(run)
    for one in listed.values():
        is_of_it = one.candidate.known_digest == run.candidate.known_digest and one.id != run.id
        others = {} if not is_of_it else _candidates(one.beside, listed)
        unknown = [name for digest, name in others.items() if digest not in known]
        if unknown and cases & _cases(read_run(runs / one.id)):
            yield for_terminal(
                f"run {one.id} has judged it on the same cases beside {join(unknown)}, so it may have been chosen from "
                f"them, of which run {run.id} knows nothing; promote with run {one.id}, or {TOGETHER}",
                1_000,
            )
            return


def _of_repetitions(run: Run, runs: Path) -> Iterator[str]:
    """Yield a run that asked the same and failed: one that is repeated until it passes proves nothing.

    All cases are no repetition of a part of them: what the part found was no more than likely.
    """
    for one in read_listing(runs).runs:
        if one.outcome != "failed" or one.id == run.id or one.candidate.weights != run.candidate.weights:
            continue
        other = read_run(runs / one.id)
        if _asked(other) == _asked(run) and not (_failed_by_a_part(other) and not _is_of_a_part(run)):
            yield (
                f"run {one.id} asked the same of the same adapter and failed, so run {run.id} may have passed by "
                "chance; more cases can decide"
            )
            return


def _is_of_a_part(run: Run) -> bool:
    """Tell whether a run asked a short suite, or decided gates before all cases were asked."""
    return bool(run.short) or run.not_asked


def _failed_by_a_part(run: Run) -> bool:
    """Tell whether nothing but gates that were judged by a part of their cases failed a run."""
    verdicts = tuple(one for one in run.verdicts if one.comparison.in_all == len(one.comparison.rows))
    return overall(msgspec.structs.replace(run, verdicts=verdicts)) != "failed"


def _asked(run: Run) -> tuple[object, ...]:
    """Return what two runs have in common of which one is the other's repetition."""
    return run.suite_files, run.baseline.weights, run.setup_of("candidate").rendering, run.own_text


def _candidates(beside: tuple[str, ...], listed: Mapping[str, ListedRun]) -> dict[str, str]:
    """Return the names of the candidates of runs by their digests; by its run where there is none, or it is gone."""
    found = {}
    for name in beside:
        one = listed.get(name)
        digest = one.candidate.known_digest if one else ""
        found[digest or name] = one.candidate.name if one else f"run {name}"
    return found


def _cases(run: Run) -> set[tuple[str, str]]:
    """Return the cases that a run has compared, each with its test: by their ids, since a few more change nothing."""
    return {(test_id, row.case_id) for test_id, seen in run.comparisons for row in seen.rows}
