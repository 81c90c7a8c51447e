"""``--anchors``: suites are asked by the cases that were chosen to stand for them, and their figures are estimates."""

from collections.abc import Sequence

import msgspec
import pytest

from harness.asking.cases import Suite, load_cases, with_cases
from harness.cases.short import Chosen, read_chosen, refuse_other_cases, stands_for
from harness.errors import InputError
from harness.gating.marks import case_file_of, leave_out, mark_of, suite_of
from harness.records.compared import Comparison
from harness.records.short import ShortSuite
from harness.text.figures import count
from harness.text.progress import say
from harness.text.visible import for_terminal
from harness.verdicts.compare import over

UNTIL_DECIDED = "harness_until_decided"


def ask_short(config: pytest.Config, items: Sequence[pytest.Item], candidates: int) -> None:
    """Change the suites of tests to their short ones; one that has a test for each case is asked whole.

    Raises:
        InputError: no suite has a short one, one is of other cases, or another option doesn't fit.
    """
    if getattr(config.option, UNTIL_DECIDED, False):
        raise InputError("--anchors and --until-decided: each asks fewer cases in its own way; name one of them")
    if candidates > 1:
        raise InputError("--anchors takes one --candidate: candidates are ranked by the whole suite alone")
    marked = [item for item in items if mark_of(item)]
    suites = {id(suite_of(item)): case_file_of(item) for item in marked}
    whole = {id(suite_of(item)) for item in marked if "case" in getattr(item, "fixturenames", ())}
    chosen: dict[int, Chosen] = {}
    for name, path in suites.items():
        found = read_chosen(path) if name not in whole else None
        if found is not None:
            refuse_other_cases(path, load_cases(path), found)
            chosen[name] = found
    if not chosen:
        raise InputError(
            "--anchors: no suite here has a short one; choose it with harness cases anchors SUITE --runs 1..20, or "
            "leave --anchors out"
        )
    changed = {id(suite): shortened(suite, chosen.get(id(suite))) for item in marked for suite in [suite_of(item)]}
    _tell([(suite_of(item), changed[id(suite_of(item))]) for item in marked])
    leave_out(config, lambda suite: changed.get(id(suite), suite))


def shortened(suite: Suite, chosen: Chosen | None) -> Suite:
    """Return a suite of its chosen cases alone; as it is where none was chosen of what is asked here."""
    if chosen is None:
        return suite
    short = stands_for(chosen, suite.cases)
    if not short.stratum_of:
        return suite
    kept = [case for case in suite.cases if case.id in short.stratum_of]
    return msgspec.structs.replace(with_cases(suite, kept), short=short)


def estimated(comparison: Comparison, suite: Suite) -> Comparison:
    """Return the comparison of a short suite with estimates in place of its figures; any other as it is."""
    if suite.short is None:
        return comparison
    return over(msgspec.structs.replace(comparison, short=suite.short), comparison.rows)


def short_suites(suites: Sequence[Suite]) -> tuple[ShortSuite, ...]:
    """Return what a run keeps of the short suites that it asked."""
    found = (ShortSuite(suite=suite.name, asked=len(suite.cases), of=suite.short.of) for suite in suites if suite.short)
    return tuple(dict.fromkeys(found))


def _tell(suites: Sequence[tuple[Suite, Suite]]) -> None:
    told: dict[str, None] = {}
    for before, now in suites:
        asked = (
            f"{len(now.cases):,} of {count(len(before.cases), 'case')}"
            if now.short
            else f"all {count(len(before.cases), 'case')}"
        )
        told[f"--anchors: {for_terminal(before.name)}: {asked} asked"] = None
    for line in told:
        say(line)
