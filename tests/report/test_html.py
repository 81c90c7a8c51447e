"""The report says what came out, shows every piece of evidence, and lets no answer do anything but be read."""

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessError, NoSuchModel, StoreError
from harness.records.asked import Case
from harness.records.compared import AskedAgain, Gate, Verdict
from harness.records.messages import Message
from harness.records.parties import Usage
from harness.records.saved import Pinned, Run
from harness.records.scored import Score
from harness.report import headline, markdown_summary, next_step, overall, render, write_report
from harness.report.view.facts import command_line
from harness.report.view.sections import Past
from harness.runs.folder import write_run
from harness.runs.history import PastRun
from harness.runs.record_file import written
from harness.runs.test_ids import title
from harness.text.figures import changed, measured, signed_interval
from harness.text.pages import content_folder
from harness.text.shown import ANSWER_LIMIT, fact, show, show_both
from harness.text.visible import for_markdown, hide_paths
from tests.sample_run import HOSTILE, SampleRun, ask, earlier_runs, sample_run

VOID = {"meta", "br", "line", "path", "rect", "circle", "img", "link", "input", "hr"}
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Page(HTMLParser):
    """A parsed report: its elements, and the text inside each element that has an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.headings: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.cases: dict[str, list[str]] = {}
        self.style = ""
        self.script = ""
        self._open: list[tuple[str, str]] = []
        self._parts: dict[str, list[str]] = {}
        self.feed(html)
        assert not self._open, f"not closed: {self._open}"
        self.by_id = {name: "".join(parts) for name, parts in self._parts.items()}

    @property
    def text(self) -> str:
        """All text that a reader sees."""
        return "".join(self.texts)

    def case(self, group: str, place: int = 0) -> str:
        """Return the text of one case of a group."""
        return self.by_id[self.cases[group][place]]

    def handle_starttag(self, tag, attrs):
        """Remember an element."""
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if given.get("id", "").startswith("case-") and tag in {"article", "li"}:
            self.cases.setdefault(next(name for kind, name in reversed(self._open) if kind == "details"), []).append(
                given["id"]
            )
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((tag, ""))
        if tag not in VOID:
            self._open.append((tag, given.get("id", "")))

    def handle_endtag(self, tag):
        """Close an element; a wrong order is an error of the template, or an answer that broke out."""
        if tag not in VOID:
            assert self._open, f"</{tag}> closes nothing"
            assert self._open.pop()[0] == tag

    def handle_data(self, data):
        """Remember the text."""
        inside = [tag for tag, _ in self._open]
        if "style" in inside:
            self.style += data
            return
        if "script" in inside:
            self.script += data
            return
        self.texts.append(data)
        if inside and self.headings and re.fullmatch("h[1-6]", inside[-1]):
            tag, so_far = self.headings[-1]
            self.headings[-1] = (tag, so_far + data)
        for _, name in self._open:
            if name:
                self._parts.setdefault(name, []).append(data)


def rendered(sample: SampleRun) -> Page:
    """Render and parse."""
    return Page(render(sample.run, sample.answers, sample.judgements))


@pytest.fixture(scope="module")
def sample() -> SampleRun:
    """The invented run."""
    return sample_run()


@pytest.fixture(scope="module")
def html(sample: SampleRun) -> str:
    """Its report."""
    return render(sample.run, sample.answers, sample.judgements)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    """Its report, parsed."""
    return Page(html)


def alone(**changes: object) -> Run:
    """Return the invented run with nothing in it but the changes."""
    nothing = {"verdicts": (), "measures": (), "pinned": (), "broken": (), "unmeasured": ()}
    return msgspec.structs.replace(sample_run().run, **{**nothing, **changes})


def verdict(outcome: str, *, advisory: bool = False, **changes: object):
    """Return a verdict with a given outcome."""
    gate = Gate(floor=0.5, advisory=advisory)
    return msgspec.structs.replace(sample_run().run.verdicts[0], outcome=outcome, gate=gate, **changes)


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


def many_lost(count: int, answer: str = "") -> SampleRun:
    """Return a run in which so many cases are lost, with this answer after the side's name."""
    cases = [Case(id=f"many-{index:05}", messages=(Message(role="user", content="?"),)) for index in range(count)]
    asked = ask(cases, "s()", lambda side, _i, _r: side + answer, lambda _c, text: Score(value=float(text[0] == "b")))
    run = alone(verdicts=(verdict("failed", comparison=asked.comparison),))
    return SampleRun(run=run, answers=asked.answers, judgements=asked.judgements)


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


def as_past(run: Run) -> PastRun:
    """Return what the history keeps of a run."""
    return msgspec.json.decode(b"".join(written(run)), type=PastRun)


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


# Hostile content


def test_answers_bring_no_element_and_no_handler(page):
    """No script, no handler, no style attribute, no reference outside the file, whatever the answers hold."""
    allowed_links = [given["href"] for tag, given in page.tags if tag == "a"]

    tags = [tag for tag, _ in page.tags]
    assert set(tags).isdisjoint({"iframe", "img", "link", "object", "base", "embed"})
    assert (tags.count("script"), tags.count("form"), tags.count("style")) == (1, 2, 1)
    assert page.script == (content_folder("reports") / "report.js").read_text(encoding="utf-8")
    for _, given_attributes in page.tags:
        assert not [name for name in given_attributes if name.startswith("on") or name in {"style", "src", "srcset"}]
    assert all(link.startswith("#") and link[1:] in page.by_id for link in allowed_links)
    assert not re.search(r"url\(|@import", page.style)


def test_style_and_script_stand_in_the_policy_by_their_digests(page):
    """The policy allows nothing but the page's own style sheet and script."""
    (policy,) = [given["content"] for tag, given in page.tags if given.get("http-equiv") == "Content-Security-Policy"]
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (page.style, page.script)
    )

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert [given["http-equiv"] for _, given in page.tags if "http-equiv" in given] == ["Content-Security-Policy"]


@pytest.mark.parametrize("text", [text for text in HOSTILE if 0 < len(text) < ANSWER_LIMIT])
def test_hostile_answers_show_as_text(page, text):
    """Markup, links and template braces are read as they were written, hidden characters by name."""
    assert show(text).text in page.by_id["gate-2"]


def test_no_hidden_character_reaches_the_page(html):
    """Bidi marks, ANSI codes and NUL never stand in the file themselves."""
    assert not HIDDEN.search(html)
    assert "⟨RLO⟩" in html
    assert "⟨NUL⟩" in html


def test_long_answer_is_cut_with_a_note(page, html):
    """A line of 1 MB is cut, the page says by how much, and stays light."""
    (cut,) = [int(one.replace(",", "")) for one in re.findall(r"([\d,]{7,}) more characters are left out", page.text)][
        :1
    ]
    assert cut >= 1_000_000 - ANSWER_LIMIT
    assert "x" * (ANSWER_LIMIT + 1) not in html
    assert len(html) < 500_000


def test_no_path_of_the_machine_is_told(html, sample):
    """Neither page nor summary holds a home folder or any other absolute path."""
    assert "/home/" not in html
    assert "ada" not in re.findall(r"[\w-]+", markdown_summary(sample.run))


def test_hostile_names_do_no_harm():
    """Names of models, tests, versions and scorers are escaped too."""
    evil = "</title></style><script>x</script>"
    model = msgspec.structs.replace(sample_run().run.candidate, adapter=evil)
    each = verdict("failed", test_id=f"a.py::{evil}", reasons=(evil,))
    run = alone(verdicts=(each,), candidate=model, engine=evil, versions={evil: evil}, id=evil, time=evil)
    page = Page(render(run, [], []))

    assert [tag for tag, _ in page.tags].count("script") == 1
    assert evil in page.text


def test_lone_surrogate_can_be_written(tmp_path):
    """A string that is no valid Unicode is shown by the name of its code point."""
    case = Case(id="c", messages=(Message(role="user", content="?"),))
    asked = ask(
        [case], "s()", lambda side, _i, _r: f"{side} \ud800", lambda _c, text: Score(value=float(text[0] == "b"))
    )
    html = render(alone(verdicts=(verdict("failed", comparison=asked.comparison),)), asked.answers, asked.judgements)

    assert "⟨U+D800⟩" in html
    assert html.encode()


# Form


def test_headings_are_in_order_and_ids_unique(page):
    """No level is left out, and no id stands twice."""
    levels = [int(tag[1]) for tag, _ in page.headings]
    ids = [given["id"] for _, given in page.tags if "id" in given]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert len(ids) == len(set(ids))


def test_tables_have_captions_and_headers_and_plots_have_words(page):
    """Tables and drawings can be read without seeing them."""
    tags = [tag for tag, _ in page.tags]

    assert tags.count("table") == tags.count("caption") > 5
    assert all(given.get("scope") in {"col", "row"} for tag, given in page.tags if tag == "th")
    assert all(
        given.get("aria-hidden") == "true" or given.get("aria-label") for tag, given in page.tags if tag == "svg"
    )
    assert {"main", "nav", "header", "footer"} <= set(tags)


# Small parts


@given(st.text())
def test_shown_text_hides_nothing(text):
    """Whatever the text, no character of the hidden kinds is left, and nothing else is lost."""
    shown = show(text)
    plain = "".join(piece.text for piece in shown.pieces if piece.kind == "plain")

    assert not HIDDEN.search(shown.text)
    assert len(plain) + sum(piece.kind == "control" for piece in shown.pieces) == len(text.replace("\r\n", "\n"))


@given(st.text("ab \n", max_size=40), st.text("ab \n", max_size=40))
def test_marked_differences_keep_the_text(left, right):
    """Marking the words that differ changes no character."""
    before, after = show_both(left, right)

    assert (before.text, after.text) == (left, right)


def test_words_that_differ_are_marked():
    """Only the changed word is marked, on each side its own."""
    before, after = show_both("send it to the bug queue", "send it to the billing queue")

    assert [piece.text for piece in before.pieces if piece.kind == "changed"] == ["bug"]
    assert [piece.text for piece in after.pieces if piece.kind == "changed"] == ["billing"]


def test_emoji_joiners_are_left_alone():
    """A family emoji is no attack."""
    assert show("👩\u200d👧").text == "👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("can't read /home/ada/x/y.json: gone", "can't read …/y.json: gone"),
        ("file:///root/a/b", "…/b"),
        ("--run-dir=/tmp/runs/7", "--run-dir=…/7"),
        (r"C:\Users\ada\model", "…/model"),
        ("http://127.0.0.1:8000/v1/models", "http://127.0.0.1:8000/v1/models"),
        ("suites/support_triage/ 3/4/5 and/or", "suites/support_triage/ 3/4/5 and/or"),
    ],
)
def test_absolute_paths_lose_their_folders(text, expected):
    """Absolute paths keep their last part; addresses and relative paths stay."""
    assert hide_paths(text) == expected


def test_command_keeps_relative_arguments():
    """The command can be typed again in the checkout."""
    command = ("/opt/x/bin/pytest", "suites/", "--candidate", "adapters/my triage")

    assert command_line(command) == "pytest suites/ --candidate 'adapters/my triage'"


def test_long_fact_says_what_is_missing():
    """A fact is cut with a note."""
    assert fact("a" * 50, 10) == "aaaaaaaaaa … (40 more characters)"


# Summary for CI


def test_summary_states_the_verdict_then_a_row_for_each_gate(sample):
    """The first line is the verdict; the table has a row for each gate, pinned test and broken test."""
    lines = markdown_summary(sample.run).splitlines()
    rows = [line for line in lines if line.startswith("| ")]

    assert lines[0].startswith("### ❌ triage-too-hot failed against triage: 3 of 7 gates failed")
    assert len(rows) == 2 + len(sample.run.verdicts) + 2 + len(sample.run.broken) + len(sample.run.unmeasured)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 10 for row in rows)
    assert any("inconclusive (advisory)" in row.replace("\\", "") for row in rows)


def test_summary_escapes_hostile_text():
    """Pipes, line ends, markup, links and mentions in names and reasons stay text and keep the table whole."""
    evil = "a|b\n<img src=x> [x](https://evil.example) @team `c` www.evil.example"
    text = markdown_summary(alone(verdicts=(verdict("failed", reasons=(evil,)),), broken=(evil,)))

    assert "<img" not in text
    assert "@team" not in text
    assert "https://" not in text
    assert "[x](" not in text
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 10 for row in text.splitlines() if row.startswith("|"))


def test_escape_keeps_plain_words():
    """Ordinary text is not touched."""
    assert for_markdown("Dropped by 0.227, more than 0.05") == "Dropped by 0.227, more than 0.05"


# Files


def test_report_is_written_into_the_run_folder(tmp_path, sample):
    """A run folder gains report.html, the same page as rendered with the runs beside it, and no other file."""
    folders = [tmp_path / run.id for run in (*earlier_runs(), sample.run)]
    for folder, run in zip(folders, (*earlier_runs(), sample.run), strict=True):
        folder.mkdir()
        write_run(folder, run, sample.answers, sample.judgements)
    before = {path.name for path in folders[-1].iterdir()}

    path = write_report(folders[-1])

    past = [as_past(run) for run in earlier_runs()]
    assert path == folders[-1] / "report.html"
    assert path.read_text(encoding="utf-8") == render(sample.run, sample.answers, sample.judgements, Past(past))
    assert {path.name for path in folders[-1].iterdir()} == before | {"report.html"}


def test_folder_without_a_run_is_refused(tmp_path):
    """No run.json, no report."""
    with pytest.raises(NoSuchModel):
        write_report(tmp_path)


@pytest.mark.parametrize("missing", ["answers.jsonl", "scores.jsonl"])
def test_missing_file_is_named(tmp_path, missing):
    """A run folder that lost a file gives an error that names it, and no half report."""
    write_run(tmp_path, alone(), [], [])
    (tmp_path / missing).unlink()

    with pytest.raises(StoreError, match=re.escape(missing)):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_damaged_line_is_named(tmp_path, sample):
    """A cut line is named by file and line."""
    write_run(tmp_path, alone(), sample.answers[:2], [])
    path = tmp_path / "answers.jsonl"
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(StoreError, match=r"answers\.jsonl:2"):
        write_report(tmp_path)


def test_content_comes_from_the_checkout():
    """In a checkout, the folders beside the package are used."""
    assert (content_folder("reports") / "report.html.j2").is_file()


def test_installed_package_uses_its_own_copy(tmp_path):
    """An installed package finds its own copy, even with a stray folder of that name beside it."""
    package = tmp_path / "harness"
    (package / "_content" / "reports").mkdir(parents=True)
    (tmp_path / "reports").mkdir()

    assert content_folder("reports", package) == package / "_content" / "reports"


def test_missing_content_is_an_error(tmp_path):
    """Neither folder: the error says what to do."""
    with pytest.raises(HarnessError, match="install again"):
        content_folder("judges", tmp_path / "harness")
