"""Whether a run proves that an adapter can be promoted, and what the ledger keeps of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.config.release import GatesConfig
from harness.data.seal import read_seal, seal_of
from harness.errors import PromotionRefused
from harness.models.digests import recomputed
from harness.models.own_text import own_text
from harness.records.compared import Comparison, Outcome, Verdict
from harness.records.made_of import SealedTest
from harness.records.parties import Origin
from harness.records.saved import Pinned, Run
from harness.registry.chosen import unproved_choice
from harness.registry.entry import Entry
from harness.registry.statement import Evidence, Finding
from harness.runs.outcome import binding, data_failures, overall
from harness.runs.suite_files import changes_since
from harness.runs.test_ids import title
from harness.text.figures import count
from harness.text.visible import for_terminal

MOST = 5
"""So many reasons or files are named of each kind."""
CHOOSING = ("-k", "-m", "--deselect", "--lf", "--last-failed", "--sw", "--stepwise")
"""Options of pytest that leave tests out."""


def refuse_another(run: Run, folder: Path, digest: str) -> None:
    """Refuse a run of another adapter, tokenizer or chat template than ``folder`` has; no reason overrides that.

    Raises:
        PromotionRefused: it has, or nothing is known of the adapter that it has judged.
    """
    again = f"run pytest suites/ --candidate {folder}, and promote with that run"
    if run.candidate.known_digest == digest:
        if (run.own_text or ()) == own_text(folder):
            return
        is_older = ", as far as is known (an older version saved it)" if run.own_text is None else ""
        raise PromotionRefused(
            f"run {run.id} has judged {for_terminal(run.candidate.name)} with another tokenizer or chat template than "
            f"{folder} has now{is_older}; put back the files that it had, or {again}"
        )
    told = f"digest {run.candidate.known_digest[:12]}" if run.candidate.known_digest else "known by its name alone"
    raise PromotionRefused(
        f"run {run.id} has judged {for_terminal(run.candidate.name)} ({told}), and {folder} is another adapter "
        f"(digest {digest[:12]}); {again}"
    )


def lacking(run: Run, runs: Path, promoted: Entry | None, root: Path, gates: GatesConfig) -> tuple[str, ...]:
    """Return what is missing before the run's candidate can be promoted, each with what to do; none where all is there.

    ``runs`` is the folder of the run's folder, ``promoted`` the entry whose adapter users have today, ``root`` the
    folder of harness.toml, and ``gates`` what that says today.

    Raises:
        HarnessError: a run that was asked together with this one can't be read.
    """
    of_choice = unproved_choice(run, runs)
    of_run = (*_of_outcome(run), *_of_gates(run, gates))
    return (*of_run, *of_choice, *_of_baseline(run, promoted), *_of_suites(run, root))


def _of_outcome(run: Run) -> Iterator[str]:
    outcome = overall(run)
    if run.outcome not in {None, outcome}:
        yield (
            f"run.json of run {run.id} says that it ended as {run.outcome}, its gates say {outcome}: it was edited; "
            "run pytest suites/ again"
        )
    if outcome != "passed":
        found = tuple(_why(run, outcome)) or ("nothing was gated",)
        more = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
        ended = "is inconclusive" if outcome == "inconclusive" else "failed"
        yield for_terminal(f"run {run.id} {ended}: {'; '.join(found[:MOST])}{more}", 1_000)


def _of_gates(run: Run, gates: GatesConfig) -> Iterator[str]:
    """Yield where a run would not have passed under [gates] as it is today: it was looser when the run was asked."""
    again = "run pytest suites/ again"
    if run.until_decided is not None and run.not_asked and not gates.promote_early:
        asked = f"{run.until_decided.asked:,} of {count(run.until_decided.cases, 'case')}"
        yield (
            f"run {run.id} asked {asked}, and decided gates by a part of them; run pytest suites/ --ask-all, which "
            "asks only the rest, or set promote_early in [gates]"
        )
    leaked = sum(one.counts for one in run.leaked)
    if leaked > gates.max_leaked:
        yield f"run {run.id} has {count(leaked, 'leaked case')}, more than max_leaked = {gates.max_leaked}; {again}"
    most, given_away = gates.max_regurgitated, run.regurgitation
    if most is not None and (given_away is None or given_away.problem):
        yield f"run {run.id} did not measure what max_regurgitated = {most} limits; {again}"
    elif most is not None and given_away is not None and given_away.beyond_base > most:
        rows = count(given_away.beyond_base, "training row")
        yield f"run {run.id} has {rows} given away, more than max_regurgitated = {most}; {again}"
    bare = [one for one in binding(run) if one.gate.max_drop is not None and not one.gate.guarantee]
    if gates.guarantee and bare:
        yield f"run {run.id} decided {title(bare[0].test_id)} without the guarantee that [gates] asks for; {again}"


def _why(run: Run, outcome: Outcome) -> Iterator[str]:
    """Yield why a run ended so, without a word of an answer or of an error: cards and git keep it."""
    for verdict in binding(run):
        if verdict.outcome == outcome:
            tag = f" on {verdict.comparison.tag}" if verdict.comparison.tag else ""
            yield f"{title(verdict.test_id)}{tag}: {verdict.reasons[0] if verdict.reasons else 'no reason given'}"
    yield from (f"{title(one.test_id)}, case {one.case_id}" for one in run.pinned if one.outcome == outcome)
    if outcome == "failed":
        yield from (f"{one.partition(': ')[0]} broke" for one in run.broken)
        yield from data_failures(run)
    else:
        yield from (one.partition(": ")[0] for one in run.unmeasured)


def _of_baseline(run: Run, promoted: Entry | None) -> Iterator[str]:
    was, model = run.baseline, promoted.promotion.adapter if promoted else None
    if model is not None and promoted is not None and was.known_digest != model.digest:
        yield (
            f"run {run.id} compared it with {for_terminal(was.name)}, and users have {promoted.name} today; run pytest "
            f"suites/ --baseline registry:{model.name}"
        )
    elif promoted is not None and _is_other(was.base_digest, promoted.promotion.base.digest):
        yield (
            f"run {run.id} asked {promoted.name} on another base model ({for_terminal(was.base)}) than the one on "
            f"which it was promoted ({for_terminal(promoted.promotion.base.name)}); run pytest suites/ on that one"
        )
    if model is None and (was.adapter is not None or was.base_digest != run.candidate.base_digest):
        yield (
            f"run {run.id} compared it with {for_terminal(was.name)}; nothing is promoted so far, so the first adapter "
            "is compared with its base model: run pytest suites/ --baseline base"
        )


def _is_other(one: str, other: str) -> bool:
    """Tell whether two digests of base models differ; that of a name at a server says nothing of weights."""
    return len(one) == len(other) and one != other


def _of_suites(run: Run, root: Path) -> Iterator[str]:
    again = "run pytest suites/ again"
    for one in run.short:
        yield (
            f"run {run.id} is an estimate: it asked {one.asked:,} of {count(one.of, 'case')} of "
            f"{for_terminal(one.suite)}; {again} without --anchors"
        )
    left_out = next((word for word in run.command[1:] if _chooses(word)), None)
    if left_out is not None:
        yield f"run {run.id} asked a part of the suites alone ({for_terminal(left_out)}); {again}, whole"
    if not any(one.tests for one in run.suite_files):
        yield f"run {run.id} does not say which tests its suites had: an older version saved it; {again}"
        return
    changes = changes_since(run.suite_files, root)
    if changes:
        more = f" and {len(changes) - MOST} more" if len(changes) > MOST else ""
        yield f"the suites are not those that run {run.id} asked: {', '.join(changes[:MOST])}{more}; {again}"


def _chooses(word: str) -> bool:
    named = word.partition("=")[0]
    short = word.startswith(("-k", "-m")) and not word.startswith("--")
    return "::" in word or named in CHOOSING or short


def sealed_now(run: Run, root: Path) -> tuple[SealedTest, ...]:
    """Return what the seals of the run's case files say now: how many candidates each test has judged, and who looked.

    Raises:
        CaseFileError: a seal can't be read, or its cases are not those that were sealed.
    """
    found = []
    for one in run.suite_files:
        path = root / one.path
        seal = read_seal(path) if path.suffix == ".jsonl" and seal_of(path).exists() else None
        if seal is not None:
            looks = tuple((each.reason, each.time[:10]) for each in seal.unsealed)
            found.append(SealedTest(suite=path.parent.name, judged=len(seal.uses), unsealed=looks))
    return tuple(found)


def evidence_of(run: Run, folder: Path) -> Evidence:
    """Return what the ledger keeps of a run, whose record is in ``folder``."""
    return Evidence(
        id=run.id,
        digest=recomputed(folder / "run.json"),
        time=run.time,
        outcome=overall(run),
        among=max(1, len(run.beside)),
        baseline_name=run.baseline.name,
        baseline=run.baseline.known_digest,
        commit=run.commit,
        known_by=next((one.known_by for one in run.origins if one.party == "candidate"), ""),
        judge=run.judge,
        findings=tuple(map(_finding, run.verdicts)),
        pinned=_counted(run.pinned),
    )


def base_commit(origins: Sequence[Origin]) -> str:
    """Return the commit of the candidate's base model on a hub; empty where it is not from one."""
    return next((one.commit for one in origins if one.party == "candidate"), "")


def _counted(pinned: Sequence[Pinned]) -> dict[str, int]:
    found = [one.outcome for one in pinned]
    return {outcome: found.count(outcome) for outcome in dict.fromkeys(found)}


def _finding(verdict: Verdict) -> Finding:
    seen: Comparison = verdict.comparison
    delta = seen.delta
    return Finding(
        test_id=verdict.test_id,
        scorer=seen.scorer,
        tag=seen.tag,
        outcome=verdict.outcome,
        advisory=verdict.gate.advisory,
        candidate=seen.candidate_mean.mean if seen.candidate_mean else None,
        difference=delta.mean if delta else None,
        low=delta.low if delta else None,
        high=delta.high if delta else None,
        accepted=tuple(one.name for one in seen.accepted),
    )
