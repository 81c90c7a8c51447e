"""Cases of the suites in the training rows, told as problems with the pair side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from harness.data.checks.problem import Kind, Problem, opening
from harness.data.leaks.compared import LeakFinder
from harness.data.leaks.leak import Leak
from harness.data.row import DataRow
from harness.records.asked import Case
from harness.text.figures import percent

EXCERPT = 300
"""Characters of each text that is shown."""
KINDS = (
    Kind(
        name="leak",
        title="A suite's cases in the training rows",
        remedy="remove the row (harness data clean --leaks does), or the case; a gate takes leaked cases out of its "
        "verdict, since an adapter answers them from memory",
    ),
)
_TOLD = {
    "same": "the same, but for case, white space and punctuation",
    "near": "nearly the same",
    "passage": "a passage is the same",
}


def told_of(leak: Leak) -> str:
    """Return what of which case is in a row, and how near it is."""
    part = "input" if leak.where == "input" else "expected answer"
    where = "the system prompt of this row" if leak.is_in_system else "this row"
    alike = "" if leak.how == "same" else f" ({percent(leak.similarity)})"
    return f"the {part} of case {leak.case!r} of {leak.suite} is in {where}: {_TOLD[leak.how]}{alike}"


class Leaks:
    """The check. ``suites`` are the cases by suite; ``masked`` returns a text with personal data masked."""

    def __init__(self, suites: Mapping[str, Sequence[Case]], masked: Callable[[str], str]) -> None:
        self._finder = LeakFinder(suites)
        self._masked = masked

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Take the next row; leaks are told for some rows at a time."""
        yield from map(self._problem, self._finder.see(row))

    def finish(self) -> Iterator[Problem]:
        """Tell the other leaks."""
        yield from map(self._problem, self._finder.finish())

    def _problem(self, leak: Leak) -> Problem:
        return Problem(
            kind="leak",
            places=(leak.place, f"{leak.suite}:{leak.case}"),
            told=told_of(leak),
            shown=tuple(opening(self._masked(text), EXCERPT) for text in (leak.row_text, leak.case_text)),
        )
