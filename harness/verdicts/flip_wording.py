"""The sentences about lost cases: how many, what asking them again showed, and what chance alone loses."""

from harness.records.compared import Noise
from harness.text.figures import count_cases
from harness.verdicts.chance_wording import STEADIER, drowned
from harness.verdicts.steadiness import LostAgain


def lost_cases(lost: int, allowed: int) -> str:
    """Say how many cases were lost, and how many may be."""
    return f"lost {count_cases(lost)}{', more than' if lost > allowed else ' of'} the allowed {allowed}"


def confirmed_flips(lost: int, again: LostAgain, allowed: int) -> str:
    """Say how many cases were lost that are not unsteady, after they were asked again."""
    said, asked, unsteady = lost_cases(lost - again.unsteady, allowed), again.asked, again.unsteady
    if not asked:
        return said
    if unsteady:
        return f"{said}; {unsteady} more {_is(unsteady)} unsteady: asked again twice, {_it(unsteady)} mostly not lost"
    if asked == lost == again.each_time:
        return f"{said}; asked again twice, {_it(lost)} lost again"
    each_time = f"{again.each_time} {_was(again.each_time)} lost each time"
    return f"{said}; of {asked} that {_was(asked)} asked again twice, {each_time}"


def maybe_unsteady(lost: int, again: LostAgain, allowed: int) -> str:
    """Say that lost cases came back when they were asked again, but not in a way that rules out chance."""
    unsteady = f" besides {again.unsteady} unsteady" if again.unsteady else ""
    return (
        f"{lost_cases(lost - again.unsteady, allowed)}{unsteady}, but this could be chance: asked again twice, "
        f"{again.each_time} of {again.asked} {_was(again.each_time)} lost each time; {STEADIER}, or add repeats"
    )


def not_asked_again(reason: str) -> str:
    """Say that nobody was asked again, as where answers come from a saved run."""
    return f"{reason} (not asked again)"


def flips_drowned(noise: Noise, cases: int, chance: float, allowed: int) -> str:
    """Say that chance loses more cases than are allowed."""
    return drowned(noise, f"loses about {chance:.0f} of {cases}", f"{allowed}")


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _it(count: int) -> str:
    return "it was" if count == 1 else "they were"
