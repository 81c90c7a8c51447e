"""What ``harness train --vary`` prints: what a sweep would take, and what came of it."""

import os
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from harness.cli.tables import CELL, STYLES, plain_table
from harness.records.record import Json
from harness.report.sentences import ranked_first
from harness.runs.names import number_of
from harness.runs.together import Judged, Together
from harness.text.figures import NOTHING
from harness.text.visible import for_terminal
from harness.train.memory import gib
from harness.train.sweep.combined import text_of
from harness.train.sweep.trained import Checked, Tried


def checked_table(checked: Sequence[Checked]) -> Table:
    """Return a line for each training: its values, and what it would take."""
    keys = tuple(checked[0].combination.values)
    table = plain_table("adapter", *keys, "steps", "tokens", "memory", "minutes")
    for one in checked:
        dry = one.dry
        left = "trained" if one.is_trained else dry.time.told
        figures = (f"{dry.schedule.steps:,}", f"{one.tokens:,}", gib(dry.memory.total), left)
        table.add_row(_cell(one.combination.name), *_values(one.combination.values), *figures)
    return table


def checked_as_json(one: Checked) -> dict[str, object]:
    """Return what a training would take, for machines."""
    named = {"adapter": one.combination.name, "values": one.combination.values, "is_trained": one.is_trained}
    return named | {"dry_run": one.dry}


def tried_table(tried: Sequence[Tried], gated: Together | None) -> Table:
    """Return a line for each training: its values, its losses, and how its adapter was judged."""
    keys = tuple(tried[0].values)
    table = plain_table("adapter", *keys, "loss", "validation", "gates", "run")
    for one in tried:
        judged = judged_of(one, gated)
        table.add_row(
            _cell(one.name),
            *_values(one.values),
            _loss(one.loss),
            _loss(one.validation_loss),
            _outcome(one, judged),
            str(number_of(judged.run) or judged.run) if judged else NOTHING,
        )
    return table


def tried_as_json(one: Tried, gated: Together | None) -> dict[str, object]:
    """Return what came of a training, for machines; None for what is not known."""
    judged = judged_of(one, gated)
    return {
        "name": one.name,
        "values": one.values,
        "folder": one.folder or None,
        "failure": one.failure or None,
        "loss": one.loss,
        "validation_loss": one.validation_loss,
        "findings": [each.kind for each in one.manifest.findings] if one.manifest else [],
        "judged": judged,
    }


def conclusion_lines(tried: Sequence[Tried], gated: Together | None) -> Iterator[str]:
    """Yield what a sweep comes to: trainings that failed, and whether the first can be released."""
    yield ""
    for one in tried:
        if one.failure:
            yield f"{for_terminal(one.name)}: training failed: {one.failure}"
    trained = [one for one in tried if one.folder]
    if gated is None and trained:
        named = " ".join(f"--candidate {os.path.relpath(one.folder)}" for one in trained)
        yield for_terminal(f"nothing was gated; gate all of them in one run: pytest suites/ {named}", None)
    elif gated is not None and gated.ranking is not None:
        yield for_terminal(ranked_first(gated.ranking), None)
    elif gated is not None and len(gated.judged) == 1 and not gated.missing:
        yield from (f"one adapter was left to be gated, and it {_ended(one)}" for one in gated.judged.values())
    elif gated is not None:
        yield f"not all runs were saved, so there is no ranking; pytest ended with exit code {gated.pytest}"


def _ended(one: Judged) -> str:
    return "is inconclusive" if one.outcome == "inconclusive" else one.outcome


def judged_of(one: Tried, gated: Together | None) -> Judged | None:
    """Return how an adapter was judged; None where it was not."""
    return gated.judged.get(one.manifest.adapter_digest) if gated and one.manifest else None


def _outcome(one: Tried, judged: Judged | None) -> Text:
    if one.failure:
        return Text("not trained", style="red")
    if judged is None:
        return Text("not gated", style="yellow")
    if judged.if_chosen == judged.outcome:
        return Text(judged.outcome, style=STYLES[judged.outcome])
    return Text(f"{judged.if_chosen}: {judged.outcome} alone", style=STYLES[judged.if_chosen])


def _values(values: dict[str, Json]) -> tuple[str, ...]:
    return tuple(_cell(text_of(value)) for value in values.values())


def _loss(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.4f}"


def _cell(text: str) -> str:
    return for_terminal(text, CELL)
