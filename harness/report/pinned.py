"""Pinned tests: one test that runs once for each case, with the cases that did not pass shown in full."""

from collections.abc import Sequence

from harness.records import Outcome, Record
from harness.report.cases import AnswerView, MessageView, answer_view, messages_view
from harness.report.evidence import Evidence
from harness.report.shown import Shown, fact, show
from harness.report.words import RANK, bare, suite_of, title
from harness.run_records import Pinned

CASES_SHOWN = 200


class PinnedCase(Record, frozen=True, kw_only=True):
    """A pinned case that did not pass, with what the candidate answered."""

    case_id: str
    outcome: Outcome
    reason: Shown
    messages: tuple[MessageView, ...]
    answers: tuple[AnswerView, ...]


class PinnedTest(Record, frozen=True, kw_only=True):
    """One pinned test; its outcome is its worst case."""

    title: str
    suite: str
    test_id: str
    outcome: Outcome
    total: int
    passed: int
    cases: tuple[PinnedCase, ...]
    not_shown: tuple[str, ...]


def pinned_tests(pinned: Sequence[Pinned], evidence: Evidence) -> tuple[PinnedTest, ...]:
    """Return the pinned tests, the worst first; each shows at most ``CASES_SHOWN`` cases."""
    by_test: dict[str, list[Pinned]] = {}
    for one in pinned:
        by_test.setdefault(bare(one.test_id), []).append(one)
    tests = [_test(test_id, cases, evidence) for test_id, cases in by_test.items()]
    return tuple(sorted(tests, key=lambda test: RANK[test.outcome]))


def _test(test_id: str, pinned: Sequence[Pinned], evidence: Evidence) -> PinnedTest:
    broken = sorted((one for one in pinned if one.outcome != "passed"), key=lambda one: RANK[one.outcome])
    return PinnedTest(
        title=title(test_id),
        suite=suite_of(test_id),
        test_id=fact(test_id, 400),
        outcome=min((one.outcome for one in pinned), key=RANK.__getitem__),
        total=len(pinned),
        passed=len(pinned) - len(broken),
        cases=tuple(_case(one, evidence) for one in broken[:CASES_SHOWN]),
        not_shown=tuple(fact(one.case_id, 200) for one in broken[CASES_SHOWN:]),
    )


def _case(pinned: Pinned, evidence: Evidence) -> PinnedCase:
    answers = evidence.answers("candidate", pinned.case_id)
    return PinnedCase(
        case_id=fact(pinned.case_id, 200),
        outcome=pinned.outcome,
        reason=show(fact(pinned.reason)),
        messages=messages_view(answers[0].case.messages) if answers else (),
        answers=tuple(answer_view(answer, None, show(answer.response.text)) for answer in answers),
    )
