"""Ask the base model as gates do: through the same engines, from the same store, in a run folder of its own."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.config.whole import HarnessConfig
from harness.gating import alone
from harness.gating.contenders import Contenders
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.engine import Contender
from harness.records.parties import Origin


class BaseModel:
    """The base model of some settings, to be asked; ``folder`` is that of the run that can be saved."""

    def __init__(self, contenders: Contenders, asking: Asking, folder: Path) -> None:
        self.folder = folder
        self._contenders = contenders
        self._asking = asking

    @property
    def contender(self) -> Contender:
        """Model, engine, and how it is given messages."""
        return self._contenders.baseline

    def check(self, suites: Iterable[Suite]) -> None:
        """Refuse what the model can't be sent.

        Raises:
            InputError: the model has no chat template, or takes plain text alone and the rows are conversations.
        """
        self._contenders.check(suites)

    def ask(self, requests: Iterable[Request]) -> Mapping[str, Response]:
        """Return the response to each request by its key; a failed one has an error.

        Raises:
            EngineError: no more answers can be had; those that came before are in the store.
        """
        engine = self.contender.engine
        self._asking.fetch([(engine, request) for request in requests])
        return self._asking.responses

    def unanswered(self, requests: Iterable[Request]) -> tuple[tuple[Request, ...], Mapping[str, Response]]:
        """Return the requests that the store can't answer, each once, and the responses to all others by their keys."""
        engine = self.contender.engine
        left = self._asking.unanswered([(engine, request) for request in requests])
        return tuple(request for _, request in left.values()), self._asking.responses

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Where the answers come from."""
        return self._contenders.origins(())

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about the model."""
        return self._contenders.notes


@contextmanager
def opened(config: HarnessConfig, root: Path) -> Iterator[BaseModel]:
    """Open the base model that the settings name; paths in them are relative to ``root``. Nothing is asked yet.

    A run folder in which nothing was written is removed at the end.

    Raises:
        InputError: there is no such model, or the settings are wrong.
        EngineSetupError: an address or a key is wrong.
        StoreError: the run's folder or the store can't be made.
    """
    with alone.opened(config, root) as (contenders, asking, folder):
        yield BaseModel(contenders, asking, folder)
