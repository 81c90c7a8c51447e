"""How much of something an answer can have, and what is said when it has another amount."""

from typing import Annotated

from msgspec import Meta

from harness.records.record import Record
from harness.scorers.reading.outcome import BrokenInstruction
from harness.text.visible import for_terminal

Positive = Annotated[int, Meta(ge=1)]
Text = Annotated[str, Meta(min_length=1, pattern=r"\S")]
"""A text that is not blank."""
Texts = Annotated[tuple[Text, ...], Meta(min_length=1)]


class Broken(Record, frozen=True, kw_only=True):
    """An instruction that an answer does not follow: why, and in which category that is counted."""

    reason: str
    symptom: BrokenInstruction


class Bounds(Record, frozen=True, kw_only=True):
    """A number that is in these bounds. ``less_than`` is ``at_most`` with one more, as prompts put it."""

    at_least: Positive | None = None
    at_most: Annotated[int, Meta(ge=0)] | None = None
    less_than: Positive | None = None

    def __post_init__(self) -> None:
        """Refuse bounds that every number or none is in.

        Raises:
            ValueError: there is no bound, or an upper one is below the lower one, or two are upper ones.
        """
        if self.at_least is None and self.at_most is None and self.less_than is None:
            raise ValueError("needs `at_least`, `at_most` or `less_than`")
        if self.at_most is not None and self.less_than is not None:
            raise ValueError("has both `at_most` and `less_than`; keep one")
        most = most_of(self)
        if self.at_least is not None and most is not None and most < self.at_least:
            raise ValueError(f"asks for at least {self.at_least} and at most {most}")


def most_of(bounds: Bounds) -> int | None:
    """Return the largest number in the bounds; None for any."""
    return bounds.less_than - 1 if bounds.less_than is not None else bounds.at_most


def miscounted(
    bounds: Bounds, counted: int, what: str, few: BrokenInstruction, many: BrokenInstruction
) -> Broken | None:
    """Return what is wrong with a number of something; None when it is in the bounds."""
    most = most_of(bounds)
    if bounds.at_least is not None and counted < bounds.at_least:
        return Broken(reason=f"{what}: {counted}, wanted {_written(bounds)}", symptom=few)
    if most is not None and counted > most:
        return Broken(reason=f"{what}: {counted}, wanted {_written(bounds)}", symptom=many)
    return None


def listed(texts: tuple[str, ...]) -> str:
    """Return texts for a reason, the first few of them."""
    shown = ", ".join(repr(for_terminal(text, 40)) for text in texts[:5])
    return shown + ", ..." * (len(texts) > 5)


def _written(bounds: Bounds) -> str:
    if bounds.at_least is not None and bounds.at_least == most_of(bounds):
        return f"exactly {bounds.at_least}"
    said = (
        (f"at least {bounds.at_least}", bounds.at_least),
        (f"at most {bounds.at_most}", bounds.at_most),
        (f"less than {bounds.less_than}", bounds.less_than),
    )
    return " and ".join(text for text, bound in said if bound is not None)
