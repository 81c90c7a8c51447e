"""What the base model makes of rows before it is trained on them: the figures that pages and JSON show."""

from harness.data.checks.problem import Kind
from harness.data.checks.shape.advice import Cost, TrainingTime
from harness.records.estimate import Estimate
from harness.records.record import Record

ASTONISHING = "astonishing"
ANSWERED = "answered-already"
KINDS = (
    Kind(
        name=ASTONISHING,
        title="Answers that astonish the base model",
        remedy="read these first: a wrong label is often among them. What is right stays as it is",
        hint="it shows where to look, and many of these are right",
    ),
    Kind(
        name=ANSWERED,
        title="Rows that the base model answers right already",
        remedy="such rows teach it little: leave some out where there are many, and write harder ones",
        hint="rows that are right already do no harm",
    ),
)


class Weighed(Record, frozen=True, kw_only=True):
    """How unlikely the base model finds answers: in nats per token, of so many rows, and from where on one is told.

    ``labels`` says whether each answer was compared with the same one elsewhere. ``threshold`` is in nats per token
    above the median, with ``labels`` that of the same answer; None where too few rows could be compared.
    """

    rows: int
    median: float
    labels: bool
    threshold: float | None


class Share(Record, frozen=True, kw_only=True):
    """A share of rows with its 95 % interval (Wilson)."""

    right: int
    rows: int
    low: float
    high: float


class FewShot(Record, frozen=True, kw_only=True):
    """The same questions with ``examples`` rows in the prompt: both shares of the same rows, and their difference."""

    examples: int
    plain: Share
    shown: Share
    difference: Estimate


class Untuned(Record, frozen=True, kw_only=True):
    """What the base model made of rows that were drawn.

    ``report`` is the path of the page of the run that has its answers, empty where nothing could be saved. ``notes``
    say how it was asked, and which rows were left out. What is None could not be told, and the check says why.
    """

    model: str
    engine: str
    drawn: int
    of: int
    scorer: str = ""
    weighed: Weighed | None = None
    right: Share | None = None
    few_shot: FewShot | None = None
    report: str = ""
    notes: tuple[str, ...] = ()


class Costs(Record, frozen=True, kw_only=True):
    """What training on the rows takes: ``tokens`` with all epochs, the time here, and what hosted training costs.

    ``time`` is None where it was not measured. ``hosted`` is empty without prices.
    """

    tokens: int
    epochs: float
    time: TrainingTime | None = None
    hosted: tuple[Cost, ...] = ()


class ByModels(Record, frozen=True, kw_only=True):
    """What only models can tell of rows; each is None where it was not asked for."""

    untuned: Untuned | None = None
    costs: Costs | None = None
