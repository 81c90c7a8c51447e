"""What was released: the promoted adapter, the answers that it gave at release, and the rows that it was trained on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from harness.cases.passable import UsedSuite
from harness.config.whole import HarnessConfig
from harness.data.beside import rows_digest
from harness.data.row import DataRow
from harness.data.rows import load_rows
from harness.drift.masking import masked_answer
from harness.errors import HarnessError, InputError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import digest
from harness.records.saved import Run
from harness.registry.entry import Entry
from harness.registry.ledger import Ledger
from harness.registry.promoted import promoted_now
from harness.runs.folder import read_answers, read_run
from harness.runs.names import find_run
from harness.text.visible import for_terminal
from harness.train.manifest import Manifest, read_manifest


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """The adapter's entry, its run, and what of these is not known; None and empty where it isn't.

    ``answered`` has the suite's cases with the answers that the adapter gave at release. ``rows`` are its training
    rows.
    """

    entry: Entry | None = None
    folder: Path | None = None
    run: Path | None = None
    answered: tuple[tuple[Case, Response], ...] = ()
    rows: tuple[DataRow, ...] = ()
    notes: tuple[str, ...] = ()


def find_released(
    config: HarnessConfig, root: Path, used: Sequence[UsedSuite], release: str, rows: Sequence[Path]
) -> Released:
    """Return what was released; ``release`` names a run in place of the promotion's, ``rows`` files in place of its.

    Raises:
        InputError: a run or a file that is named can't be read.
        RegistryError: the ledger can't be read, or was edited.
    """
    entry = promoted_now(Ledger(config, root).entries())
    folder = root / config.adapters / entry.promotion.adapter.folder if entry else None
    notes = [] if entry else ["nothing is promoted: harness promote says which adapter users have"]
    run, why = _run(config, root, entry, release)
    answered: tuple[tuple[Case, Response], ...] = ()
    if run is not None:
        answered = tuple(_answered(run, used, read_run(run), entry))
        why = "" if answered else f"run {run.name} has no answers of the adapter to the cases of this suite"
    found, untold = _rows(folder, root, rows)
    return Released(
        entry=entry,
        folder=folder,
        run=run if answered else None,
        answered=answered,
        rows=found,
        notes=tuple(filter(None, (*notes, why, untold))),
    )


def _run(config: HarnessConfig, root: Path, entry: Entry | None, release: str) -> tuple[Path | None, str]:
    runs = root / config.runs
    if release:
        return find_run(runs, release), ""
    if entry is None:
        return None, ""
    try:
        return find_run(runs, entry.promotion.run.id), ""
    except HarnessError:
        told = for_terminal(entry.promotion.run.id)
        return None, f"the run that proved {for_terminal(entry.name)}, {told}, is not here; name a copy with --release"


def _answered(
    folder: Path, used: Sequence[UsedSuite], run: Run, entry: Entry | None
) -> Iterator[tuple[Case, Response]]:
    """Yield each case of the suite with each answer that the run's candidate gave to it."""
    if entry is not None and run.candidate.known_digest not in {"", entry.promotion.adapter.digest}:
        raise InputError(
            f"run {run.id} has the answers of {for_terminal(run.candidate.name)}, and {for_terminal(entry.name)} is "
            "promoted; --release names a run of that one"
        )
    known = {_question(case): (case, one.suite) for one in used for case in one.suite.cases}
    for answer in read_answers(folder):
        if answer.side == "candidate" and not answer.request.again and (found := known.get(_question(answer.case))):
            case, suite = found
            yield case, masked_answer(suite.read(answer.response))


def _question(case: Case) -> str:
    return digest([case.id, list(case.messages)])


def _rows(folder: Path | None, root: Path, named: Sequence[Path]) -> tuple[tuple[DataRow, ...], str]:
    if named:
        return tuple(row for path in named for row in load_rows(path)), ""
    if folder is None:
        return (), ""
    manifest = read_manifest(folder)
    if manifest is None:
        return (), f"{folder.name} has no manifest of harness train; name its rows with --training-data"
    try:
        found = tuple(row for path in _files(manifest, folder, root) for row in load_rows(path))
    except (HarnessError, OSError) as problem:
        return (), f"its training rows can't be read: {for_terminal(str(problem))}"
    if not found:
        return (), "its training rows are not where its manifest says, or were changed; name them with --training-data"
    return found, ""


def _files(manifest: Manifest, folder: Path, root: Path) -> Iterator[Path]:
    """Yield the files of a manifest that are here and unchanged: paths are relative to the training's settings.

    Where these were is not kept. They are looked for from the root, and from where the output's path leads back to.
    """
    digests = {one.name: one.digest for one in manifest.files}
    for name in manifest.settings.train:
        for start in (root, *_starts(manifest.settings.output, folder)):
            path = start / name
            if path.exists() and rows_digest(path) == digests.get(path.name):
                yield path
                break


def _starts(output: str, folder: Path) -> Iterator[Path]:
    parts = Path(output).parts
    ups = sum(part == ".." for part in parts)
    down = [part for part in parts if part not in {"..", "."}]
    place = folder.resolve()
    if Path(output).is_absolute() or list(place.parts[-len(down) :]) != down:
        return
    start = place.parents[len(down) - 1]
    yield start
    if ups == 1:
        yield from sorted(path for path in start.iterdir() if path.is_dir())
