"""How often the release rules of other tools pass a candidate that is truly as much worse as the margin.

Ten cells of the kinds in bench/decisions.py. Each tool judges the same suites by its own code
(decisions_peer_rules.py), in the virtual environment named on the command line, or in this one:

    python3.12 -m venv PEERS
    PEERS/bin/pip install evalsig==0.1.2 evalproof==0.2.1 nemo-evaluator==0.3.0 deltagate==0.1.1 evalci==0.1.0 scipy
    python bench/decisions_peers.py PEERS

A tool that isn't there is named and left out. Words after the folder choose cells: ``PEERS "judge levels"``.
"""

import json
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from decisions import comparison_of, outcome
from decisions_cells import Cell, Grouped, Numbers, flips_in_groups, levels, rare_loss, sizes_of, wide
from decisions_peer_rules import FAILED, MANY, PASSED, TOOLS
from measure import run_script, tell

from harness.records.compared import Gate

MARGIN = 0.05
RULES = Path(__file__).with_name("decisions_peer_rules.py")
NOT_THERE = 3
COLUMNS = 5
HARNESS, GUARANTEED = "this harness", "this harness, `guarantee = true`"


@dataclass(frozen=True)
class Drawn:
    """The suites of one cell, as differences: with a drop of the margin, and with equal sides."""

    cell: Cell
    worse: Numbers
    equal: Numbers


@dataclass(frozen=True)
class Shares:
    """What one rule did in one cell, in percent of the suites."""

    false_passes: float
    power: float
    false_alarms: float

    def __str__(self) -> str:
        """The three figures, as the table shows them."""
        return f"{self.false_passes:.1f} / {self.power:.1f} / {self.false_alarms:.1f}"


def main() -> int:
    """Judge every cell by every rule, print the table, and return 0; no bar is set for other tools."""
    home, *wanted = sys.argv[1:] or [sys.prefix]
    if not python_of(Path(home)).exists():
        sys.exit(f"{home} is not a virtual environment: {python_of(Path(home))} is missing")
    drawn = [draw(cell) for cell in cells() if all(word in cell.name for word in wanted)]
    with TemporaryDirectory(prefix="bench-decisions-") as name, ThreadPoolExecutor() as together:
        for place, one in enumerate(drawn):
            groups = [] if one.cell.groups[0] is None else one.cell.groups
            np.savez(Path(name) / f"{place:02}", worse=one.worse, equal=one.equal, groups=groups, margin=MARGIN)
        peers = [together.submit(judged_by, Path(home), tool, Path(name)) for tool in TOOLS]
        table = {HARNESS: ours(drawn, Gate(max_drop=MARGIN))}
        table[GUARANTEED] = ours(drawn, Gate(max_drop=MARGIN, guarantee=True))
        for peer in peers:
            table.update(peer.result())
    tell("\n".join(lines(table, drawn)))
    return 0


def python_of(home: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return home / "bin" / "python"


def cells() -> list[Cell]:
    """Return the cells, each with a true drop of the margin or none."""
    alone = [
        ("pass or fail", "6 % discordant", None, (50, 100, 300)),
        ("rare loss", "0.8 lost in some, jitter 0.02", partial(rare_loss, 0.8, 0.02), (100, 300)),
        ("judge levels", "20 % changed", partial(levels, 0.2), (100, 300)),
        ("wide", "normal, sd 0.3", wide, (300,)),
    ]
    found = []
    for kind, what, kind_of_draw, counts in alone:
        for n in counts:
            flips = partial(flips_in_groups, Grouped((1,) * n, 0.06, 0.0))
            found.append(Cell(kind, what, n, MARGIN, kind_of_draw or flips))
    sizes = sizes_of("10", 300)
    for discordant in (0.05, 0.1):
        grouped = partial(flips_in_groups, Grouped(sizes, discordant, 0.3))
        found.append(Cell("groups", f"of 10, {100 * discordant:g} % discordant, ICC 0.3", 300, MARGIN, grouped, sizes))
    return found


def draw(cell: Cell) -> Drawn:
    """Draw the suites of one cell; its name is the seed."""
    chance = np.random.default_rng(zlib.crc32(cell.name.encode()))
    worse, equal = (np.stack([cell.draw(chance, cell.n, drop) for _ in range(MANY)]) for drop in (cell.margin, 0.0))
    return Drawn(cell, worse, equal)


def ours(drawn: list[Drawn], gate: Gate) -> list[Shares]:
    """Judge all suites as the harness does."""
    return [
        shares(
            Counter(outcome(comparison_of(suite, one.cell.groups), gate) for suite in one.worse),
            Counter(outcome(comparison_of(suite, one.cell.groups), gate) for suite in one.equal),
        )
        for one in drawn
    ]


def judged_by(home: Path, tool: str, folder: Path) -> dict[str, list[Shares]]:
    """Return what each rule of a tool did, cell by cell; nothing where the tool isn't installed."""
    command = [str(python_of(home)), str(RULES), tool, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [show(tool, line) for line in process.stdout]
    package = f"{TOOLS[tool].package}=={TOOLS[tool].measured}"
    if process.returncode == NOT_THERE:
        tell(f"{tool} is not in {home}, so it is not measured; pip install {package} there")
        return {}
    if process.returncode != 0:
        sys.exit(f"{tool} ended with exit code {process.returncode}")
    found, *judged = map(json.loads, said)
    if found["version"] != TOOLS[tool].measured:
        tell(f"{tool} {found['version']}: docs/benchmarks.md shows {TOOLS[tool].measured}")
    return {
        rule: [shares(Counter(one["rules"][rule]["worse"]), Counter(one["rules"][rule]["equal"])) for one in judged]
        for rule in TOOLS[tool].rules
    }


def show(tool: str, line: str) -> str:
    """Print a line of a tool's judgements as it comes, and return it."""
    tell(f"  {tool}: {line.rstrip()}")
    return line


def shares(worse: Counter[str], equal: Counter[str]) -> Shares:
    """Turn counts of outcomes into percent."""
    return Shares(
        false_passes=100 * worse[PASSED] / worse.total(),
        power=100 * equal[PASSED] / equal.total(),
        false_alarms=100 * equal[FAILED] / equal.total(),
    )


def lines(table: dict[str, list[Shares]], drawn: list[Drawn]) -> Iterator[str]:
    """Yield the figures as Markdown: one line a rule, a few cells a table."""
    yield f"\nfalse passes / passes of equal sides / alarms at equal sides, %; margin {MARGIN:g}"
    for first in range(0, len(drawn), COLUMNS):
        some = slice(first, first + COLUMNS)
        heads = [f"{one.cell.kind}, {one.cell.what}, n = {one.cell.n}" for one in drawn[some]]
        yield f"\n| rule | {' | '.join(heads)} |"
        yield f"| --- | {' | '.join('---:' for _ in heads)} |"
        for rule, found in table.items():
            yield f"| {rule} | {' | '.join(map(str, found[some]))} |"


if __name__ == "__main__":
    run_script(main)
