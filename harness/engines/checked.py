"""A server that someone else started, for models whose files are here: these must still be the digested ones."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import cast

from harness.models.local import LocalModel
from harness.models.unchanged import refuse_changed
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.engine import Engine

CHANGED = "it changed since this run read it; load it into the server again, then run again"


class CheckedEngine:
    """Gives another engine's responses after comparing the models' files with their digests, at each first response.

    A server can read a module as late as at the first request for it.
    """

    def __init__(self, engine: Engine, models: Sequence[LocalModel] = ()) -> None:
        self._engine = engine
        self._models = tuple(models)

    def check_too(self, models: Sequence[LocalModel]) -> None:
        """Compare the files of these models as well."""
        self._models += tuple(models)

    @property
    def identity(self) -> str:
        """The other engine's."""
        return self._engine.identity

    @property
    def runs_elsewhere(self) -> bool:
        """The other engine's."""
        return self._engine.runs_elsewhere

    @property
    def notes(self) -> tuple[str, ...]:
        """The other engine's."""
        return self._engine.notes

    @property
    def can_ask_again(self) -> bool:
        """The other engine's."""
        return self._engine.can_ask_again

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield the other engine's responses, none of them before the files are compared.

        Raises:
            EngineSetupError: a file has changed.
        """
        is_checked = False
        with closing(cast("Generator[Response]", self._engine.generate(requests))) as responses:
            for response in responses:
                if not is_checked:
                    refuse_changed(self._models, CHANGED)
                    is_checked = True
                yield response

    def stop(self) -> None:
        """Stop the other engine."""
        self._engine.stop()
