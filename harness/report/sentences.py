"""The sentences and figures of a report: what came out, what to do next, how a number is written."""

from harness.records.compared import Outcome, Verdict
from harness.records.saved import Run
from harness.runs.outcome import binding, overall
from harness.runs.ranking import Ranking
from harness.runs.test_ids import title
from harness.text.figures import count, count_cases, join
from harness.text.shown import fact
from harness.verdicts.steadiness import unsteady_cases

BEFORE_RELEASE = "run pytest suites/ whole, without --anchors, before a release"


def headline(run: Run) -> str:
    """Return the verdict on the whole run in one plain sentence."""
    candidate, baseline = fact(run.candidate.name, 80), fact(run.baseline.name, 80)
    outcome = overall(run)
    if outcome == "failed":
        parts = _counts(run, "failed", "failed")
        parts += [f"{count(len(run.broken), 'test')} broke"] if run.broken else []
        leaked = sum(one.counts for one in run.leaked)
        parts += [f"{count_cases(leaked)} {'is' if leaked == 1 else 'are'} in its training rows"] * bool(
            run.leak_failure
        )
        parts += ["it gives away training rows"] if run.given_away_failure else []
        return f"{candidate} failed against {baseline}: {join(parts)}."
    if outcome == "passed":
        estimated = " by an estimate" if run.short else ""
        return f"{candidate} passed against {baseline}{estimated}: {join(_totals(run))} passed."
    parts = _counts(run, "inconclusive", "could not be decided")
    parts += [f"{count(len(run.unmeasured), 'thing')} could not be measured"] if run.unmeasured else []
    why = f"nothing failed, but {join(parts)}" if parts else "nothing was gated"
    return f"{candidate} against {baseline} is inconclusive: {why}."


def next_step(run: Run) -> str:
    """Return what the reader should do now, in a sentence or two."""
    candidate = fact(run.candidate.name, 80)
    outcome = overall(run)
    if outcome == "passed":
        doubtful = sum(verdict.gate.advisory and verdict.outcome != "passed" for verdict in run.verdicts)
        look = (
            f" {count(doubtful, 'advisory gate')} did not pass; take a look at {'it' if doubtful == 1 else 'them'}."
            if doubtful
            else ""
        )
        if run.short:
            return f"Every {_gated(run)} passed on short suites: {BEFORE_RELEASE}.{_not_gated(run)}{look}"
        if run.not_asked:
            whole = f"run the suites whole, with --ask-all, before {candidate} is released."
            return f"Every {_gated(run)} passed, decided before all cases were asked: {whole}{_not_gated(run)}{look}"
        return f"Every {_gated(run)} passed: {candidate} can be released.{_not_gated(run)}{look}"
    if outcome == "failed":
        return f"Do not release {candidate}. {_where_it_failed(run)}"
    return f"Do not release {candidate} yet. {_what_would_decide(run)}"


def ranked_first(ranking: Ranking) -> str:
    """Return what the ranking of several candidates comes to, and what to do with the first."""
    first, number = ranking.candidates[0], len(ranking.candidates)
    name = fact(first.name, 80)
    if first.if_chosen == "passed":
        return f"{name} is first of {number} and passes with the choice among all taken into account: release that one."
    if first.outcome == "passed" and first.is_early:
        return (
            f"{name} is first of {number} and passed alone, but gates were decided before all cases were asked: run "
            "all of them whole, with --ask-all, before one is chosen."
        )
    if first.outcome == "passed":
        where = join([f"“{title(test_id)}”" for test_id in first.doubtful])
        return (
            f"{name} is first of {number} and passed alone, but with the choice among them taken into account {where} "
            "could not be decided: gate it alone on new cases, or all of them again on more cases."
        )
    return f"None of {number} candidates passed; {name} is first, and {first.outcome}."


def _gated(run: Run) -> str:
    return " and ".join(noun for noun, found in (("gate", binding(run)), ("pinned case", run.pinned)) if found)


def _not_gated(run: Run) -> str:
    return f" Not gated: {count(len(run.measures), 'measure')}." if run.measures else ""


def _where_it_failed(run: Run) -> str:
    worst = [verdict for verdict in binding(run) if verdict.outcome == "failed"]
    if worst:
        first = max(worst, key=lambda verdict: len(verdict.comparison.lost))
        return f"Start with {quoted(first)}: {_worst_figure(first, fact(run.baseline.name, 80))}."
    if any(pinned.outcome == "failed" for pinned in run.pinned):
        return "Start with the failed pinned cases below: each is a rule that must always hold."
    if run.broken:
        return "Fix the broken tests and run again; until then, what they check is unknown."
    if run.leak_failure:
        return (
            "It answers cases that it was trained on from memory: remove their rows and train again, or write other "
            "cases."
        )
    return "It repeats training rows word for word: train for fewer epochs, remove copies, and mask personal data."


def _what_would_decide(run: Run) -> str:
    undecided = [verdict for verdict in binding(run) if verdict.outcome == "inconclusive"]
    if undecided:
        reasons = undecided[0].reasons
        return f"{quoted(undecided[0])}: {fact(reasons[0], 300).rstrip('.') if reasons else 'no reason was given'}."
    if run.pinned and any(pinned.outcome == "inconclusive" for pinned in run.pinned):
        return "Some pinned cases have no usable answer: the reasons are below. Then run again."
    if run.unmeasured:
        return f"Not everything was measured: {fact(run.unmeasured[0], 300).rstrip('.')}."
    if any(verdict.comparison.untrusted for verdict in run.verdicts):
        return "Its gates are advisory, since nobody checked what they rest on: why is told below."
    return "Put gate(evaluate(...), max_drop=...) into a test and run again."


def _worst_figure(verdict: Verdict, baseline: str) -> str:
    comparison = verdict.comparison
    if comparison.lost:
        unsteady = len(unsteady_cases(comparison))
        lost, cases = len(comparison.lost), count(len(comparison.rows), "case")
        said = f"of {cases}, {lost:,} that {baseline} got right {'is' if lost == 1 else 'are'} wrong now"
        return f"{said}, {unsteady:,} of them unsteady" if unsteady else said
    return fact(verdict.reasons[0], 300).rstrip(".") if verdict.reasons else "its reasons are below"


def quoted(verdict: Verdict) -> str:
    """Return the gate's title in quotation marks."""
    return f"“{title(verdict.test_id)}”"


def _totals(run: Run) -> list[str]:
    gates, pinned = len(binding(run)), len(run.pinned)
    return [
        f"the only {noun}" if n == 1 else f"all {count(n, noun)}"
        for n, noun in ((gates, "gate"), (pinned, "pinned case"))
        if n
    ]


def _counts(run: Run, outcome: Outcome, ending: str) -> list[str]:
    gates = [verdict.outcome for verdict in binding(run)]
    pinned = [one.outcome for one in run.pinned]
    return [
        f"{outcomes.count(outcome):,} of {count(len(outcomes), noun)} {ending}"
        for outcomes, noun in ((gates, "gate"), (pinned, "pinned case"))
        if outcome in outcomes
    ]
