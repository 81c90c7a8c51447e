"""Cases of the suites that are in the candidates' training rows: found before anything is asked, and left out.

An adapter answers what it was trained on from memory. Its folder has signatures of its rows, so that this is checked
also where the rows are not.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from harness.asking.cases import Suite, with_cases
from harness.data.leaks.compared import LeakFinder
from harness.data.leaks.leak import Leak, leaks_of
from harness.data.leaks.signed import read_signatures
from harness.data.rows import load_rows
from harness.errors import CaseFileError, InputError
from harness.models.adapter import SIGNATURES
from harness.records.asked import Case
from harness.records.leaked import LeakedCase
from harness.records.record import Record
from harness.records.saved import Run
from harness.text.figures import count
from harness.text.regular import read_regular
from harness.text.visible import for_terminal

SURE = 0.85
"""Estimated similarity from which on a case is taken to be in the rows: estimates are within about .08, and from .7 on
two texts are nearly the same."""
NAMED = 5
"""Most cases that a line names."""


class LeakCheck(Record, frozen=True, kw_only=True):
    """What was found in a candidate's training rows; ``how`` is empty where they are not known."""

    how: str = ""
    leaked: tuple[LeakedCase, ...] = ()

    @property
    def chose(self) -> frozenset[tuple[str, str]]:
        """Those of them by which a checkpoint was chosen."""
        return frozenset((one.suite, one.case) for one in self.leaked if one.how == "stopping")

    @property
    def left_out(self) -> frozenset[tuple[str, str]]:
        """The cases that are left out, each by its suite and id."""
        return frozenset((one.suite, one.case) for one in self.leaked if one.is_left_out)


def check_leaks(
    adapter: Path | None, training_data: Sequence[Path], suites: Sequence[Suite], allowed: AbstractSet[str]
) -> LeakCheck:
    """Look for the cases of suites in a candidate's training rows: in rows that are given, and by its own signatures.

    Rows that are not all that it was trained on hide nothing that its signatures show. ``adapter`` is the candidate's
    folder, where it has one; ``allowed`` has cases that stay in, by id or suite/id.

    Raises:
        InputError: a file of rows, or the adapter's signatures, can't be read.
    """
    by_rows = _in_rows(training_data, suites, allowed)
    signed = _by_signatures(adapter, suites, allowed)
    if by_rows.how:
        # The rows tell exactly what an estimate calls probable.
        sure = tuple(one for one in signed.leaked if one.sure)
        signed = msgspec.structs.replace(signed, leaked=sure)
    return together(by_rows, signed)


def together(first: LeakCheck, second: LeakCheck) -> LeakCheck:
    """Return what two checks of a candidate found: each case once, by the first one unless only the second is sure."""
    found = {(one.suite, one.case): one for one in first.leaked}
    for one in second.leaked:
        known = found.setdefault((one.suite, one.case), one)
        if one.sure and not known.sure:
            found[one.suite, one.case] = one
    return LeakCheck(how=" and ".join(filter(None, (first.how, second.how))), leaked=tuple(found.values()))


def beside(check: LeakCheck, others: Iterable[LeakCheck]) -> LeakCheck:
    """Return a candidate's check with the cases that are left out since another one was trained on them."""
    found = {
        (one.suite, one.case): msgspec.structs.replace(one, of_another=True)
        for other in others
        for one in other.leaked
        if one.is_left_out
    }
    own = {(one.suite, one.case): one for one in check.leaked if one.is_left_out or (one.suite, one.case) not in found}
    return msgspec.structs.replace(check, leaked=tuple((found | own).values()))


def check_of(run: Run) -> LeakCheck:
    """Return what a saved run found."""
    return LeakCheck(how=run.leaks_checked, leaked=run.leaked)


def cases_by_suite(suites: Iterable[Suite]) -> dict[str, tuple[Case, ...]]:
    """Return the cases of suites by name: of several that share one, all of them, each once.

    Two folders of one name can have cases of one id: both are looked for, and where one is found, both are left out. A
    case that a template joined with its context is looked for as its question alone, too.
    """
    found: dict[str, dict[str, list[Case]]] = {}
    for suite in suites:
        by_id = found.setdefault(suite.name, {})
        for case in suite.cases:
            known = by_id.setdefault(case.id, [])
            alone = msgspec.structs.replace(case, messages=suite.questions.get(case.id, case.messages))
            for one in (case, alone):
                if one not in known:
                    known.append(one)
    return {name: tuple(case for cases in by_id.values() for case in cases) for name, by_id in found.items()}


def refuse_unknown(allowed: Iterable[str], suites: Sequence[Suite]) -> None:
    """Refuse a case that is let in and is in no suite: a typo would let none in.

    Raises:
        InputError: names it.
    """
    for name in allowed:
        if not any(name in {case.id, f"{suite.name}/{case.id}"} for suite in suites for case in suite.cases):
            raise InputError(f"--allow-leak {for_terminal(name)}: no suite of this run has a case of this id")


def refuse_left_out(allowed: AbstractSet[str], run: Run) -> None:
    """Refuse to let a case in that a saved run left out: it has no answers to it.

    Raises:
        InputError: names it.
    """
    for one in run.leaked:
        if one.is_left_out and (named := {one.case, f"{one.suite}/{one.case}"} & allowed):
            raise InputError(
                f"--allow-leak {for_terminal(min(named))}: run {run.number} left this case out and has no answers to "
                "it; run the suites with the adapter itself"
            )


def without(suite: Suite, left_out: AbstractSet[tuple[str, str]]) -> Suite:
    """Return a suite without the cases that are left out.

    Raises:
        CaseFileError: no case is left.
    """
    kept = tuple(case for case in suite.cases if (suite.name, case.id) not in left_out)
    if len(kept) == len(suite.cases):
        return suite
    if not kept:
        raise CaseFileError(
            f"{for_terminal(suite.name)}: every case is in the candidate's training rows, or chose its checkpoint, so "
            "nothing is left to judge by; write cases that its training has not seen"
        )
    return with_cases(suite, kept)


def too_many(check: LeakCheck, most: int) -> str:
    """Say that more cases are in the training rows than are let through; empty where they are not."""
    counted = [one for one in check.leaked if one.counts]
    by_suite: dict[str, list[str]] = {}
    for one in counted:
        by_suite.setdefault(one.suite, []).append(one.case)
    if len(counted) <= most:
        return ""
    named = "; ".join(
        f"{for_terminal(suite)}: {', '.join(map(for_terminal, ids[:NAMED]))}{', ...' * (len(ids) > NAMED)}"
        for suite, ids in by_suite.items()
    )
    return (
        f"{count(len(counted), 'case')} in the candidate's training rows, more than max_leaked = {most} ({named}); "
        "they are left out of the verdicts. Remove the rows and train again, or keep a case with --allow-leak"
    )


def _in_rows(training_data: Sequence[Path], suites: Sequence[Suite], allowed: AbstractSet[str]) -> LeakCheck:
    if not training_data:
        return LeakCheck()
    finder, rows = LeakFinder(cases_by_suite(suites)), 0
    found: list[Leak] = []
    for path in training_data:
        for row in load_rows(path):
            rows += 1
            found += finder.see(row)
    found += finder.finish()
    how = f"in {count(rows, 'row')} of {', '.join(path.name for path in training_data)}"
    return LeakCheck(how=how, leaked=_leaked(found, allowed, estimated=False))


def _by_signatures(adapter: Path | None, suites: Sequence[Suite], allowed: AbstractSet[str]) -> LeakCheck:
    signatures = adapter / SIGNATURES if adapter is not None else None
    if signatures is None or not signatures.is_file():
        return LeakCheck()
    signed = read_signatures(read_regular(signatures), str(signatures))
    how = f"by signatures of {count(signed.rows, 'row')} in the adapter's folder"
    return LeakCheck(how=how, leaked=_leaked(leaks_of(signed, cases_by_suite(suites)), allowed, estimated=True))


def _leaked(found: Iterable[Leak], allowed: AbstractSet[str], *, estimated: bool) -> tuple[LeakedCase, ...]:
    """Return the surest leak of each case."""
    best: dict[tuple[str, str], LeakedCase] = {}
    for leak in found:
        sure = not estimated or leak.how != "near" or leak.similarity >= SURE
        one = LeakedCase(
            suite=leak.suite,
            case=leak.case,
            place=leak.place,
            how=leak.how,
            where=leak.where,
            similarity=leak.similarity,
            sure=sure,
            allowed=bool({leak.case, f"{leak.suite}/{leak.case}"} & allowed),
        )
        known = best.get((leak.suite, leak.case))
        if known is None or (one.sure, one.similarity) > (known.sure, known.similarity):
            best[leak.suite, leak.case] = one
    return tuple(best.values())
