"""The model card of an adapter, in Hugging Face's format: base, data, figures with intervals, limits."""

from collections.abc import Iterator

from harness.records.compared import Comparison, Verdict
from harness.records.estimate import Estimate
from harness.records.parties import TRUSTED
from harness.records.saved import Run
from harness.registry.evidence import base_commit
from harness.registry.facts import AdapterFacts
from harness.registry.promoted import promotions
from harness.runs.outcome import overall
from harness.runs.test_ids import suite_of, title
from harness.text.figures import count, interval, measured, signed, signed_interval
from harness.text.visible import for_terminal
from harness.train.model_card import NO_LICENSE, Facts, as_json, front_matter, job_lines, md, training_lines

NO_RUN = "No saved run has judged this adapter, so nothing is known of its quality."


def card_of(facts: AdapterFacts, run: Run | None, license_id: str = "") -> str:
    """Return the card of an adapter as Markdown, with the figures of ``run``; None where no run has judged it.

    ``license_id`` is its identifier on the hub, such as "apache-2.0"; empty where it isn't told.
    """
    lines = [*_front_matter(facts, run, license_id), "", f"# {md(facts.name)}", "", *_summary(facts, run), ""]
    lines += [
        "## Training data",
        "",
        *(job_lines(facts.job) if facts.job and not facts.manifest else training_lines(facts.manifest)),
        "",
        "## Evaluation",
        "",
        *evaluation_lines(run),
        "",
    ]
    return "\n".join([*lines, "## Limits", "", *_limits(run), *([] if license_id else [f"- {NO_LICENSE}"]), ""])


def _front_matter(facts: AdapterFacts, run: Run | None, license_id: str) -> Iterator[str]:
    commit = _commit(facts, run)
    means = [(one, one.comparison.candidate_mean) for one in run.verdicts] if run else []
    results = [_result(one, mean) for one, mean in means if mean is not None]
    index = ["model-index:", f"- name: {as_json(facts.name)}", "  results:"]
    index += [f"  - {as_json(result)}" for result in results]
    told = Facts(
        library="peft",
        relation="adapter",
        tags=("lora", "tunegate"),
        base=_base(facts, run) if commit else "",  # then it is one on a hub, which the card can link
        commit=commit,
        license=license_id,
    )
    yield from front_matter(told, index if results else ())


def _result(verdict: Verdict, mean: Estimate) -> dict[str, object]:
    """Return one metric for the model-index.

    The format has no place for an interval, so it is in the metric's name for people, and in its ``args`` for machines.
    """
    seen = verdict.comparison
    suite = for_terminal(suite_of(verdict.test_id) or "suite", 80)
    unit = seen.unit
    tag = f" on {seen.tag}" if seen.tag else ""
    told = f"{seen.scorer}{tag}, 95 % interval {interval(mean, unit)}, {count(mean.n, 'case')}"
    return {
        "task": {"type": "text-generation", "name": for_terminal(title(verdict.test_id))},
        "dataset": {"type": suite, "name": suite},
        "metrics": [
            {
                "type": for_terminal(seen.scorer, 80),
                "name": for_terminal(told),
                "value": round(mean.mean, 6),
                "args": {"low": round(mean.low, 6), "high": round(mean.high, 6), "confidence": 0.95, "n": mean.n},
            }
        ],
    }


def _summary(facts: AdapterFacts, run: Run | None) -> Iterator[str]:
    base = _base(facts, run) or "a base model that is not known"
    commit = _commit(facts, run)
    rank = f" of rank {facts.rank}" if facts.rank else ""
    yield f"A LoRA adapter{rank} for {md(base)}{f' at commit {md(commit)}' if commit else ''}."
    if facts.digest:
        yield f"Digest of its configuration and weights: `{facts.digest}`."
    for entry in promotions(facts.entries):
        said = entry.promotion
        why = f": {md(said.reason)}" if said.reason else ""
        override = f" Overridden: {md('; '.join(said.overridden))}." if said.overridden else ""
        again = " again" if said.back_to else ""
        yield f"\nPromoted{again} on {said.time[:10]} (entry {entry.number}){why}.{override}"


def evaluation_lines(run: Run | None) -> Iterator[str]:
    """Yield how a run has judged an adapter, as Markdown: each gate with its figures and their intervals."""
    if run is None:
        yield NO_RUN
        return
    against = f"compared with {md(run.baseline.name)} case by case"
    yield f"Run {md(run.id)} of {run.time[:10]}, {against}: **{overall(run)}**."
    yield ""
    yield "| gate | scorer | cases | this adapter (95 %) | difference (95 %) | outcome |"
    yield "| --- | --- | --- | --- | --- | --- |"
    yield from map(_row, run.verdicts)
    if run.pinned:
        passed = sum(one.outcome == "passed" for one in run.pinned)
        yield f"\n{passed} of {count(len(run.pinned), 'test')} of single cases passed."


def _row(verdict: Verdict) -> str:
    seen: Comparison = verdict.comparison
    mean, delta, unit = seen.candidate_mean, seen.delta, seen.unit
    cells = [
        md(title(verdict.test_id)),
        md(f"{seen.scorer}{f' on {seen.tag}' if seen.tag else ''}"),
        str(mean.n) if mean else "0",
        f"{measured(mean.mean, unit)} {interval(mean, unit)}" if mean else "not scored",
        f"{signed(delta.mean)} {signed_interval(delta, unit)}" if delta else "not paired",
        f"{verdict.outcome}{' (advisory)' if verdict.gate.advisory else ''}",
    ]
    return f"| {' | '.join(cells)} |"


def _limits(run: Run | None) -> Iterator[str]:
    if run is None:
        yield f"- {NO_RUN}"
        return
    suites = dict.fromkeys(suite_of(one.test_id) for one in run.verdicts)
    named = ", ".join(md(one) for one in suites if one) or "none"
    yield f"- Nothing is known beyond the suites that were asked: {named}."
    if run.judge:
        yield f"- Some scores are a judge's: {md(run.judge)}."
    if run.beside:
        among = count(len(run.beside), "candidate")
        yield f"- It is one of {among} that were asked together: the best of several looks better than it is."
    known_by = next((one.known_by for one in run.origins if one.party == "candidate"), None)
    if known_by in TRUSTED:
        yield "- Nothing proved that these weights gave the answers; a running server was believed."
    if run.left_out:
        yield f"- {count(run.left_out, 'case')} were left out, since a candidate was trained on them."
    accepted = dict.fromkeys(one.name for _, seen in run.comparisons for one in seen.accepted)
    if accepted:
        yield f"- Differences between the sides that a person accepted: {md(', '.join(accepted))}."
    for one in run.sealed:
        yield f"- The sealed test {md(one.suite)} has judged {count(one.judged, 'candidate')}."
    unproved = [one for one in run.verdicts if one.outcome != "passed"]
    yield from (f"- {one.outcome}: {md(title(one.test_id))}" for one in unproved)


def _base(facts: AdapterFacts, run: Run | None) -> str:
    of_training = facts.manifest.base if facts.manifest else facts.job.base_model if facts.job else ""
    return of_training or (run.candidate.base if run else "")


def _commit(facts: AdapterFacts, run: Run | None) -> str:
    of_run = base_commit(run.origins) if run else ""
    return (facts.manifest.base_commit if facts.manifest else "") or of_run
