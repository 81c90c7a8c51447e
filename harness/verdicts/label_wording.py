"""The sentences about a judge: what labels make of its figures, how it was checked, and how it behaved here."""

from collections.abc import Iterator

from harness.records.compared import Comparison
from harness.records.estimate import Estimate
from harness.records.judged import Corrected, JudgeCheck, JudgeFigures, TooFewLabels
from harness.text.figures import count, count_cases, percent, round_up, tell_apart
from harness.text.visible import for_terminal


def corrected_by(reason: str, found: Corrected) -> str:
    """Say by how many labels a figure is corrected, and what the judge alone makes of it."""
    return f"{reason}; corrected by {count(found.labels, 'label')}, the judge alone says {found.raw.mean:z.3f}"


def without_guarantee(what: str) -> str:
    """Say that nothing is ruled out for certain by a corrected figure."""
    return f"no test guarantees that labels rule out {what}; label every case, or judge it with guarantee=False"


def too_few_labels_for_drop(seen: Estimate, have: int, margin: float, needed: int | None) -> str:
    """Say how many labels would decide about a drop if the sides were equal."""
    said = f"rule out a drop of {margin:g}"
    if needed is not None and needed <= have:
        return (
            f"{count(have, 'label')} cannot {said}, though so many would be enough if the sides were equal: the "
            f"difference is {seen.mean:z.3f}; more labels tell a real drop from chance"
        )
    return f"{_too_few(have)} to {said}; {_enough(needed, seen.n)}"


def too_few_labels_for_bound(seen: Estimate, have: int, bound: tuple[float, float], needed: int | None) -> str:
    """Say how many labels would decide about a lower bound; ``bound`` is that, and how far the true mean can be."""
    got, wanted = tell_apart(seen.mean, bound[0])
    if needed is not None and needed <= have:
        decides = "more labels tell a real distance from chance"
    else:
        decides = _enough(needed, seen.n)
    if seen.mean >= bound[0]:
        said = f"{_too_few(have)} to rule out a true mean below {wanted}"
        return f"{said}: the candidate's {got} can be {bound[1]:.3f} by chance; {decides}"
    by_chance = f"which could be chance: {bound[1]:.3f} is not ruled out"
    return f"candidate {got} is below the bound {wanted}, {by_chance}; {decides}"


def judge_lines(comparison: Comparison) -> Iterator[str]:
    """Yield what is known of the judge of a comparison, a line for each thing; nothing without a judge."""
    judged = comparison.judged
    if judged is None:
        return
    yield f"judge: {check_in_words(judged)}"
    if judged.difference is not None:
        yield f"corrected: {corrected_in_words(judged.difference)}"
    elif judged.uncorrectable:
        yield f"not corrected: {judged.uncorrectable}"
    elif judged.missing is not None:
        yield f"not corrected: {missing_in_words(judged.missing)}"
    if behaviour := ", ".join(_behaviour(judged)):
        yield behaviour


def check_in_words(judged: JudgeFigures) -> str:
    """Say by which check a judge is known, and what it found."""
    if judged.check is None:
        return "never checked against people's labels"
    check = judged.check
    outcome: str = check.outcome
    if judged.changed:
        outcome = "not trusted any more"
    elif judged.unknown:
        outcome = "not known whether it has changed since it was checked"
    return f"{outcome}: {', '.join(_found(check))}"


def _found(check: JudgeCheck) -> Iterator[str]:
    if check.kappa is not None:
        name = "weighted kappa" if check.weighted else "kappa"
        yield f"{name} {check.kappa.mean:z.2f} [{check.kappa.low:z.2f}, {check.kappa.high:z.2f}]"
    yield count(check.labels, "label")
    if check.checked:
        yield f"checked {for_terminal(check.checked[:10], 20)}"


def corrected_in_words(found: Corrected) -> str:
    """Say what labels make of a paired difference, beside what the judge alone says, and how much it adds to them."""
    seen, raw = found.corrected, found.raw
    correlation = "unknown" if found.correlation is None else f"{found.correlation:z.2f}"
    return (
        f"difference {seen.mean:z.3f} [{seen.low:z.3f}, {seen.high:z.3f}] by {count(found.labels, 'label')}, the "
        f"judge alone {raw.mean:z.3f} [{raw.low:z.3f}, {raw.high:z.3f}]; correlation {correlation}, "
        f"lam {found.lam:.2f}, worth {found.effective_labels:.0f} labels"
    )


def missing_in_words(missing: TooFewLabels) -> str:
    """Say how many labels there are and are needed before a judge's figures are corrected."""
    where = f" in stratum {for_terminal(missing.stratum, 40)!r}" if missing.stratum is not None else ""
    needed = "is needed" if missing.needed == 1 else "are needed"
    return f"{count(missing.labels, 'label')} of these answers{where}, {missing.needed} {needed}"


def length_warning(judged: JudgeFigures) -> str:
    """Return a warning where length alone moves the win rate far; empty otherwise."""
    if judged.lengths is None or not judged.lengths.far_apart:
        return ""
    apart = abs(judged.lengths.raw.mean - judged.lengths.controlled.mean)
    return f"length alone moves the win rate by {100 * apart:.0f} points"


def _behaviour(judged: JudgeFigures) -> Iterator[str]:
    if judged.flips is not None:
        yield f"flipped on swap {_share(judged.flips)}"
    if judged.lengths is not None:
        raw, controlled = judged.lengths.raw, judged.lengths.controlled
        yield f"win rate {percent(raw.mean)}, {percent(controlled.mean)} at equal length"
    if judged.longer_wins is not None:
        yield f"the longer answer wins {_share(judged.longer_wins)}"
    if warning := length_warning(judged):
        yield f"WARNING: {warning}"


def _share(estimate: Estimate) -> str:
    return f"{percent(estimate.mean)} [{percent(estimate.low)}, {percent(estimate.high)}] of {estimate.n}"


def _too_few(have: int) -> str:
    return f"{count(have, 'label')} {'is' if have == 1 else 'are'} too few"


def _enough(needed: int | None, cases: int) -> str:
    if needed is None:
        return f"labels for all {count_cases(cases)} would not be enough either, so add cases"
    return f"about {count(round_up(needed), 'label')} would be enough"
