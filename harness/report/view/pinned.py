"""Pinned tests: one test that runs once for each case, with the cases that did not pass shown in full."""

from collections.abc import Sequence

from harness.records.compared import Outcome
from harness.records.record import Record, digest
from harness.records.saved import Answer, Pinned
from harness.report.evidence.budget import Budget
from harness.report.evidence.evidence import Evidence
from harness.report.view.answers import TURNS_SHOWN, AnswerView, MessageView, answer_view, messages_view, parts_of
from harness.report.view.cases import NAME_LIMIT, REPEATS_SHOWN
from harness.runs.outcome import RANK
from harness.runs.test_ids import bare, suite_of, title
from harness.text.shown import Shown, fact, show

CASES_SHOWN = 200
LEAST_SHOWN = 20


class PinnedCase(Record, frozen=True, kw_only=True):
    """A pinned case that did not pass, with what the candidate answered."""

    anchor: str
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
    not_shown: tuple[tuple[str, str], ...]
    """(anchor, id) of cases that are only named."""
    more: int


def pinned_tests(pinned: Sequence[Pinned], evidence: Evidence, budget: Budget) -> tuple[PinnedTest, ...]:
    """Return the pinned tests, the worst first; they share ``CASES_SHOWN`` cases."""
    by_test: dict[str, list[Pinned]] = {}
    for one in pinned:
        by_test.setdefault(bare(one.test_id), []).append(one)
    most = max(LEAST_SHOWN, CASES_SHOWN // max(1, len(by_test)))
    tests = [_test(test_id, cases, evidence, most, budget) for test_id, cases in by_test.items()]
    return tuple(sorted(tests, key=lambda test: RANK[test.outcome]))


def _test(test_id: str, pinned: Sequence[Pinned], evidence: Evidence, most: int, budget: Budget) -> PinnedTest:
    broken = sorted((one for one in pinned if one.outcome != "passed"), key=lambda one: RANK[one.outcome])
    return PinnedTest(
        title=title(test_id),
        suite=suite_of(test_id),
        test_id=fact(test_id, 400),
        outcome=min((one.outcome for one in pinned), key=RANK.__getitem__),
        total=len(pinned),
        passed=len(pinned) - len(broken),
        cases=tuple(_case(one, evidence, budget.full_bytes) for one in broken[:most]),
        not_shown=tuple((_anchor(one), fact(one.case_id, NAME_LIMIT)) for one in broken[most : most + budget.named]),
        more=max(0, len(broken) - most - budget.named),
    )


def _case(pinned: Pinned, evidence: Evidence, page_bytes: int) -> PinnedCase:
    answers = evidence.pinned(pinned)[:REPEATS_SHOWN]
    messages = answers[0].case.messages if answers else ()
    each = page_bytes // (1 + min(len(messages), TURNS_SHOWN) + len(answers))
    return PinnedCase(
        anchor=_anchor(pinned),
        case_id=fact(pinned.case_id, NAME_LIMIT),
        outcome=pinned.outcome,
        reason=show(fact(pinned.reason)),
        messages=messages_view(messages, each),
        answers=tuple(_answer(answer, each) for answer in answers),
    )


def _anchor(pinned: Pinned) -> str:
    return f"case-{digest((pinned.test_id, pinned.case_id))[:12]}"


def _answer(answer: Answer, page_bytes: int) -> AnswerView:
    each = page_bytes // parts_of(answer.response)
    return answer_view(answer, None, show(answer.response.text, page_bytes=each), page_bytes=each)
