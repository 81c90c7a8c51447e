"""Draw the pictures of docs/statistics.md from the harness's own figures: ``python -m scripts.statistics_pictures``."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness import stats
from harness.report.drawing.axis import Axis, ticks
from harness.report.drawing.svg import Ink, Mark, Place, box, drawing, line, mark, path, text

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
WIDTH = 680
LIGHT = {"ink": "#1d1d1f", "soft": "#5b5b60", "line": "#d5d5da", "card": "#ffffff"}
DARK = {"ink": "#f0f0f2", "soft": "#a9a9b0", "line": "#43434a", "card": "#1c1c20"}
OUTCOMES = {"passed": "#1f7a3d", "failed": "#b3261e", "inconclusive": "#8a5a00", "measured": "#2b5fb4"}
OUTCOMES_DARK = {"passed": "#6fce8c", "failed": "#ff8a80", "inconclusive": "#f2b84b", "measured": "#8ab4ff"}
LETTERS = 13
MARGIN = 0.05
POWERS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
FLIPS = 0.1


class Shown(NamedTuple):
    """One interval of a picture, with what it says."""

    said: str
    low: float
    mean: float
    high: float
    ink: Ink
    shape: Mark


def pictures() -> dict[str, str]:
    """Return each picture as a file of SVG, by its name."""
    return {
        "outcomes.svg": outcomes(),
        "pairing.svg": pairing(),
        "power.svg": power(),
    }


def outcomes() -> str:
    """Draw which intervals pass, fail, or decide nothing, for a drop of .05 that is allowed."""
    rows = (
        Shown("passed: equal, and a larger drop is ruled out", -0.035, 0.0, 0.035, "passed", "circle"),
        Shown("passed: a little worse, within what is allowed", -0.045, -0.02, 0.005, "passed", "circle"),
        Shown("inconclusive: a drop of .05 is still possible", -0.08, 0.0, 0.08, "inconclusive", "diamond"),
        Shown("inconclusive: dropped by .06, or by chance", -0.13, -0.06, 0.01, "inconclusive", "diamond"),
        Shown("failed: dropped by more than .05, and not by chance", -0.14, -0.09, -0.04, "failed", "square"),
    )
    label = "Five intervals of the difference between candidate and baseline, beside the allowed drop of 0.05"
    return forest("outcomes", label, rows, Axis(low=-0.16, high=0.1, start=360, end=WIDTH - 20), MARGIN)


def pairing() -> str:
    """Draw the interval of the same 100 cases, compared case by case and as two means."""
    n, right = 100, 80
    half = stats.wilson_interval(right, n)
    apart = ((half[1] - half[0]) / 2) * 2**0.5
    low, high = stats.paired_score_interval(5, 5, n)
    rows = (
        Shown("two means, as if of other cases", -apart, 0.0, apart, "soft", "circle"),
        Shown("case by case: 5 lost, 5 won", low, 0.0, high, "measured", "circle"),
    )
    label = "Two intervals of the same difference: the one that compares case by case is a third narrower"
    return forest("pairing", label, rows, Axis(low=-0.16, high=0.16, start=360, end=WIDTH - 20), None)


def forest(name: str, label: str, rows: Sequence[Shown], axis: Axis, margin: float | None) -> str:
    """Draw intervals below each other, with the allowed drop where there is one."""
    height = 34 * len(rows) + 56
    return picture(name, label, height, _forest(rows, axis, margin, height - 40))


def _forest(rows: Sequence[Shown], axis: Axis, margin: float | None, bottom: float) -> Iterator[str]:
    if margin is not None:
        yield box((axis.start, 6), (axis.place(-margin), bottom), "failed", 0.12)
        yield line((axis.place(-margin), 6), (axis.place(-margin), bottom), "failed", 1, "4 3")
    yield line((axis.place(0), 6), (axis.place(0), bottom), "soft", 1)
    for place, row in enumerate(rows):
        y = 24 + 34 * place
        yield text(row.said, (10, y), "start", LETTERS, "ink")
        yield line((axis.place(row.low), y), (axis.place(row.high), y), row.ink, 2)
        yield from (line((axis.place(end), y - 5), (axis.place(end), y + 5), row.ink, 2) for end in (row.low, row.high))
        yield mark(row.shape, (axis.place(row.mean), y), 10, row.ink)
    yield line((axis.start, bottom), (axis.end, bottom), "line", 1)
    for value, written in ticks(axis.low, axis.high, 6):
        yield text(written, (axis.place(value), bottom + 14), "middle", 12, "soft")
    yield text("candidate minus baseline", ((axis.start + axis.end) / 2, bottom + 31), "middle", 12, "soft")


def power() -> str:
    """Draw how often an equal candidate passes, by the number of cases, for three drops that are allowed."""
    height, left, top, bottom = 330, 56, 16, 270
    across, up = Axis(low=0, high=800, start=left, end=WIDTH - 20), Axis(low=0, high=1, start=bottom, end=top)
    label = (
        "How often an equal candidate passes, rising with the number of cases, for allowed drops of .10, .05 and .02"
    )
    return picture("power", label, height, _power(across, up))


def _power(across: Axis, up: Axis) -> Iterator[str]:
    for value, written in ticks(up.low, up.high, 5):
        yield line((across.start, up.place(value)), (across.end, up.place(value)), "line", 1)
        yield text(written, (across.start - 8, up.place(value)), "end", 12, "soft")
    for value, written in ticks(across.low, across.high, 8):
        yield text(written, (across.place(value), up.start + 14), "middle", 12, "soft")
    yield text("cases", ((across.start + across.end) / 2, up.start + 34), "middle", 12, "soft")
    yield line((across.start, up.place(0.8)), (across.end, up.place(0.8)), "soft", 1, "4 3")
    named: tuple[tuple[float, Ink, float], ...] = ((0.1, "passed", 96), (0.05, "measured", 262), (0.02, "failed", 560))
    for margin, ink, where in named:
        places = list(curve(margin, across, up))
        yield path(places, ink, 2.5)
        at = min(places, key=lambda one: abs(one[0] - across.place(where)))
        yield text(f"drop of {margin:.2f}", (at[0] + 8, at[1] + 14), "start", LETTERS, ink)


def curve(margin: float, across: Axis, up: Axis) -> Iterator[Place]:
    """Yield the places of one curve: the cases that each power needs, where one in ten changes either way."""
    yield across.place(stats.fewest_cases(margin)), up.place(0)
    for share in POWERS:
        needed = stats.cases_needed_passfail(FLIPS, margin, share)
        if needed <= across.high:
            yield across.place(needed), up.place(share)


def picture(name: str, label: str, height: float, parts: Iterator[str]) -> str:
    """Return a file of SVG with its own colours, in light and dark."""
    drawn = drawing((WIDTH, height), name, label, parts)
    light, dark = (
        "".join(f"--{ink}:{colour};" for ink, colour in colours.items())
        for colours in (LIGHT | OUTCOMES, DARK | OUTCOMES_DARK)
    )
    style = (
        f"<style>svg{{{light}font-family:system-ui,sans-serif;background:var(--card)}}"
        f"@media(prefers-color-scheme:dark){{svg{{{dark}}}}}</style>"
    )
    head, body = drawn.split(">", 1)
    return f'{head} xmlns="http://www.w3.org/2000/svg">{style}{body}\n'


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, drawn in pictures().items():
        (FOLDER / file).write_text(drawn)
