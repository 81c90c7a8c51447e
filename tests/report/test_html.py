"""The report of a run: what it says of gates, cases, earlier runs and facts."""

import re

import msgspec
import pytest

from harness.records.asked import Case
from harness.records.compared import AskedAgain, Gate, Verdict
from harness.records.messages import Message
from harness.records.parties import Usage
from harness.records.saved import Pinned
from harness.records.scored import Score
from harness.report import headline, markdown_summary, next_step, overall, render
from harness.report.view.sections import Past
from harness.runs.test_ids import title
from harness.text.figures import changed, measured, signed_interval
from harness.text.shown import ANSWER_LIMIT
from harness.text.visible import for_markdown, hide_paths
from tests.report.pages import Page, alone, as_past, many_lost, rendered, verdict
from tests.sample_run import SampleRun, ask, earlier_runs, sample_run

# What came out


def test_verdict_sentence_comes_first(page, sample):
    """The first heading, and the first text after the skip link, is the verdict in one sentence."""
    body = page.text[page.text.index("Skip to the gates") + len("Skip to the gates") :].strip()

    assert page.headings[0] == ("h1", headline(sample.run))
    assert body.startswith(headline(sample.run))
    assert next_step(sample.run) in body


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"verdicts": (verdict("passed"),)}, "passed"),
        ({"verdicts": (verdict("passed"), verdict("failed"))}, "failed"),
        ({"verdicts": (verdict("passed"), verdict("inconclusive"))}, "inconclusive"),
        ({"verdicts": (verdict("inconclusive"), verdict("failed"))}, "failed"),
        ({"verdicts": (verdict("passed"), verdict("failed", advisory=True))}, "passed"),
        ({"verdicts": (verdict("passed", advisory=True),)}, "inconclusive"),
        ({"pinned": (Pinned(test_id="t::a", case_id="c", outcome="passed"),)}, "passed"),
        (
            {"verdicts": (verdict("passed"),), "pinned": (Pinned(test_id="t::a", case_id="c", outcome="failed"),)},
            "failed",
        ),
        ({"verdicts": (verdict("passed"),), "broken": ("t::b: KeyError",)}, "failed"),
        ({"verdicts": (verdict("passed"),), "unmeasured": ("t::b was skipped",)}, "inconclusive"),
        ({}, "inconclusive"),
    ],
)
def test_overall_is_the_worst_of_what_counts(changes, expected):
    """Advisory gates never count, broken tests fail, and nothing gated is never a pass; each renders."""
    run = alone(**changes)

    assert overall(run) == expected
    assert f" {expected}" in headline(run)
    assert ("Do not release" in next_step(run)) == (expected != "passed")
    assert Page(render(run, [], [])).headings[0][1] == headline(run)


def test_headline_counts_what_failed(sample):
    """The sentence names both sides and counts gates, pinned cases and broken tests."""
    assert headline(sample.run) == (
        "triage-too-hot failed against triage: 3 of 7 gates failed, 1 of 4 pinned cases failed and 1 test broke."
    )
    assert next_step(sample.run) == (
        "Do not release triage-too-hot. Start with “Tickets reach the right queue”: "
        "of 120 cases, 37 that triage got right are wrong now."
    )


def test_a_pass_says_what_passed_and_what_was_not_gated(sample):
    """Only what judged the run is named as passed, and measures are named as not gated."""
    pinned = (Pinned(test_id="t::a", case_id="c", outcome="passed"),)
    gated = alone(verdicts=(verdict("passed"),), measures=sample.run.measures[:1])

    assert next_step(alone(pinned=pinned)).startswith("Every pinned case passed: ")
    assert next_step(gated).startswith("Every gate passed: ")
    assert next_step(gated).endswith(" can be released. Not gated: 1 measure.")
    assert next_step(alone(verdicts=(verdict("passed"),), pinned=pinned)).startswith(
        "Every gate and pinned case passed"
    )


# Evidence


def section_of(page: Page, each: Verdict) -> str:
    """Return the text of a verdict's section."""
    (text,) = [
        text
        for name, text in page.by_id.items()
        if re.fullmatch(r"gate-\d+", name) and each.test_id in text and (each.comparison.tag or each.test_id) in text
    ]
    return text


def test_each_gate_stands_with_its_numbers(page, sample):
    """Means, difference, interval, method, thresholds, outcome and reasons of each gate are in its section."""
    assert len([name for name in page.by_id if re.fullmatch(r"gate-\d+", name)]) == len(sample.run.verdicts)
    for each in sample.run.verdicts:
        section, delta, unit = section_of(page, each), each.comparison.delta, each.comparison.unit
        for figure in (
            measured(each.comparison.baseline_mean.mean, unit),
            measured(each.comparison.candidate_mean.mean, unit),
            changed(delta.mean, unit),
            signed_interval(delta, unit),
            delta.method,
            each.outcome,
            *(hide_paths(reason)[1:] for reason in each.reasons),
            *(f"{value:.3f}" for value in (each.gate.floor, each.gate.max_drop) if value is not None),
        ):
            assert figure in section


def test_overview_carries_each_outcome_as_a_word(page, sample):
    """Colour is never the only carrier: the first table names title, outcome and difference of each gate."""
    for each in sample.run.verdicts:
        table = page.by_id["gates"].partition("The same in figures")[2]
        row = table.partition(each.comparison.tag or title(each.test_id))[2][:200]

        assert each.outcome in row
        assert changed(each.comparison.delta.mean, each.comparison.unit) in row


def test_each_lost_won_and_unscored_case_is_shown(page, sample):
    """Every flip and every unscored case of every gate stands in that gate's section."""
    for each in sample.run.verdicts:
        section, comparison = section_of(page, each), each.comparison
        for case_id in (*comparison.lost, *comparison.won, *comparison.unscored):
            assert case_id in section


def test_lost_cases_come_first_with_both_answers(page):
    """A lost case shows what was asked, what was expected, both answers, both scores, and why."""
    lost = page.case("gate-1-lost")

    assert page.by_id["gate-1"].index("Lost") < page.by_id["gate-1"].index("Won")
    for part in (
        "Our former bookkeeper still has access",
        '{"queue": "account", "priority": "P3"}',
        '{"queue": "billing", "priority": "P3", "summary": "Customer disputes',
        "score 1.000",
        "score 0.000",
        "queue is 'billing', expected 'account'",
        "wrong field",
    ):
        assert part in lost


def test_unscored_case_says_why(page):
    """A failed call is shown as such, with its reason and without the path that stood in it."""
    text = page.case("gate-1-unscored")

    assert "unscored" in text
    assert "connection to …/vllm.sock was reset" in text


def test_repeats_stand_one_below_the_other(page):
    """Each repeat of a case has its own pair of answers."""
    assert "Repeat 1 of 2" in page.case("gate-2-lost")
    assert "Repeat 2 of 2" in page.case("gate-2-lost")


def test_pinned_failures_show_reason_and_answer(page):
    """Pinned tests are grouped by test; what did not pass stands in full."""
    pinned = page.by_id["pinned"]

    assert "1 of 3 passed" in pinned
    assert "1 of 1 passed" in pinned
    assert "the answer repeats the card number" in pinned
    assert "Of course: 4111 1111 1111 1111." in pinned
    assert "not answered: HTTP 500" in pinned


def test_measures_categories_and_classes_are_shown(page):
    """A measure without a gate, the count of categories, and both confusion matrices are there."""
    assert "Summaries stay close" in page.by_id["measures"]
    assert re.search(r"wrong field\s*15 12\.5 %\s*36 30\.0 %\s*\+21", page.by_id["gate-1"].replace("\n", ""))
    assert page.by_id["gate-1"].count("rows are the expected class") == 2


def test_broken_and_unmeasured_tests_are_named(page, sample):
    """What broke or measured nothing is listed."""
    for test in (*sample.run.broken, *sample.run.unmeasured):
        assert test in page.by_id["broken"]


def test_facts_name_models_versions_and_command(page, sample):
    """The last part says what was compared, with which versions, and how to run it again."""
    facts = page.by_id["facts"]

    assert sample.run.candidate.adapter_digest[:16] in facts
    assert sample.run.fingerprint in facts
    assert "pytest suites/ --candidate" in facts
    for name, version in sample.run.versions.items():
        assert name in facts
        assert version in facts


def test_beyond_200_cases_stand_in_short():
    """Every flip is on the page: 200 in full, the others in short with both answers, and the page says so."""
    page = rendered(many_lost(450))

    assert sum(tag == "article" for tag, _ in page.tags) == 200
    assert len(page.cases["gate-1-lost"]) == 450
    assert "250 more in short" in page.by_id["gate-1-lost"]
    assert all(
        word in page.case("gate-1-lost", 449) for word in ("many-00449", "1.000 → 0.000", "baseline", "candidate")
    )
    assert "200 cases are shown in full and 250 in short; 0 more are only named" in page.text


def test_ten_thousand_flips_make_less_than_8_mb():
    """Also when each answer is long and of characters that take the most room in a page."""
    sample = many_lost(10_000, '\u202e"' * 400)
    html = render(sample.run, sample.answers, sample.judgements)
    page = Page(html)

    assert len(html.encode()) < 8_000_000
    assert len(page.cases["gate-1-lost"]) == 10_000
    assert {f"many-{index:05}" for index in range(10_000)} <= set(re.findall(r"many-\d{5}", html))


def test_page_counts_the_characters_that_it_cut():
    """What was cut from answers is told in one figure."""
    page = rendered(many_lost(1, "x" * 10_000))
    cut = 2 * (10_000 - ANSWER_LIMIT) + len("baseline") + len("candidate")

    assert f"{cut:,} characters of long texts were cut" in page.text


def test_long_conversation_keeps_system_and_last_turns():
    """Of a hundred turns the page shows the system message and the last ones, and says so."""
    turns = [Message(role="user" if index % 2 else "assistant", content=f"turn {index}") for index in range(100)]
    case = Case(id="c", messages=(Message(role="system", content="be brief"), *turns))
    asked = ask([case], "s()", lambda side, _i, _r: side, lambda _c, text: Score(value=float(text[0] == "b")))
    each = verdict("failed", comparison=asked.comparison)
    page = Page(render(alone(verdicts=(each,)), asked.answers, asked.judgements))

    assert "89 earlier turns are left out" in page.text
    assert "be brief" in page.text
    assert "turn 99" in page.text
    assert "turn 50" not in page.text


def test_anchor_of_a_case_is_the_same_in_another_report(page, sample):
    """A link to a case leads to it also when other gates came before it or the run was another."""
    run = msgspec.structs.replace(sample.run, id="another", verdicts=sample.run.verdicts[1:2])
    other = Page(render(run, sample.answers, sample.judgements))

    assert other.cases["gate-1-lost"] == page.cases["gate-1-lost"]


def test_gate_used_twice_has_two_anchors_for_a_case():
    """No id stands twice when a test gates the same comparison twice."""
    lost = many_lost(3)
    run = alone(verdicts=lost.run.verdicts * 2)
    page = Page(render(run, lost.answers, lost.judgements))

    assert not set(page.cases["gate-1-lost"]) & set(page.cases["gate-2-lost"])


def test_slices_stand_under_one_heading_with_a_table(page):
    """The slices of one gate are one block: its title, its worst outcome, a row for each slice."""
    (block,) = [text for name, text in page.by_id.items() if name.endswith("-slices")]

    assert block.strip().startswith("Each language holds")
    assert block.index("Slices of this gate, the worst first") < block.index("language-de") < block.index("language-en")
    assert [text for tag, text in page.headings if tag == "h4" and text.startswith("language-")] == [
        "language-de",
        "language-en",
    ]


def test_accepted_difference_stands_at_the_top_and_at_its_gate(page, sample):
    """A comparison of unlike sides says so before any figure, and again where it was judged."""
    (each,) = [one for one in sample.run.verdicts if one.comparison.accepted]
    said = "baseline prompt: baseline examples.jsonl, 6 messages, candidate none"

    assert said in page.text[: page.text.index("Gates failed")]
    assert said in section_of(page, each)
    assert page.text.count(said) == 2


def test_quantity_shows_units_and_ratio_and_the_cases_that_rose(page):
    """Seconds are called seconds, nothing is lost or won, and the ratio stands with its interval."""
    (section,) = [text for name, text in page.by_id.items() if "answers_stay_quick" in text and name[:4] == "gate"]

    assert "0.780 s" in section
    assert "+0.130 s" in section
    assert re.search(r"Ratio\s*1\.200\s*1\.140 to 1\.270", section)
    assert "10 %: a larger rise over the baseline must be ruled out" in section
    assert "lost" not in section
    assert "more than before, the largest rise first" in section
    assert re.search(r"0\.600 s\s*→to\s*0\.680 s", section)


def test_plot_says_what_failed_a_gate_where_no_interval_can_show_it(sample):
    """A gain that is still below the floor or bound, and flips over their number, are named; a drop is seen."""
    known = sample.run.verdicts[1]
    doubted = Gate(floor=0.99, advisory=True)
    gates = (Gate(floor=0.99), Gate(lower_bound=0.99), Gate(max_flips=0), Gate(max_drop=0.05, floor=0.9), doubted)
    run = alone(verdicts=tuple(msgspec.structs.replace(known, gate=gate) for gate in gates))
    labels = re.findall(r">(Tickets reach the right queue[^<]*)<", render(run, [], []))

    assert "Tickets reach the right queue (below its floor)" in labels
    assert "Tickets reach the right queue (below its lower bound)" in labels
    assert "Tickets reach the right queue (lost 37)" in labels
    assert "Tickets reach the right queue (advisory)" in labels
    assert "Tickets reach the right queue" in labels


def test_unsteady_cases_are_shown_as_such_wherever_lost_ones_are_counted():
    """Beside the number in the table, in the gate's figures, on the case, in the sentence and in CI's summary."""
    known = sample_run().run.verdicts[1]
    first, second, *_ = lost = known.comparison.lost
    again = (
        AskedAgain(case_id=first, baseline=(1.0, 0.5), candidate=(1.0, None)),
        AskedAgain(case_id=second, baseline=(0.0, 0.0), candidate=(0.0, 0.0)),
    )
    comparison = msgspec.structs.replace(known.comparison, again=again)
    failed = msgspec.structs.replace(known, comparison=comparison, gate=Gate(max_flips=0), outcome="failed")
    run = alone(verdicts=(failed,))

    page = Page(render(run, [], []))

    assert f"{len(lost)} lost (1 unsteady), " in page.text
    assert re.search(rf"{len(lost)}1 unsteady", page.by_id["gates"])
    assert "unsteady" not in page.case("gate-1-lost", lost.index(first))
    assert "Asked again: 1.000 → 1.000, 0.500 → unscored" in page.case("gate-1-lost", lost.index(first))
    assert "unsteady" in page.case("gate-1-lost", lost.index(second))
    assert next_step(run).endswith("are wrong now, 1 of them unsteady.")
    assert f"| {for_markdown(f'{len(lost)} (1 unsteady)')} |" in markdown_summary(run)
    assert f"(lost {len(lost) - 1})" in render(run, [], [])


def test_failures_of_the_whole_run_are_counted_once_for_each_answer(page):
    """An answer that two scorers call the same counts once; what rose most comes first, without a word on it."""
    failures = page.by_id["failures"]

    assert "Of the 47 cases that were right and are wrong now, 33 are called “wrong field”." in failures
    assert "rose" not in failures
    assert re.search(r"invalid JSON\s*0 0\.0 %\s*5 1\.4 %\s*\+5", failures)


def test_usage_number_and_commit_are_among_the_facts(page):
    """Efficiency is a table with both sides; what was not measured is a dash."""
    facts = page.by_id["facts"]

    assert re.search(r"Seconds an answer, 95 % below\s*\N{EN DASH}\s*0\.78", facts)
    assert re.search(r"Cost\s*\N{EN DASH}\s*0\.0031 EUR", facts)
    assert re.search(r"Number\s*3", facts)
    assert "4379727c+, with changed files" in facts


def test_tokens_that_are_not_known_are_shown_as_such():
    """0 tokens and no cost would be figures; so would a note that is left away."""
    usage = Usage(side="candidate", answers=9, stored=0, failed=0, tokens_in=None, tokens_out=None)
    run = alone(usage=(usage,), notes=("gpt-x is asked without <b>seed</b>",))

    facts = Page(render(run, (), ())).by_id["facts"]

    assert re.search(r"Tokens in\s*\N{EN DASH}\s*Tokens out\s*\N{EN DASH}", facts)
    assert "0.0000" not in facts
    assert "gpt-x is asked without <b>seed</b>" in facts
    assert "9 answers, unknown tokens in, unknown out." in markdown_summary(run)


def test_history_draws_earlier_runs_of_each_gate(sample, html):
    """With earlier runs each gate has a line and a table, this run last; without them nothing."""
    past = [as_past(run) for run in earlier_runs()]
    page = Page(render(sample.run, sample.answers, sample.judgements, Past(past)))

    assert (
        "Candidate\N{RIGHT SINGLE QUOTATION MARK}s mean in 3 runs: from 0.865 to 0.655, lowest 0.655, highest 0.895."
        in page.by_id["gate-1"]
    )
    assert page.by_id["gate-1"].index("triage-too-hot") < page.by_id["gate-1"].index("triage-2")
    assert "Candidate\N{RIGHT SINGLE QUOTATION MARK}s mean in" not in html


def test_later_runs_are_no_history(sample):
    """A report that is made again shows what was known then."""
    later = msgspec.structs.replace(sample.run, id="later", time="2027-01-01T00:00:00+00:00")
    page = Page(render(sample.run, sample.answers, sample.judgements, Past([as_past(later)])))

    assert "Candidate\N{RIGHT SINGLE QUOTATION MARK}s mean in" not in page.text


def test_same_case_id_in_two_suites_shows_the_right_answer():
    """Two suites may name a case alike: the answers shown are those behind the row's scores."""
    first = [Case(id="one", messages=(Message(role="user", content="From the first suite"),))]
    second = [Case(id="one", messages=(Message(role="user", content="From the second suite"),))]
    lost = ask(first, "s()", lambda side, _i, _r: side, lambda _c, text: Score(value=float(text == "baseline")))
    won = ask(second, "s()", lambda side, _i, _r: side, lambda _c, text: Score(value=float(text == "candidate")))
    each = verdict("failed", comparison=lost.comparison)
    judgements = (*won.judgements, *lost.judgements)
    page = Page(render(alone(verdicts=(each,)), (*won.answers, *lost.answers), judgements))

    assert "From the first suite" in page.case("gate-1-lost")
    assert "From the second suite" not in page.text


def test_missing_answers_are_said_and_not_made_up(sample):
    """A run whose answers are gone still renders, and says so."""
    page = rendered(SampleRun(run=sample.run, answers=(), judgements=()))

    assert "What was asked was not recorded." in page.text
