"""Save what was asked in both ways as a run, so that its page shows every question with both answers."""

import datetime as dt
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from harness.models.installed import installed_versions
from harness.records.compared import Comparison
from harness.records.parties import Setup
from harness.records.saved import Measure, Run
from harness.report import write_report_of
from harness.runs.folder import write_run
from harness.runs.names import number_of
from harness.text.secrets import hide_login
from harness.untuned.asking import BaseModel
from harness.untuned.cases import NAME
from harness.untuned.right import Asked

TEST = f"{NAME}/rows::test_answers_with_other_rows_as_examples_in_the_prompt"
"""The id of the measure, as of a test."""
NOT_GATED = "nothing was gated: these are training rows, and both sides are the base model"


def save_run(base: BaseModel, plain: Asked, shown: Asked, comparison: Comparison, examples: int) -> Path:
    """Write the run and its report into the folder of the base model's run; return the report's path.

    Raises:
        StoreError: it can't be written.
    """
    folder = base.folder
    sides = (plain, shown)
    run = Run(
        id=folder.name,
        time=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        command=_command(sys.argv),
        baseline=plain.contender.model,
        candidate=shown.contender.model,
        engine=shown.contender.engine.identity,
        judge="",
        versions=installed_versions(),
        fingerprint=comparison.fingerprint["cases"],
        verdicts=(),
        measures=(Measure(test_id=TEST, comparison=comparison),),
        pinned=(),
        timings={},
        number=number_of(folder.name),
        origins=base.origins,
        unmeasured=(NOT_GATED,),
        outcome="inconclusive",
        notes=(f"the candidate has {examples} other rows as examples in its prompt", *base.notes),
        setups={
            side.side: Setup(engine=side.contender.engine.identity, rendering=side.contender.rendering)
            for side in sides
        },
    )
    answers = chain.from_iterable(side.answers() for side in sides)
    judgements = chain.from_iterable(side.judgements(comparison) for side in sides)
    write_run(folder, run, answers, judgements)
    return write_report_of(run, folder)


def _command(words: Sequence[str]) -> tuple[str, ...]:
    """Return the command as it was typed, without a login in an address."""
    return ("harness", *map(hide_login, words[1:]))
