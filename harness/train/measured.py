"""Rows of a data check as training would see them: rendered once each, counted, and told where the template refuses."""

from collections.abc import Iterator
from pathlib import Path
from sys import maxsize

from harness.data.checks.problem import Problem
from harness.data.row import DataRow
from harness.errors import DataError
from harness.train.tokens import LossOn, Template, encode


class Measured:
    """A check that comes before that of the shape, which asks it how long a row is."""

    def __init__(self, template: Template, loss_on: LossOn = "all") -> None:
        self._template, self._loss_on = template, loss_on
        self._tokens = self._trained = 0

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Render the row, and yield why it can't be."""
        try:
            (encoded,) = encode([row], self._template, maxsize, Path(row.file), self._loss_on)
        except DataError as problem:
            self._tokens, self._trained = 0, 1  # one problem for one row
            told = str(problem).removeprefix(f"{row.place}: ")
            yield Problem(kind="not-rendered", places=(row.place,), told=told)
        else:
            self._tokens = len(encoded.input_ids)
            self._trained = encoded.trained

    def finish(self) -> Iterator[Problem]:
        """Yield nothing: each row was looked at by itself."""
        yield from ()

    def tokens(self, _row: DataRow) -> int:
        """Return the tokens of the row that was seen last."""
        return self._tokens

    def trained(self, _row: DataRow) -> int:
        """Return how many tokens of the row that was seen last the loss is on."""
        return self._trained
