"""Make a run folder of imported answers, in one place for all tools. What is not known of them is said."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import Suite
from harness.engines.replay import ReplayEngine
from harness.exchange.imported import AskedBy
from harness.exchange.pairing import Paired, Pairing, pair_rows
from harness.exchange.tools import chosen, read_rows
from harness.models.installed import installed_versions
from harness.records.answered import Response
from harness.records.asked import HOSTED, ModelRef, Rendering, Request, Sampling
from harness.records.engine import Contender
from harness.records.made_of import Imported, ImportedFile
from harness.records.parties import Origin, Setup
from harness.records.record import Record, digest
from harness.records.saved import Answer, Run
from harness.runs.folder import new_run_folder, write_run
from harness.runs.names import number_of
from harness.text.figures import count

LONGEST_ERROR = 2_000
"""Characters; some tools put the whole question into an error."""
LISTED = 5
"""Most ids or records that are named."""


class Told(Record, frozen=True, kw_only=True):
    """A run that was made, its name, and lines about it for people."""

    run: Run
    folder: Path
    lines: tuple[str, ...]


def import_files(paths: Sequence[Path], suites: Sequence[Suite], model: str | None, runs: Path) -> Told:
    """Make a run of another tool's files, with the answers that belong to cases of the suites.

    Raises:
        DataError: a file is wrong or can't be mapped, or an answer belongs to another question than its case's.
        StoreError: the run can't be written.
    """
    rows, contents = read_rows(paths)
    by, own = chosen(rows, model)
    files = tuple(
        ImportedFile(name=path.name, sha256=hashlib.sha256(content).hexdigest())
        for path, content in zip(paths, contents, strict=True)
    )
    side = contender_of(by, files)
    pairing = pair_rows(own, suites, side)
    now = dt.datetime.now(dt.UTC)
    folder = new_run_folder(runs, now)
    run = _run(folder.name, now, by, files, side, pairing)
    write_run(folder, run, [_answer(one, side) for one in pairing.paired], ())
    return Told(run=run, folder=folder, lines=_lines(run, pairing))


def contender_of(by: AskedBy, files: Sequence[ImportedFile]) -> Contender:
    """Return who answered as a side: known by its name, through an engine that is the tool.

    Sampling of which nothing is known is named by the files, so that it is never taken for another's.
    """
    model = ModelRef(base=HOSTED, base_digest=HOSTED, template_digest=HOSTED, adapter=by.model, adapter_digest=by.model)
    known = msgspec.json.encode(by.sampling, order="sorted").decode()
    unknown = f"not known, in {', '.join(file.name for file in files)} ({digest(list(files))[:12]})"
    return Contender(
        model=model,
        engine=ReplayEngine((), f"imported from {by.tool}"),
        rendering=Rendering(format=by.format),
        sampling=f"as imported: {known}" if by.sampling else unknown,
    )


def _answer(paired: Paired, side: Contender) -> Answer:
    suite, case, row = paired.suite, paired.case, paired.row
    request = Request(
        case_id=case.id,
        model=side.model,
        engine=side.engine.identity,
        messages=suite.messages_for(case, side.model),
        sampling=Sampling(),
        repeat=row.repeat,
        rendering=suite.rendering_for(side),
    )
    response = Response(
        request_key=request.key,
        text=row.text,
        finish_reason=row.finish_reason,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        seconds=row.seconds,
        error=None if row.error is None else row.error[:LONGEST_ERROR],
        reasoned=bool(row.reasoning),
        reasoning=row.reasoning,
    )
    return Answer(side="candidate", case=case, request=request, response=response)


def _run(  # noqa: PLR0913, PLR0917 - each is a fact of its own
    name: str,
    now: dt.datetime,
    by: AskedBy,
    files: tuple[ImportedFile, ...],
    side: Contender,
    pairing: Pairing,
) -> Run:
    return Run(
        id=name,
        time=now.isoformat(timespec="seconds"),
        command=("harness", "import", *(file.name for file in files)),
        baseline=side.model,
        candidate=side.model,
        engine=side.engine.identity,
        judge="",
        versions=installed_versions(),
        fingerprint=digest(sorted({one.suite.digest for one in pairing.paired})),
        verdicts=(),
        measures=(),
        pinned=(),
        timings={},
        number=number_of(name),
        origins=(Origin(party="candidate", known_by="name"),),
        unmeasured=("imported: nothing was gated; gate it with --candidate or --baseline",),
        outcome="inconclusive",
        notes=_notes(by, side, pairing),
        setups={
            "candidate": Setup(engine=side.engine.identity, rendering=side.rendering, sampling=side.sampling),
        },
        imported=Imported(tool=by.tool, files=files),
    )


def _notes(by: AskedBy, side: Contender, pairing: Pairing) -> tuple[str, ...]:
    """Return what is not known of the answers, and what was left out."""
    rows = [one.row for one in pairing.paired]
    untold = sum(row.targets is None for row in rows)
    return (
        f"imported from {by.tool}: the weights of {by.model}, the chat template and the number format are not known",
        f"sampling {side.sampling}",
        *(
            [f"{count(untold, 'answer')}: the files do not tell what was expected, so that was not checked"]
            if untold
            else []
        ),
        *([f"{count(len(pairing.other), 'answer')} of no case left out. {pairing.other[0]}"] if pairing.other else []),
    )


def _lines(run: Run, pairing: Pairing) -> tuple[str, ...]:
    failed = sum(one.row.error is not None for one in pairing.paired)
    missing = pairing.missing
    shown = ", ".join(missing[:LISTED]) + (", ..." if len(missing) > LISTED else "")
    name = f"run:{run.number}"
    return (
        f"{count(len(pairing.paired), 'answer')} of {run.candidate.name}, {run.engine}; failed: {failed:,}",
        *run.notes,
        *([f"without an answer: {count(len(missing), 'case')}, {shown}"] if missing else []),
        f"gate it: pytest SUITES --candidate {name} --baseline NAME, or --candidate NAME --baseline {name}",
    )
