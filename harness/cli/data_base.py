"""What ``harness data check`` does with models: the base model is asked, and a few steps of a training are timed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from harness.errors import HarnessError, InputError

if TYPE_CHECKING:
    from harness.cases.passable import UsedSuite
    from harness.cli.data_models import Training
    from harness.config.prices import TrainingPrice
    from harness.config.whole import HarnessConfig
    from harness.data.checks.shape.untuned import Costs
    from harness.data.row import DataRow
    from harness.records.scored import Scorer
    from harness.untuned.check import BaseCheck

BASE = "ask the base model too: which answers astonish it, which it gives already, and whether examples would do"
TRAIN = "a train.toml: counts tokens as that training would, and times a few of its steps"
SCORER = "how the base model's answers are scored, in place of the suites' scorers or the exact text"
SCORERS = ("exact_match", "contains", "number_equals")

Base = Annotated[bool, typer.Option("--base", help=BASE)]
BaseRows = Annotated[int, typer.Option(min=1, metavar="N", help="rows drawn to ask the base model; with --base")]
Examples = Annotated[int, typer.Option(min=0, metavar="K", help="rows as examples in its prompt; 0 asks without")]
Named = Annotated[str, typer.Option("--scorer", metavar="NAME", help=f"{SCORER}: {', '.join(SCORERS)}")]
Seed = Annotated[int, typer.Option(help="another one draws other rows; with --base")]
Url = Annotated[str | None, typer.Option("--base-url", help="ask a running OpenAI-compatible server; with --base")]
Train = Annotated[Path | None, typer.Option("--train", metavar="FILE.toml", help=TRAIN)]


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says of asking the base model."""

    rows: int
    examples: int
    seed: int
    scorer: str
    url: str | None
    model: str


@contextmanager
def base_check(
    config: "HarnessConfig", root: Path, used: "Sequence[UsedSuite]", asking: Asking, labels: Callable[[], bool]
) -> "Iterator[BaseCheck]":
    """Open the base model, and yield the check that asks it; the engine is stopped at the end."""
    from harness.gating.settings import Names, overrule
    from harness.untuned.asking import opened
    from harness.untuned.check import BaseCheck, Wanted

    scorer = scorer_named(asking.scorer)
    config = overrule(config, Names(base_urls=(asking.url,) if asking.url else ()))
    if asking.model and asking.model != "base":
        folder = Path(asking.model)
        name = str(folder.absolute()) if folder.is_dir() else asking.model
        config = msgspec.structs.replace(config, base_model=name)
    wanted = Wanted(rows=asking.rows, examples=asking.examples, seed=asking.seed, scorer=scorer)
    with opened(config, root) as base:
        yield BaseCheck(base, used, wanted, labels)


def scorer_named(name: str) -> "Scorer | None":
    """Return a scorer of the catalogue by its name; None where none is named."""
    from harness import scorers

    if not name:
        return None
    if name not in SCORERS:
        raise InputError(f"--scorer {name}: expected one of {', '.join(SCORERS)}")
    made: Scorer = getattr(scorers, name)()
    return made


def costs_of(
    prices: "Mapping[str, TrainingPrice]",
    training: "Training | None",
    rows: "Sequence[DataRow]",
    lengths: Sequence[int],
) -> "tuple[Costs | None, str]":
    """Return what training takes: with settings of a training, ``rows`` are trained on for a few steps to time them.

    None without a tokenizer; and why the time could not be told, where it could not.
    """
    from harness.data.checks.shape.advice import costs
    from harness.data.checks.shape.untuned import Costs

    if not sum(lengths):
        return None, "how long training takes: no row could be read" if training is not None else ""
    if training is None:
        tokens = sum(lengths)
        return Costs(tokens=tokens, epochs=1.0, hosted=costs(tokens, prices)), ""
    from harness.text.progress import say
    from harness.train.pace import STEPS, measure_pace, trained_tokens

    tokens = trained_tokens(training.config, lengths)
    found = Costs(tokens=tokens, epochs=training.config.epochs, hosted=costs(tokens, prices))
    say(f"timing {STEPS} steps of the training")
    try:
        time = measure_pace(training.config, training.rendering, training.base, rows, lengths)
    except HarnessError as problem:
        return found, f"how long training takes: {problem}"
    return msgspec.structs.replace(found, time=time), ""
