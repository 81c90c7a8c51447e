"""The third question: does the adapter still pass its suite against the answers that it gave at release?

It is asked anew, in a process of its own, as somebody would type it; the saved run is the other side. A hosted model
behind the same name, or an engine that was upgraded, shows here.
"""

from collections.abc import Sequence
from pathlib import Path

from harness.drift.found import Question
from harness.drift.released import Released
from harness.gating.child import gate_again
from harness.records.compared import Outcome
from harness.records.compared import Verdict as Gated
from harness.records.record import Record
from harness.records.saved import Run
from harness.runs.folder import read_run
from harness.runs.outcome import binding, reasons
from harness.stats.two_sample import Verdict
from harness.text.visible import for_terminal

NOT_ASKED = Question(name="adapter", verdict=None, reasons=("not asked; --rerun asks the suite again",))
VERDICTS: dict[Outcome, Verdict] = {"passed": "steady"}
"""Of a session in which no gate and no pinned case failed; of any other outcome it is too little to tell."""
MOST = 5
"""Reasons that are shown."""


class Again(Record, frozen=True, kw_only=True):
    """How a suite is asked again: its folder, seen from ``root``, that of harness.toml, and where runs are saved.

    ``candidate`` "" is the promoted adapter; ``base_url`` "" is where the settings say.
    """

    suite: str
    root: Path
    runs: Path
    candidate: str = ""
    base_url: str = ""


def rerun(released: Released, again: Again) -> Question:
    """Ask the suite again, and compare with the run of the release; without one there is nothing to compare with."""
    candidate = again.candidate or (f"registry:{released.entry.name}" if released.entry else "")
    if not candidate or released.run is None:
        why = released.notes or ("there are no answers of the release to compare with",)
        return Question(name="adapter", verdict="too little to tell", reasons=why)
    named = ["--candidate", candidate, "--baseline", f"run:{released.run.name}"]
    named += ["--accept-difference", "engine"]  # one that was upgraded is what is looked for
    if again.base_url:
        named += ["--base-url", again.base_url]
    gated = gate_again(again.root, again.suite, named, again.runs)
    told = [for_terminal(line, 400) for run in gated.ended.runs for line in reasons(run)]
    if gated.ended.remark:
        told.append(gated.ended.remark)
    failed = [one for run in gated.ended.runs for one in binding(run) if one.outcome == "failed"]
    news = failed and _news(failed, read_run(released.run))
    pinned = any(one.outcome == "failed" for run in gated.ended.runs for one in run.pinned)
    # A test that broke, or a session that saved nothing, says nothing of the adapter.
    verdict: Verdict = VERDICTS.get(gated.ended.outcome, "too little to tell")
    if news or pinned:
        verdict = "drifted"
    elif failed:
        told.insert(0, f"run {released.run.name} failed the same gates at release, and answers are no worse than then")
    return Question(
        name="adapter",
        verdict=verdict,
        reasons=tuple(told[:MOST]),
        run=gated.run.name if gated.run else "",
    )


def _news(failed: Sequence[Gated], release: Run) -> list[Gated]:
    """Return the gates that failed now and did not at release, or whose answers are worse than those beyond chance."""
    then = {_key(one) for one in binding(release) if one.outcome == "failed"}
    return [one for one in failed if _key(one) not in then or _is_worse(one)]


def _is_worse(verdict: Gated) -> bool:
    delta, most = verdict.comparison.delta, verdict.gate.max_flips
    return delta is None or delta.high < 0 or (most is not None and len(verdict.comparison.lost) > most)


def _key(verdict: Gated) -> tuple[str, str, str | None]:
    return verdict.test_id, verdict.comparison.scorer, verdict.comparison.tag
