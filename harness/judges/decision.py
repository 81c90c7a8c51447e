"""Whether a judge is trusted: the figures of its check against what the rubric asks for."""

from collections.abc import Iterator, Sequence

import msgspec

from harness.records.judged import CriterionCheck, JudgeCheck, Trust
from harness.records.scored import TrustLimits
from harness.text.figures import count, interval, number, percent, signed, signed_interval

_BY_WEIGHT: dict[Trust, int] = {"untrusted": 1, "too few labels": 6}


def exit_code_of(outcomes: Sequence[Trust]) -> int:
    """Return the exit code of checks: that of a judge which is not trusted wins over that of too few labels.

    >>> exit_code_of(["trusted", "too few labels"]), exit_code_of(["too few labels", "untrusted"])
    (6, 1)
    """
    return next((code for one, code in _BY_WEIGHT.items() if one in outcomes), 0)


def decide(check: JudgeCheck, limits: TrustLimits, criteria: Sequence[str] = ()) -> tuple[Trust, tuple[str, ...]]:
    """Return whether the judge of a check is trusted, and why.

    Too few labels of independent cases come first. Then every figure must keep its limit. A preference, for length or
    for the first place, must also be beyond chance to count against a judge. Last, kappa may be enough while the lower
    end of its interval is not: then more labels are needed. A figure that was not measured decides nothing, but without
    kappa no judge is trusted. ``criteria`` names those of several that count: each of them needs its own labels and
    its own kappa, in place of that over all.
    """
    if check.independent < limits.min_labels:
        few = f"{count(check.labels, 'label')}, {count(check.independent, 'independent case')}"
        return "too few labels", (f"{few}: {limits.min_labels:,} are needed",)
    if criteria:
        return _decide_each(check, limits, criteria)
    if faults := (*_faults(check, limits), *_unsteady(check, limits), *_preferences(check, limits)):
        return "untrusted", faults
    kappa = check.kappa
    if kappa is None:
        return "too few labels", ("people gave all of these the same level: label some of another level too",)
    if kappa.low < limits.min_kappa_low:
        short = f"the low end of its interval, {number(kappa.low)}, is below {limits.min_kappa_low:g}"
        return "too few labels", (f"kappa {number(kappa.mean)} is enough, but {short}: more labels would tell",)
    told = f"kappa {number(kappa.mean)} ({interval(kappa)}) with people, on {count(check.labels, 'label')}"
    return "trusted", (told,)


def _decide_each(check: JudgeCheck, limits: TrustLimits, criteria: Sequence[str]) -> tuple[Trust, tuple[str, ...]]:
    """Decide the agreement on each criterion by itself; how steady a judge is, and what it prefers, is of all."""
    none = CriterionCheck(labels=0, independent=0)
    found: dict[Trust, list[str]] = {"untrusted": [], "too few labels": [], "trusted": []}
    for name in criteria:
        own = check.criteria.get(name, none)
        alone = msgspec.structs.replace(
            check,
            labels=own.labels,
            independent=own.independent,
            kappa=own.kappa,
            table=(),
            unreadable=None,
            flips=None,
            first_place=None,
            beyond_people=None,
            repeated=None,
        )
        outcome, reasons = decide(alone, limits)
        found[outcome] += [f"{name}: {reason}" for reason in reasons]
    found["untrusted"] += [*_unsteady(check, limits), *_preferences(check, limits)]
    return next((outcome, tuple(reasons)) for outcome, reasons in found.items() if reasons)


def _faults(check: JudgeCheck, limits: TrustLimits) -> Iterator[str]:
    """Yield how the judge does not agree with people; where people gave one level alone, nothing shows it."""
    kappa = check.kappa
    if kappa is not None and kappa.mean < limits.min_kappa:
        yield f"kappa {number(kappa.mean)} ({interval(kappa)}) is below {limits.min_kappa:g}"
        if sum(any(column) for column in zip(*check.table, strict=True)) == 1:
            yield "it gave everything the same verdict"


def _unsteady(check: JudgeCheck, limits: TrustLimits) -> Iterator[str]:
    found = check.unreadable
    if found is not None and found.mean > limits.max_unreadable:
        allowed = percent(limits.max_unreadable)
        yield f"{percent(found.mean, 1)} of its verdicts can't be read, where {allowed} are allowed"
    found = check.flips
    if found is not None and found.mean > limits.max_flips:
        yield (
            f"{percent(found.mean)} of its verdicts change when the answers change places, where "
            f"{percent(limits.max_flips)} are allowed"
        )
    found = check.repeated
    if found is not None and found.mean < limits.min_repeated:
        yield (
            f"only {percent(found.mean)} of the answers get the same verdict each time, where "
            f"{percent(limits.min_repeated)} are needed"
        )


def _preferences(check: JudgeCheck, limits: TrustLimits) -> Iterator[str]:
    found = check.first_place
    if found is not None and _beyond(abs(found.mean), max(found.low, -found.high), limits.max_first_place):
        place = "first" if found.mean > 0 else "second"
        yield (
            f"it prefers what it reads {place}: {signed(found.mean)} ({signed_interval(found)}), where "
            f"{limits.max_first_place:g} is allowed"
        )
    found = check.beyond_people
    if found is not None and _beyond(found.mean, found.low, limits.max_beyond_people):
        yield (
            f"it prefers longer answers more than people do: {signed(found.mean)} ({signed_interval(found)}), where "
            f"{limits.max_beyond_people:g} is allowed"
        )


def _beyond(mean: float, low: float, limit: float) -> bool:
    """Tell whether a preference is over its limit, and surely one at all."""
    return mean > limit and low > 0
