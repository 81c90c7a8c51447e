"""Every error that the harness raises on purpose, in one tree.

HarnessError
├── InputError              a file or a setting that a person wrote is wrong
│   ├── CaseFileError       a case file; names file and line
│   ├── ConfigError         a TOML file; names file and key
│   ├── RubricError         a rubric in judges/
│   ├── DataError           training data; names file and line
│   ├── AdapterError        an adapter folder that is missing, unsafe or made for another base model
│   └── NoSuchModel         a model name that matches nothing
├── IncomparableRuns        two sides differ in more than the adapter
├── ScorerError             a scorer itself broke (never the fault of an answer)
├── EngineError             an engine can't give answers
│   ├── EngineStartError    a server died or never became healthy while starting
│   ├── EngineSetupError    a setting of the engine is wrong: address, key, model name
│   ├── ServerLost          a server stopped while it was answering
│   ├── SilentAdapter       an adapter changes nothing about the answers
│   └── WrongAdapter        another adapter answers than the one that was proved
├── StoreError              the response store can't be read or written
├── ReviewError             a packet, a key or a ballot is missing, changed, or of another review
├── ServingError            a server of pages can't start, or a server is being changed by somebody else
├── RegistryError           the ledger of promotions can't be read or written, or is not as it was written
├── PromotionRefused        an adapter can't be promoted or removed: evidence is missing
├── PublishError            a code host or a hub refuses what is sent, or can't be reached
├── MirrorError             a copy of a promotion elsewhere can't be made or fetched: MLflow, an OCI registry
├── PlaceError              a shared place of runs and answers can't be reached, or refuses
├── Unmeasured              something could not be measured, so there is no verdict
└── TrainingError           training can't start, or stopped early
GateFailed, GateInconclusive  (AssertionErrors: they are the test's outcome, not an error in it)

docs/errors.md has a section for each of them. Whatever is printed of an error ends in ``more_about`` it.
"""

from collections.abc import Mapping

UNDECIDED = 6
"""Exit code: nothing failed, but something was inconclusive or could not be measured."""


class HarnessError(Exception):
    """Anything that the harness raises on purpose; the text says what, where, and what to do."""


class InputError(HarnessError):
    """A file or a setting that a person wrote is wrong."""


class CaseFileError(InputError):
    """A case file is wrong; the text starts with ``file:line``."""


class ConfigError(InputError):
    """A TOML file is wrong; the text names the file and the key."""


class RubricError(InputError):
    """A rubric is wrong; the text names the file and the key."""


class DataError(InputError):
    """Training data is wrong; the text starts with ``file:line``."""


class AdapterError(InputError):
    """An adapter folder is missing, unsafe, or made for another base model."""


class NoSuchModel(InputError):
    """A model name matches nothing."""


class IncomparableRuns(HarnessError):
    """The two sides of a comparison differ in more than the adapter."""


class ScorerError(HarnessError):
    """A scorer broke; the case id and the scorer are named, and no score is made up."""


class EngineError(HarnessError):
    """An engine can't give answers."""


class EngineStartError(EngineError):
    """A server died or never became healthy while starting; its last log lines are shown."""


class EngineSetupError(EngineError):
    """A setting of the engine is wrong: address, key, or model name."""


class ServerLost(EngineError):
    """A server stopped while it was answering; what it had not answered can be asked again."""


class SilentAdapter(EngineError):
    """An adapter changes nothing: the base model answers under its name, so nothing is measured."""


class WrongAdapter(EngineError):
    """Another adapter answers under a name than the one that was proved to, or the same one in another way."""


class StoreError(HarnessError):
    """The response store can't be read or written."""


class ReviewError(HarnessError):
    """A file of a blinded review is missing, changed, or of another review; the text names the file."""


class ServingError(HarnessError):
    """A server of pages can't start, for its address or what it lacks; or somebody else is changing a server."""


class RegistryError(HarnessError):
    """The ledger of promotions can't be read or written, is not as it was written, or somebody else was first."""


class PromotionRefused(HarnessError):
    """An adapter can't be promoted, rolled back to or removed; the text says what is missing and what to do."""


class PublishError(HarnessError):
    """A code host or a hub refuses what is sent, or can't be reached; ``status`` is 0 where nothing was answered."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status

    def with_remedy(self, remedies: Mapping[int, str]) -> "PublishError":
        """Return the error with what to do about its status, where that is known."""
        remedy = remedies.get(self.status)
        return PublishError(f"{self}; {remedy}", self.status) if remedy else self


class MirrorError(HarnessError):
    """MLflow or an OCI registry refuses, or can't be reached; ``status`` is 0 where nothing was answered."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class PlaceError(HarnessError):
    """A shared place of runs and answers can't be reached, or refuses, or holds what is not as it was written."""


class Unmeasured(HarnessError):
    """Something could not be measured; there is no verdict, and never a pass."""


class TrainingError(HarnessError):
    """Training can't start, or stopped early."""


class GateFailed(AssertionError):
    """A gate's verdict is "failed"; the text is the verdict's wording."""


class GateInconclusive(AssertionError):
    """A gate's verdict is "inconclusive"; the text says what would decide it."""


def page_of(problem: BaseException) -> str:
    """Return the name of the section of docs/errors.md about an error: the class above that it belongs to.

    An error of the system is only printed where a person named something unusable.

    >>> page_of(NoSuchModel("no such adapter")), page_of(OSError("the name is too long"))
    ('NoSuchModel', 'InputError')
    """
    own = (one.__name__ for one in type(problem).__mro__ if one.__module__ == __name__)
    return next(own, InputError.__name__)


def more_about(problem: BaseException) -> str:
    """Return the last line of a printed error: the address of its section, which is shown without a network too."""
    return f"more: harness explain {page_of(problem)}"
