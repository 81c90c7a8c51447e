"""What will be trained: settings and data, read, checked and counted; nothing is started, no weights are read."""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from harness.config.located import settings_file
from harness.config.read import load_config
from harness.data.beside import mixture_of, read_checked, read_mixed, rows_digest
from harness.data.generated.standing import refuse_unreviewed
from harness.data.row import DataRow
from harness.data.rows import files_of, load_rows, refuse_leaks
from harness.errors import ConfigError, DataError
from harness.models.answering import digest_files, digest_template, digest_weights
from harness.models.hub_cache import hub_model
from harness.models.quantization import refuse_training
from harness.models.template_file import read_template, refuse_our_values
from harness.models.tokenizer import usual_template
from harness.records.asked import Rendering
from harness.records.record import Record, digest
from harness.records.trained import TrainedFile
from harness.text.progress import say
from harness.train.config import TrainConfig
from harness.train.guard import guard, rendering_in_use
from harness.train.manifest import Origin, settings_digest
from harness.train.method import refuse_method, settled
from harness.train.quantized import load_template
from harness.train.spread import ONE, Spread
from harness.train.stopping.part import GatedSuite, StopPart, draw
from harness.train.tokens import TokenRow, encode


class Rows(Record, frozen=True, kw_only=True):
    """The rows of a training, as they are written and as the model reads them; ``config`` is settled for them.

    ``digests`` are those of the files that they were read from: of training, and of validation, None without.
    """

    config: TrainConfig
    rendering: Rendering
    train: tuple[TokenRow, ...]
    validation: tuple[TokenRow, ...]
    written: tuple[DataRow, ...]
    held_out: tuple[DataRow, ...]
    files: tuple[TrainedFile, ...]
    digests: tuple[str, str | None]


ReadGates = Callable[[Path, Sequence[str]], GatedSuite]
"""Returns what the tests of the suite in a folder gate, all or those that are named; only pytest can tell."""


class TrainingPlan(Record, frozen=True, kw_only=True):
    """What will be trained: checked and counted, but not started. ``key`` is the digest of all that decides it.

    ``base_commit`` is that of a base model which was fetched from a hub; empty for any other.
    """

    rows: Rows
    origin: Origin
    key: str
    base_commit: str = ""
    stop: StopPart | None = None
    spread: Spread = ONE

    @property
    def config(self) -> TrainConfig:
        """The settings, with the rank and what else follows from the rows."""
        return self.rows.config


def plan(
    config: TrainConfig, folder: Path, base: Path, place: Path, read_gates: ReadGates | None = None
) -> TrainingPlan:
    """Return what settings in ``folder`` train on the model in ``base``; ``place`` is the file of the settings.

    ``read_gates`` reads the suite of ``stop_by``.

    Raises:
        InputError: the settings, the data or the base model is wrong.
    """
    base_digest = digest_weights(base)
    rows = read_rows(config, folder, base, place)
    stop = stopping_part(config, rows, place, read_gates)
    fetched = hub_model(base)
    train_digest, validation_digest = rows.digests
    origin = Origin(
        base=fetched.repo if fetched else Path(config.base_model).name,
        base_digest=base_digest,
        template_digest=digest_template(base),
        train_digest=train_digest,
        validation_digest=validation_digest,
    )
    key = settings_digest(rows.config, origin, rows.rendering)
    return TrainingPlan(
        rows=rows,
        origin=origin,
        base_commit=fetched.commit if fetched else "",
        key=key if stop is None else digest((key, stop.digest)),
        stop=stop,
    )


def stopping_part(config: TrainConfig, rows: Rows, place: Path, read_gates: ReadGates | None) -> StopPart | None:
    """Return the part of a suite that chooses the checkpoint; None where the settings name none.

    Raises:
        InputError: the suite can't be read or has too few cases, or its gates can't be asked without a judge.
    """
    wanted = config.stopping
    if wanted is None:
        return None
    if read_gates is None:
        raise ConfigError(f"{place}: stop_by is not known here; leave it out, or train with `harness train`")
    return draw(read_gates(place.parent / wanted.suite, wanted.tests), wanted, (*rows.written, *rows.held_out), place)


def spread_over(planned: TrainingPlan, spread: Spread) -> TrainingPlan:
    """Return a plan for several processes: it is another one, since so many times the rows are in each step."""
    if spread == ONE:
        return planned
    several: TrainingPlan = msgspec.structs.replace(planned, spread=spread, key=digest((planned.key, spread)))
    return several


def read_rows(config: TrainConfig, folder: Path, base: Path, place: Path) -> Rows:
    """Return the rows of a training, checked, and compared with what engines will build of them.

    Raises:
        InputError: as for ``plan``; or a file was changed while it was read.
    """
    refuse_training(base)
    refuse_method(config, place)
    rendering = trained_rendering(config, folder, base)
    template = load_template(base, rendering)
    files = [folder / name for name in config.train]
    held_out_file = folder / config.validation if config.validation else None
    before = _digests(files, held_out_file)
    refuse_unreviewed((*files, *filter(None, [held_out_file])))
    trained = [load_rows(file, say) for file in files]
    held_out = load_rows(held_out_file, say) if held_out_file else ()
    digests = _digests(files, held_out_file)
    if before != digests:
        raise DataError(f"{files[0]}: this file, or another one of rows, was changed while it was read; train again")
    for file, rows in zip(files, trained, strict=True):
        refuse_leaks(rows, held_out, (file, held_out_file or file))
    on = config.loss_on
    tokens = [encode(rows, template, config.max_length, file, on) for rows, file in zip(trained, files, strict=True)]
    validation = encode(held_out, template, config.max_length, held_out_file, on) if held_out_file else ()
    written, encoded = tuple(chain.from_iterable(trained)), tuple(chain.from_iterable(tokens))
    output = (folder / config.output).resolve()
    in_use = rendering_in_use(output, base, config.base_model, rendering, folder)
    guard(written, encoded, template, in_use, on)
    told = tuple(map(_trained_file, files, tokens))
    tell_other_tokenizer(folder, told, digest_template(base))
    return Rows(
        config=settled(config, len(written)),
        rendering=rendering,
        train=encoded,
        validation=validation,
        written=written,
        held_out=held_out,
        files=told,
        digests=digests,
    )


def changed_since(rows: Rows, folder: Path) -> bool:
    """Return whether files of rows are other ones now than those that were read."""
    config = rows.config
    held_out = folder / config.validation if config.validation else None
    return _digests([folder / name for name in config.train], held_out) != rows.digests


def tell_other_tokenizer(folder: Path, files: Sequence[TrainedFile], template_digest: str) -> None:
    """Say where the page of the check of these rows counted their tokens with another base model's tokenizer."""
    path = settings_file(None, folder)
    page = path.parent / load_config(path).data.page
    checked = read_checked(page)
    if checked is None or not checked.template_digest or checked.template_digest == template_digest:
        return
    if {one.digest for one in files} <= {one.digest for one in checked.files}:
        say(
            f"{page.name}: these rows were checked with another base model's tokenizer or chat template; their tokens "
            "are counted again here, and `harness data check --train` checks them with this one"
        )


def trained_rendering(config: TrainConfig, folder: Path, base: Path) -> Rendering:
    """Return how rows become text: by the template that is set, else by the base model's own.

    Raises:
        ConfigError: the file is missing or isn't a template, or a value is one that every conversation has.
    """
    refuse_our_values(config.template_args, "template_args")
    file = config.chat_template
    text = None if file is None else read_template(folder / file, "chat_template")
    return Rendering(template=None if text == usual_template(base) else text, template_args=config.template_args)


def _digests(files: Sequence[Path], held_out: Path | None) -> tuple[str, str | None]:
    """Return the digests of training and validation files; empty where one is missing, which its reader tells."""
    if not all(file.exists() for file in (*files, *filter(None, [held_out]))):
        return "", None
    train = digest_files([part for file in files for part in files_of(file)])
    return train, digest_files(list(files_of(held_out))) if held_out else None


def _trained_file(file: Path, rows: Sequence[TokenRow]) -> TrainedFile:
    """Return what the manifest tells of a file of training rows."""
    mixed = read_mixed(file)
    if mixed is None and mixture_of(file).exists():
        say(f"{mixture_of(file)}: not of this {file.name}, which was changed; the manifest doesn't tell its mixture")
    tokens = sum(len(row.input_ids) for row in rows)
    return TrainedFile(name=file.name, digest=rows_digest(file), rows=len(rows), tokens=tokens, mixed=mixed)
