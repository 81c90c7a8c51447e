"""Where each case of a run is in its report, for those who link to it from elsewhere, such as a comment in CI."""

from collections.abc import Iterator
from itertools import chain

from harness.records.compared import Outcome, Verdict
from harness.records.record import Record
from harness.records.saved import Run
from harness.report.view.cases import case_anchor
from harness.report.view.sections import ordered


class CaseLink(Record, frozen=True, kw_only=True):
    """One case that flipped or has no score. ``fragment`` is what follows # in the address of the report."""

    case_id: str
    fate: str
    fragment: str


class GateLinks(Record, frozen=True, kw_only=True):
    """One verdict with its cases, lost ones first."""

    test_id: str
    scorer: str
    tag: str
    outcome: Outcome
    cases: tuple[CaseLink, ...]


def links_of(run: Run) -> tuple[GateLinks, ...]:
    """Return the links of all verdicts, the worst first. A fragment is the same in every report of the same test."""
    return tuple(_links(gate, one) for gate, one in ordered(run.verdicts) if isinstance(one, Verdict))


def _links(gate: str, verdict: Verdict) -> GateLinks:
    comparison = verdict.comparison
    return GateLinks(
        test_id=verdict.test_id,
        scorer=comparison.scorer,
        tag=comparison.tag,
        outcome=verdict.outcome,
        cases=tuple(_cases(gate, verdict)),
    )


def _cases(gate: str, verdict: Verdict) -> Iterator[CaseLink]:
    comparison = verdict.comparison
    fates = (("lost", comparison.lost), ("won", comparison.won), ("unscored", comparison.unscored))
    for fate, case_id in chain.from_iterable(((fate, one) for one in ids) for fate, ids in fates):
        yield CaseLink(case_id=case_id, fate=fate, fragment=case_anchor(f"{gate}\n{comparison.tag}", case_id))
