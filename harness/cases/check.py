"""Everything that is checked about cases, in order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import msgspec

from harness.cases.alike import find_leaks, find_repeats, find_shown
from harness.cases.balance import find_unbalanced
from harness.cases.finding import CaseFile, Finding
from harness.cases.passable import UsedSuite, find_impassable


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check of some cases; it looks when ``find`` is called."""

    name: str
    cases: int
    find: Callable[[], Iterator[Finding]]


def checks_of(files: Sequence[CaseFile], used: Sequence[UsedSuite], threshold: float) -> tuple[Check, ...]:
    """Return the checks of case files, and of the suites that tests make of them.

    ``threshold`` is the similarity from which on cases are nearly the same, above 0 and at most 1.
    """
    by_path = {file.path.resolve(): file for file in files}
    pairs = [(by_path[one.path.resolve()], one) for one in used]
    shown = [(file, one.suite.baseline_prompt) for file, one in pairs if one.suite.baseline_prompt]
    return (
        *(_check("answers", file, partial(find_impassable, file, one)) for file, one in pairs),
        *(_check("repeats", file, partial(find_repeats, file, threshold)) for file in files),
        *(_check("tags", file, partial(find_unbalanced, file)) for file in files),
        *(
            _check("leaks", file, partial(find_leaks, file, files[:number], threshold))
            for number, file in enumerate(files[1:], start=1)
        ),
        *(_check("prompt", file, partial(find_shown, file, prompt, threshold)) for file, prompt in shown),
    )


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each finding once: two suites of one file have the same."""
    return tuple({finding.key: finding for finding in findings}.values())


def _check(name: str, file: CaseFile, find: Callable[[], Iterator[Finding]]) -> Check:
    return Check(name=f"{name} in {file.name}", cases=len(file.cases), find=find)
