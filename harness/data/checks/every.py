"""Every check of training rows, and every kind of problem in the order in which it is told."""

from collections.abc import Mapping, Sequence

from harness.data.checks import copies, leaks, meaning, structure
from harness.data.checks.consistency import consistency
from harness.data.checks.consistency.prompts import Asked
from harness.data.checks.noise import characters, noise
from harness.data.checks.personal import personal
from harness.data.checks.personal.names import names_in
from harness.data.checks.problem import Check, Kind
from harness.data.checks.shape import shape, untuned
from harness.records.asked import Case

KINDS: tuple[Kind, ...] = tuple(
    kind
    for part in (structure, leaks, copies, meaning, personal, characters, noise, consistency, shape, untuned)
    for kind in part.KINDS
)


def every_check(
    asked: Sequence[Asked] = (), suites: Mapping[str, Sequence[Case]] | None = None, *, names: bool = False
) -> tuple[Check, ...]:
    """Return every check but those that need a model: of the shape, which counts tokens, and what a base model answers.

    ``asked`` says how the suites ask, ``suites`` has their cases; with ``names``, names of people and places are looked
    for too.

    Raises:
        InputError: a package that a check needs is not installed.
    """
    return (
        structure.Structure(),
        leaks.Leaks(suites or {}, personal.masked),
        copies.Copies(personal.masked),
        personal.PersonalData(names_in) if names else personal.PersonalData(),
        characters.Characters(),
        noise.Noise(),
        consistency.Consistency(asked),
    )
