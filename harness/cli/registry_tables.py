"""The tables of ``harness adapters``."""

from collections.abc import Iterable, Sequence

from rich.table import Table

from harness.cli.tables import CELL, plain_table
from harness.registry.entry import Entry
from harness.registry.facts import AdapterFacts
from harness.registry.promoted import promotions
from harness.text.figures import NOTHING
from harness.text.visible import for_terminal

SHORT = 12
"""Characters of a digest."""


def adapters_table(found: Iterable[AdapterFacts]) -> Table:
    """Return a line for each adapter."""
    table = plain_table("adapter", "digest", "base model", "last run", "promoted as")
    for one in found:
        base = one.manifest.base if one.manifest else one.job.base_model if one.job else ""
        last = f"{one.runs[-1].id} {one.runs[-1].outcome}" if one.runs else NOTHING
        names = ", ".join(f"{entry.number}" for entry in promotions(one.entries))
        promoted = f"{names}{' (now)' if one.is_promoted else ''}" if names else NOTHING
        name = f"{one.name}: {one.wrong}" if one.wrong else one.name
        table.add_row(*_cells((name, one.digest[:SHORT], base or NOTHING, last, promoted)))
    return table


def ledger_table(entries: Sequence[Entry]) -> Table:
    """Return a line for each entry, the newest first."""
    table = plain_table("entry", "time", "what", "adapter", "by", "why")
    for entry in reversed(entries):
        said = entry.promotion
        why = f"{said.reason}{' (overridden)' if said.overridden and not said.back_to else ''}"
        what = f"{said.action}{f' to {said.back_to}' if said.action == 'rollback' else ''}"
        told = (str(entry.number), said.time[:16], what, said.adapter.name, said.by, why or f"run {said.run.id}")
        table.add_row(*_cells(told))
    return table


def differences_table(first: str, second: str, found: Iterable[tuple[str, str, str]]) -> Table:
    """Return a line for each fact in which two adapters differ."""
    table = plain_table("fact", for_terminal(first, CELL), for_terminal(second, CELL))
    for pair in found:
        table.add_row(*_cells(part or NOTHING for part in pair))
    return table


def _cells(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(for_terminal(text, CELL) for text in texts)
