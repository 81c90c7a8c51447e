"""Two tests of the same cases and scorer that asked in two ways: under each is shown what was scored there."""

import msgspec
import pytest

from harness.records.compared import Gate
from harness.records.saved import Pinned
from harness.report.evidence.evidence import Evidence, Wanted
from harness.report.view.page import page_of
from harness.report.view.sections import Section
from harness.verdicts.slices import decide_slices
from tests.sample_run import SampleRun
from tests.two_askings import CASES, PLAIN, PROMPTS, SAMPLINGS, asked_twice, clueless, compared, cut_short, forgetful

RUNS = {"samplings": asked_twice(SAMPLINGS, cut_short), "prompts": asked_twice(PROMPTS, clueless)}
SAID = {
    ("samplings", "test_long"): {"sum-1": ("2", "?")},
    ("samplings", "test_short"): {
        case.id: (f"short answer of tiny to {case.id}", f"short answer of mine to {case.id}") for case in CASES
    },
    ("prompts", "test_plain"): {
        case.id: (f"no idea of {case.id}", "?" if case.id == "sum-1" else str(case.expected)) for case in CASES
    },
    ("prompts", "test_prompted"): {"sum-1": ("2", "?")},
}
"""What both sides answered in each test, of the cases that were not right on both sides."""
IDS = frozenset(case.id for case in CASES)


def section(sample: SampleRun, test: str) -> Section:
    """Return one test's section of the report."""
    page = page_of(sample.run, sample.answers, sample.judgements)
    found = {one.test_id.rpartition("::")[2]: one for block in page.gates for one in block.sections}
    return found[test]


def said(one: Section) -> dict[str, tuple[str, str]]:
    """Return both sides' answers to each case that a section shows in full."""
    pairs = [pair for group in one.groups for pair in group.pairs]
    return {
        pair.case_id: (side.baseline.text.text, side.candidate.text.text) for pair in pairs for side in pair.exchanges
    }


def in_short(sample: SampleRun) -> Evidence:
    """Return the evidence of a page that shows all cases in short."""
    return Evidence(sample.answers, sample.judgements, Wanted(full=frozenset(), short=IDS, short_bytes=1000))


@pytest.mark.parametrize(("run", "test"), SAID)
def test_each_test_shows_the_answers_that_were_scored_there(run, test):
    """Of both sides, whatever the other test was answered, with their scores."""
    shown = section(RUNS[run], test)

    assert said(shown) == SAID[run, test]
    scores = {(pair.case_id, pair.exchanges[0].candidate.score) for group in shown.groups for pair in group.pairs}
    right = {case.id for case in CASES if SAID[run, test].get(case.id, ("", ""))[1] == case.expected}
    assert scores == {(name, "1.000" if name in right else "0.000") for name in SAID[run, test]}


@pytest.mark.parametrize(("run", "test"), SAID)
def test_cases_in_short_show_the_answers_that_were_scored_there(run, test):
    """The same of the list of cases without room for more."""
    sample = RUNS[run]
    (comparison,) = (one for test_id, one in sample.run.comparisons if test_id.endswith(f"::{test}"))
    evidence = in_short(sample)

    for case_id, (baseline, candidate) in SAID[run, test].items():
        assert evidence.glimpse(comparison, "baseline", case_id)[1].text.text == baseline
        assert evidence.glimpse(comparison, "candidate", case_id)[1].text.text == candidate


@pytest.mark.parametrize(("run", "test"), SAID)
def test_categories_are_counted_test_by_test(run, test):
    """As many wrong answers as each side gave there."""
    right = {case.id: (case.expected, case.expected) for case in CASES} | SAID[run, test]
    wrong = tuple(sum(right[case.id][side] != case.expected for case in CASES) for side in (0, 1))

    rows = {row.name: (row.baseline, row.candidate) for row in section(RUNS[run], test).categories}

    assert rows == {"wrong answer": wrong}


def test_a_slice_counts_the_categories_of_its_own_cases():
    """Not those of the whole comparison that it is cut from."""
    comparison, answers, judgements = compared(PLAIN, forgetful)
    slices = decide_slices("suites/sums/test_a.py::test_it", comparison.by_tag("language"), Gate(max_flips=9))
    run = msgspec.structs.replace(RUNS["prompts"].run, verdicts=slices)

    page = page_of(run, answers, judgements)

    (block,) = page.gates
    found = {one.tag: [(row.baseline, row.candidate) for row in one.categories] for one in block.sections}
    assert found == {"language-de": [(0, 1)], "language-en": []}


def test_a_pinned_case_shows_the_answer_that_its_test_was_given():
    """Another test may have asked the same case in another way."""
    sample = RUNS["samplings"]
    short = [answer for answer in sample.answers if answer.request.sampling.max_tokens == 4]
    given = next(one for one in short if (one.side, one.case.id) == ("candidate", "sum-2")).request.key
    pin = Pinned(test_id="test_a.py::test_pinned", case_id="sum-2", outcome="failed", request_key=given)
    run = msgspec.structs.replace(sample.run, pinned=(pin, msgspec.structs.replace(pin, request_key="")))

    (test,) = page_of(run, sample.answers, sample.judgements).pinned

    named, unknown = test.cases
    assert [view.text.text for view in named.answers] == ["short answer of mine to sum-2"]
    assert unknown.answers == ()


def test_without_scores_no_answer_is_shown_that_may_be_another_tests():
    """One that was asked in one way only is certain, and shown."""
    sample = RUNS["prompts"]
    row = sample.run.verdicts[0].comparison.rows[0]
    evidence = Evidence(sample.answers, (), Wanted(full=IDS, short=IDS, short_bytes=1000))

    comparison = sample.run.verdicts[0].comparison
    assert evidence.scored(comparison, "baseline", row) == []
    assert evidence.glimpse(comparison, "baseline", row.case_id) == ("", None)
    [(score, answer)] = evidence.scored(comparison, "candidate", row)
    assert (score, answer.response.text) == (None, "1")
    assert evidence.glimpse(comparison, "candidate", row.case_id)[1].text.text == "1"


def test_the_same_question_expects_what_its_own_set_of_cases_says():
    """Two case files share an id and a question, but not the answer that is right."""
    comparison, answers, judgements = compared(PLAIN, forgetful)
    other = tuple(msgspec.structs.replace(case, expected="IV") for case in CASES)
    roman = msgspec.structs.replace(PLAIN, cases=other, digest="roman")
    second, again, more = compared(roman, forgetful)
    marked = [msgspec.structs.replace(answer, cases="roman") for answer in again]
    evidence = Evidence([*answers, *marked], [*judgements, *more], Wanted(full=IDS, short=IDS, short_bytes=1000))

    found = [
        [answer.case.expected for _, answer in evidence.scored(of, "baseline", of.rows[0])]
        for of in (comparison, second)
    ]

    assert found == [["1"], ["IV"]]


def test_answers_to_what_was_asked_again_take_no_first_answers_place():
    """Also in a run without scores of single answers, where nothing else says which answer is meant."""
    sample = asked_twice({"suites/sums/test_a.py::test_it": PLAIN}, forgetful)
    again = tuple(
        msgspec.structs.replace(
            one,
            request=msgspec.structs.replace(one.request, again=True),
            response=msgspec.structs.replace(one.response, request_key=f"again {one.response.request_key}", text="new"),
        )
        for one in sample.answers
    )

    shown = section(msgspec.structs.replace(sample, answers=(*sample.answers, *again), judgements=()), "test_it")

    assert said(shown) == {"sum-1": ("2", "?")}
