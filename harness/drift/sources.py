"""Where inputs come from that are compared: logs, suite, training data; and the slices that requests are in."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from harness.cases.expecting import Answered
from harness.cases.passable import UsedSuite
from harness.drift.fitting import labels_of
from harness.drift.inputs import NO_LANGUAGE, Inputs, asked_in, languages_of
from harness.drift.masking import masked_text
from harness.drift.released import Released
from harness.records.answered import Response
from harness.records.logged import Logged
from harness.scorers.labels import PredictsLabel

T = TypeVar("T")
LOGS, SUITE, ROWS, REFERENCE = "logs", "suite", "training data", "reference logs"
MOST_EMBEDDED = 400
"""Texts of one source whose meaning is read; it takes some ten milliseconds for each."""
PERSON = re.compile(
    r"\s*(?:end.?)?(?:user|customer|client|person|employee|patient|member|contact|account|author|owner|requester|assignee"
    r"|sender|recipient|(?:first|last|full|display).?name|e.?mail|phone)(?:.?(?:name|id|e.?mail))?\s*[:=/]",
    re.IGNORECASE,
)
Cluster = Callable[[Mapping[str, Sequence[str]]], Mapping[str, Sequence[str]]]
"""From texts, by their source, to the cluster of each; nothing where clusters are not asked for."""


def inputs_of(
    kept: Sequence[Logged],
    used: Sequence[UsedSuite],
    released: Released,
    reference: Sequence[Logged],
    scorer: PredictsLabel | None,
) -> tuple[Inputs, ...]:
    """Return what was logged, and what it should look like: reference logs, else the suite and the training data."""
    logs = _logged(LOGS, kept, scorer)
    if reference:
        return logs, _logged(REFERENCE, reference, scorer)
    cases = {case.id: case for one in used for case in one.suite.cases}
    answers = [answer for _, answer in released.answered]
    suite = Inputs(
        source=SUITE,
        texts=tuple(asked_in(case.messages) for case in cases.values()),
        labels=labels_of(scorer, answers),
    )
    if not released.rows:
        return logs, suite
    rows = Inputs(
        source=ROWS,
        texts=tuple(asked_in(row.messages[:-1]) for row in released.rows),
        labels=labels_of(scorer, [Response(request_key="", text=row.output) for row in released.rows]),
    )
    return logs, suite, rows


def drawn_of(values: Sequence[T], most: int, seed: int) -> Sequence[T]:
    """Return at most so many of some values, drawn by the seed, in their order."""
    if len(values) <= most:
        return values
    chance = random.Random(seed)  # noqa: S311 - must be repeatable
    return [values[place] for place in sorted(chance.sample(range(len(values)), most))]


def clusters_in(sources: Sequence[Inputs], cluster: Cluster, seed: int) -> dict[str, tuple[str, ...]]:
    """Return the cluster of some texts of each source, empty for those that were not drawn to be read."""
    places = {one.source: drawn_of(range(len(one.texts)), MOST_EMBEDDED, seed) for one in sources}
    read = cluster({one.source: [one.texts[place] for place in places[one.source]] for one in sources})
    found = {}
    for one in sources if read else ():
        named = dict(zip(places[one.source], read[one.source], strict=True))
        found[one.source] = tuple(named.get(place, "") for place in range(len(one.texts)))
    return found


def slices_of_logs(
    kept: Sequence[Logged], texts: Sequence[str], clusters: Sequence[str]
) -> dict[str, list[tuple[str, ...]]]:
    """Return the names of the slices that each request is in, by their kind; names of the logs' own are masked."""
    found: dict[str, list[tuple[str, ...]]] = {
        "tag": [tuple(masked_text(tag) for tag in one.tags if not names_somebody(tag)) for one in kept],
        "language": _spoken(texts),
        "model": [(masked_text(one.model),) if one.model else () for one in kept],
    }
    if clusters:
        found["meaning"] = [(name,) if name else () for name in clusters]
    return found


def names_somebody(tag: str) -> bool:
    """Tell whether a tag says who somebody is, by the name before its value: no slice shows one.

    >>> names_somebody("customer:Ada Byron"), names_somebody("user_id=17"), names_somebody("User-Agent: curl")
    (True, True, False)
    """
    return PERSON.match(tag) is not None


def slices_of_cases(answered: Answered) -> dict[str, list[tuple[str, ...]]]:
    """Return the names of the slices that each case at release is in."""
    texts = [asked_in(case.messages) for case, _ in answered]
    return {"tag": [case.tags for case, _ in answered], "language": _spoken(texts)}


def _spoken(texts: Sequence[str]) -> list[tuple[str, ...]]:
    return [() if code == NO_LANGUAGE else (code,) for code in languages_of(texts)]


def _logged(source: str, logs: Sequence[Logged], scorer: PredictsLabel | None) -> Inputs:
    return Inputs(
        source=source,
        texts=tuple(asked_in(one.messages) for one in logs),
        labels=labels_of(scorer, [one.response for one in logs]),
    )
