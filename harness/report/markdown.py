"""A run in a few lines of GitHub-flavoured Markdown, for the summary of a CI job."""

from collections.abc import Sequence

from harness.records.compared import Comparison, Verdict
from harness.records.parties import Usage
from harness.records.saved import Run
from harness.report.sentences import headline, next_step
from harness.report.view.judges import judge_lines
from harness.report.view.leaked import TITLE as LEAKED_TITLE
from harness.report.view.near import near_lines
from harness.report.view.regurgitation import TITLE as GIVEN_AWAY_TITLE
from harness.report.view.reused import reused_lines
from harness.report.view.short import short_lines
from harness.report.view.trust import notes, party
from harness.report.view.until_decided import early_lines
from harness.runs.outcome import RANK, overall
from harness.runs.test_ids import bare, title
from harness.text.figures import NOTHING, changed, count, measured, signed_interval
from harness.text.shown import fact
from harness.text.visible import for_markdown
from harness.verdicts.steadiness import unsteady_cases
from harness.verdicts.wording import accepted_in_words

MARKS = {"passed": "✅", "failed": "❌", "inconclusive": "❔"}
REASONS_LIMIT = 400
SUMMARY_BYTES = 900 * 1024
"""GitHub drops a summary of more than 1,024 KiB whole."""
TABLE = (
    "| Gate | Outcome | Baseline | Candidate | Difference (95 %) | Lost | Won | Unscored | Why |",
    "| :-- | :-- | --: | --: | --: | --: | --: | --: | :-- |",
)


def markdown_summary(run: Run, most: int = SUMMARY_BYTES) -> str:
    """Return the verdict in one sentence and a table: a row for leaks, each gate, pinned test, and test without one.

    The worst come first, and what is longer than ``most`` bytes in all is left out and counted. Headline and next step
    are always there.
    """
    top = f"### {MARKS[overall(run)]} {for_markdown(headline(run))}\n\n{for_markdown(next_step(run))}\n\n"
    about = [
        *_accepted(run),
        *map(for_markdown, (*early_lines(run), *short_lines(run), *notes(run), *reused_lines(run))),
        *map(for_markdown, (*near_lines(run), *judge_lines(run))),
        *_usage(run.usage),
    ]
    rows = [
        *_by_rows(run),
        *[_row(fact(test, REASONS_LIMIT), "❌ broke", *[NOTHING] * 6, "no verdict") for test in run.broken],
        *[_gate(verdict) for verdict in sorted(run.verdicts, key=lambda one: RANK[one.outcome])],
        *_pinned(run),
        *[_row(fact(test, REASONS_LIMIT), "❔ unmeasured", *[NOTHING] * 6, "no verdict") for test in run.unmeasured],
    ]
    head = "\n".join(TABLE) + "\n"
    facts = fitting_lines([f"{line}\n" for line in about], (most - _size(top + head)) // 3, "more fact")
    shown = fitting_lines(rows, most - _size(top + facts + head), "more row")
    return f"{top}{facts}\n{head}{shown}"


def fitting_lines(lines: Sequence[str], most: int, noun: str) -> str:
    """Return as many lines as ``most`` bytes hold, and a last one that counts those left out; at least that one."""
    whole = "".join(f"{line}\n" for line in lines)
    if _size(whole) <= most:
        return whole
    shown, room = [], most - LAST_LINE
    for line in lines:
        room -= _size(line) + 1
        if room < 0:
            break
        shown.append(f"{line}\n")
    return f"{''.join(shown)}\n… {count(len(lines) - len(shown), noun)}: see the report.\n"


LAST_LINE = 80
"""Bytes of the line that counts what was left out, at most."""


def _size(text: str) -> int:
    return len(text.encode())


def _gate(verdict: Verdict) -> str:
    comparison = verdict.comparison
    delta, unit = comparison.best_difference, comparison.unit
    unsteady = len(unsteady_cases(comparison))
    return _row(
        f"{title(verdict.test_id)}: {fact(comparison.scorer, 120)}{_slice(comparison.tag)}",
        f"{MARKS[verdict.outcome]} {verdict.outcome}{' (advisory)' if verdict.gate.advisory else ''}",
        measured(comparison.baseline_mean.mean, unit) if comparison.baseline_mean else NOTHING,
        measured(comparison.candidate_mean.mean, unit) if comparison.candidate_mean else NOTHING,
        f"{changed(delta.mean, unit)} ({signed_interval(delta, unit)}){_by_labels(comparison)}" if delta else NOTHING,
        f"{len(comparison.lost):,}{f' ({unsteady:,} unsteady)' if unsteady else ''}",
        f"{len(comparison.won):,}",
        f"{len(comparison.unscored):,}",
        fact("; ".join(verdict.reasons), REASONS_LIMIT),
    )


def _by_labels(comparison: Comparison) -> str:
    return " by labels" if comparison.best_difference is not comparison.delta else ""


def _slice(tag: str) -> str:
    return f" on {fact(tag, 80)}" if tag else ""


def _accepted(run: Run) -> list[str]:
    """Return a line about the accepted differences between the sides; or nothing."""
    comparisons = [comparison for _, comparison in run.comparisons]
    found = dict.fromkeys(difference for comparison in comparisons for difference in comparison.accepted)
    if not found:
        return []
    named = "; ".join(fact(accepted_in_words(difference), 300) for difference in found)
    return [f"**Accepted differences between the sides:** {for_markdown(named)}"]


def _usage(usage: Sequence[Usage]) -> list[str]:
    """Return one line about each side's answers, tokens, time and cost; or nothing."""
    if not usage:
        return []
    return [for_markdown("; ".join(f"{party(one.side.capitalize(), one.name)}: {_spent(one)}" for one in usage)) + "."]


def _spent(usage: Usage) -> str:
    stored = f" ({usage.stored:,} from the store)" if usage.stored else ""
    tokens = [f"{_tokens(usage.tokens_in)} tokens in", f"{_tokens(usage.tokens_out)} out"]
    parts = [f"{count(usage.answers, 'answer')}{stored}", *tokens]
    parts += [f"{usage.failed:,} failed calls"] if usage.failed else []
    parts += [f"p95 {measured(usage.p95_s, 's')}"] if usage.p95_s is not None else []
    parts += [f"cost {usage.cost:,.4f} {fact(usage.currency, 12)}".rstrip()] if usage.cost is not None else []
    return ", ".join(parts)


def _tokens(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def _by_rows(run: Run) -> list[str]:
    """Return a row for what fails the run by the candidate's training rows."""
    told = (
        (LEAKED_TITLE, "❌ leaked", run.leak_failure),
        (GIVEN_AWAY_TITLE, "❌ given away", run.given_away_failure),
    )
    return [_row(title, mark, *[NOTHING] * 6, fact(why, REASONS_LIMIT)) for title, mark, why in told if why]


def _pinned(run: Run) -> list[str]:
    tests: dict[str, list[str]] = {}
    for one in run.pinned:
        tests.setdefault(bare(one.test_id), []).append(one.outcome)
    rows = []
    for test_id, outcomes in tests.items():
        worst = min((one.outcome for one in run.pinned if bare(one.test_id) == test_id), key=RANK.__getitem__)
        kept = f"{outcomes.count('passed'):,} of {len(outcomes):,} pinned cases passed"
        rows.append(_row(title(test_id), f"{MARKS[worst]} {worst}", *[NOTHING] * 6, kept))
    return rows


def _row(*cells: str) -> str:
    return f"| {' | '.join(for_markdown(cell) for cell in cells)} |"
