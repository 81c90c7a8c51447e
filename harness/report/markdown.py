"""A run in a few lines of GitHub-flavoured Markdown, for the summary of a CI job."""

import re

from harness.records import Verdict
from harness.report import words
from harness.report.shown import fact
from harness.run_records import Run

MARKS = {"passed": "✅", "failed": "❌", "inconclusive": "❔"}
REASONS_LIMIT = 400


def markdown_summary(run: Run) -> str:
    """Return the verdict in one sentence and a table: a row for each gate, pinned test, and test without a verdict."""
    outcome = words.overall(run)
    lines = [
        f"### {MARKS[outcome]} {escape(words.headline(run))}",
        "",
        escape(words.next_step(run)),
        "",
        "| Gate | Outcome | Baseline | Candidate | Difference (95 %) | Lost | Won | Unscored | Why |",
        "| :-- | :-- | --: | --: | --: | --: | --: | --: | :-- |",
        *[_gate(verdict) for verdict in sorted(run.verdicts, key=lambda one: words.RANK[one.outcome])],
        *_pinned(run),
        *[_row(fact(test, REASONS_LIMIT), "❌ broke", *[words.NOTHING] * 6, "no verdict") for test in run.broken],
        *[
            _row(fact(test, REASONS_LIMIT), "❔ unmeasured", *[words.NOTHING] * 6, "no verdict")
            for test in run.unmeasured
        ],
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    r"""Return text that GitHub shows as it is: no markup, no link, no mention, no new line.

    >>> escape("a|b <script> [x](y) @all")
    'a\\|b &lt;script&gt; \\[x\\]\\(y\\) &#64;all'
    """
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    text = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", text)
    return text.replace("\\#36;", "#36;").replace("@", "&#64;").replace("://", "&#58;//").replace("www.", "www&#46;")


def _gate(verdict: Verdict) -> str:
    comparison = verdict.comparison
    delta = comparison.delta
    return _row(
        f"{words.title(verdict.test_id)}: {fact(comparison.scorer, 120)}",
        f"{MARKS[verdict.outcome]} {verdict.outcome}{' (advisory)' if verdict.gate.advisory else ''}",
        words.number(comparison.baseline_mean.mean if comparison.baseline_mean else None),
        words.number(comparison.candidate_mean.mean if comparison.candidate_mean else None),
        f"{words.signed(delta.mean)} ({words.signed_interval(delta)})" if delta else words.NOTHING,
        f"{len(comparison.lost):,}",
        f"{len(comparison.won):,}",
        f"{len(comparison.unscored):,}",
        fact("; ".join(verdict.reasons), REASONS_LIMIT),
    )


def _pinned(run: Run) -> list[str]:
    tests: dict[str, list[str]] = {}
    for one in run.pinned:
        tests.setdefault(words.bare(one.test_id), []).append(one.outcome)
    rows = []
    for test_id, outcomes in tests.items():
        worst = min(
            (one.outcome for one in run.pinned if words.bare(one.test_id) == test_id), key=words.RANK.__getitem__
        )
        kept = f"{outcomes.count('passed'):,} of {len(outcomes):,} pinned cases passed"
        rows.append(_row(words.title(test_id), f"{MARKS[worst]} {worst}", *[words.NOTHING] * 6, kept))
    return rows


def _row(*cells: str) -> str:
    return f"| {' | '.join(escape(cell) for cell in cells)} |"
