"""What ``harness data`` prints of rows and of what is wrong with them, on a terminal or without one."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from harness.data.checks.problem import Kind, Problem, fixable_in_words
from harness.data.checks.told import by_kind
from harness.data.row import DataRow
from harness.text.figures import count
from harness.text.visible import for_terminal, lines_for_terminal, quoted

if TYPE_CHECKING:
    from harness.data.check import Checked
    from harness.data.checks.shape.shape import Shape
    from harness.data.checks.shape.untuned import ByModels
    from harness.data.clean.change import Change
    from harness.train.seen import Stretch

MOST = 20
"""Problems of one kind that are told one by one."""
LABELS_SHOWN = 8
"""Labels whose rows are counted."""
PLACES = 4
"""Rows of a cluster that are named beside the first one."""
LONGEST = 400
INDENT = "  "
OPEN, CLOSE = "[[", "]]"
"""What is around words with a loss where there are no colours."""
TRAINED = "green"


def problem_lines(problems: Sequence[Problem], kinds: Sequence[Kind]) -> Iterator[Text]:
    """Return problems by kind, the first ones with their places, and what to do about each kind."""
    width = max(Console().width - 2, 20)
    for kind, found in by_kind(problems, kinds):
        yield _heading(kind.title, len(found), kind.name)
        for problem in found[:MOST]:
            yield Text(f"{INDENT}{for_terminal(_placed(problem), None)}: {for_terminal(problem.told, LONGEST)}")
        if len(found) > MOST:
            yield Text(f"{INDENT}and {len(found) - MOST:,} more; --json has them all")
        remedy = f"{kind.remedy[:1].upper()}{kind.remedy[1:].rstrip('.')}. {fixable_in_words(found)}".rstrip()
        yield from (Text(INDENT + line, style="dim") for line in textwrap.wrap(remedy, width))


def changed_lines(changes: "Mapping[str, Sequence[Change]]", counts: Mapping[str, int]) -> Iterator[Text]:
    """Return what was taken away by kind, the first ones with their places, each with what it was and what it is."""
    from harness.data.checks.every import KINDS

    titles = {"white-space": "White space at the ends of texts"} | {kind.name: kind.title for kind in KINDS}
    for kind in (one for one in titles if one in counts):
        yield _heading(titles[kind], counts[kind], kind)
        for one in changes[kind]:
            pieces = " → ".join(quoted(piece, None) for piece in (one.before, one.after) if piece)
            told = for_terminal(f"{one.told}: {pieces}" if pieces else one.told, LONGEST)
            yield Text(f"{INDENT}{for_terminal(one.place, None)}: {told}")
        if counts[kind] > len(changes[kind]):
            yield Text(f"{INDENT}and {counts[kind] - len(changes[kind]):,} more; --json has them all")


def in_the_way(problems: int) -> Text:
    """Say why nothing was written."""
    return Text(f"{count(problems, 'problem')} {'is' if problems == 1 else 'are'} in the way, so nothing was written")


def _heading(title: str, number: int, name: str) -> Text:
    return Text(f"{title}: {number:,}", style="bold").append(f" ({name})", style="not bold dim")


def _placed(problem: Problem) -> str:
    """Return where a problem is: of several rows of one file the first ones, as ``file:1, 5, 9 and 2 more``.

    Rows of other files, and cases, are on the page and in the JSON alone.
    """
    first, *others = problem.places
    file = first.rpartition(":")[0]
    lines = [line for name, _, line in (place.rpartition(":") for place in others) if name == file]
    more = f" and {len(lines) - PLACES:,} more" if len(lines) > PLACES else ""
    return ", ".join([first, *lines[:PLACES]]) + more


def row_lines(row: DataRow) -> Iterator[Text]:
    """Return a row role by role."""
    yield Text(for_terminal(row.place, None), style="bold")
    for tool in row.tools:
        function = tool.get("function")
        name = function.get("name") if isinstance(function, dict) else tool
        yield Text(f"{INDENT}can call {for_terminal(str(name), None)}", style="dim")
    for message in row.messages:
        yield Text(INDENT + message.role, style="cyan")
        said = [*lines_for_terminal(message.text)] * bool(message.text)
        said += [for_terminal(f"calls {call.text}", None) for call in message.calls]
        yield from (Text(INDENT * 2 + line) for line in said or ["(nothing)"])


def seen_lines(row: DataRow, stretches: "Sequence[Stretch]") -> Iterator[Text]:
    """Return a row as the model reads it, what the loss is on in another colour, or in brackets without colours."""
    console = Console()
    has_colours = console.color_system is not None and not console.no_color
    tokens = sum(stretch.tokens for stretch in stretches)
    trained = sum(stretch.tokens for stretch in stretches if stretch.trained)
    yield Text(f"{for_terminal(row.place, None)}: {count(tokens, 'token')}, the loss is on {trained:,}", style="bold")
    line = Text(INDENT)
    for stretch in stretches:
        marked = stretch.trained and not has_colours
        first, *others = lines_for_terminal(stretch.text)
        line.append(OPEN * marked).append(first, style=TRAINED if stretch.trained else None)
        for text in others:
            yield line
            line = Text(INDENT).append(text, style=TRAINED if stretch.trained else None)
        line.append(CLOSE * marked)
    if line.plain.strip():
        yield line


def checked_lines(checked: "Checked", shape: "Shape", models: "ByModels", page: Path | None) -> Iterator[Text]:
    """Return what a check found: each kind with its first problems, what is switched off, and the sum of all."""
    from harness.report.view.data import figures_of, headline_of
    from harness.report.view.untuned import cost_lines, untuned_lines

    for file in checked.files:
        yield Text(for_terminal(f"{file.file}: {file.told}: {count(file.rows, 'row')}", None), style="dim")
    yield from problem_lines(checked.problems, checked.kinds)
    if checked.warnings:
        yield Text("Warnings", style="bold")
        yield from problem_lines(checked.warnings, checked.kinds)
    for kind, number in checked.off.items():
        yield Text(for_terminal(f"switched off: {kind} ({count(number, 'problem')}): {checked.reasons[kind]}", None))
    yield from (Text(for_terminal(f"could not be checked: {line}", None), style="yellow") for line in checked.untold)
    yield from _summary(checked)
    for name, figure in figures_of(shape):
        yield Text(for_terminal(f"{name}: {figure}", None), style="dim")
    if shape.labels:
        shown = ", ".join(f"{label} {rows:,}" for label, rows in shape.labels[:LABELS_SHOWN])
        more = f" and {len(shape.labels) - LABELS_SHOWN:,} more" if len(shape.labels) > LABELS_SHOWN else ""
        yield Text(for_terminal(f"rows of each label: {shown}{more}", LONGEST), style="dim")
    yield from (Text(for_terminal(line, None)) for line in untuned_lines(models.untuned))
    yield Text(for_terminal(shape.advice, None))
    yield from (Text(for_terminal(line, None)) for line in cost_lines(models.costs))
    yield Text(headline_of(checked), style="bold")
    yield Text(for_terminal(f"page: {page}" if page else "Next: --html FILE.html for a page of it", None))


def _summary(checked: "Checked") -> Iterator[Text]:
    """Return a line for each kind that was found: its name in settings, how often, and where first."""
    listed = [(kind.name, found, "") for kind, found in by_kind(checked.problems, checked.kinds)]
    listed += [(kind.name, found, "  (warning)") for kind, found in by_kind(checked.warnings, checked.kinds)]
    if not listed:
        return
    wide = max(len(name) for name, _, _ in listed)
    yield Text("Summary", style="bold")
    for name, found, level in listed:
        yield Text(f"{INDENT}{name:<{wide}}  {len(found):>7,}  {for_terminal(found[0].places[0], None)}{level}")
