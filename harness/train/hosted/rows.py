"""The rows of a job: read and checked as for a training here, written as the service takes them, and counted."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import msgspec
from jinja2 import TemplateError

from harness.config.home import home_folder
from harness.config.located import settings_file
from harness.config.read import load_config
from harness.data.beside import rows_digest
from harness.data.check import check_files
from harness.data.checks.every import KINDS, every_check
from harness.data.generated.standing import refuse_unreviewed
from harness.data.row import DataRow
from harness.data.rows import load_rows, refuse_leaks
from harness.engines.http.message import sent_message
from harness.errors import DataError
from harness.models.embedded import EMBEDDED, resolve_base
from harness.models.hub import fetch_text
from harness.models.hub_cache import hub_name
from harness.records.messages import Tools
from harness.records.record import Json, Record
from harness.records.trained import TrainedFile
from harness.text.figures import count
from harness.text.progress import say
from harness.train.config import TrainConfig
from harness.train.quantized import load_template

CHARACTERS_A_TOKEN = 4
"""Of English text, about; a rule of thumb."""
TOKENS_A_MESSAGE = 4
"""What a chat template puts around a message, about."""
SHOWN = 5
"""Problems that a refusal names."""


class JobRows(Record, frozen=True, kw_only=True):
    """Rows as they are sent, in lines of JSON; ``tokens`` are read in one epoch, counted as ``counted`` says."""

    train: bytes
    validation: bytes
    written: tuple[DataRow, ...]
    files: tuple[TrainedFile, ...]
    held_out: int
    tokens: int
    counted: str


def read_job_rows(config: TrainConfig, folder: Path) -> JobRows:
    """Return the rows of a job; paths are relative to ``folder``. Nothing is sent.

    Raises:
        DataError: rows can't be trained on, or the check of the data finds problems.
        InputError: the base model whose tokenizer counts is missing.
    """
    files = [folder / name for name in config.train]
    held_out_file = folder / config.validation if config.validation else None
    refuse_unreviewed((*files, *filter(None, [held_out_file])))
    trained = [load_rows(file, say) for file in files]
    held_out = load_rows(held_out_file, say) if held_out_file else ()
    for file, rows in zip(files, trained, strict=True):
        refuse_leaks(rows, held_out, (file, held_out_file or file))
    refuse_problems([*files, *filter(None, [held_out_file])], folder)
    lengths, counted = _counted(trained, config, folder)
    told = tuple(
        TrainedFile(name=file.name, digest=rows_digest(file), rows=len(rows), tokens=tokens)
        for file, rows, tokens in zip(files, trained, lengths, strict=True)
    )
    written = tuple(chain.from_iterable(trained))
    return JobRows(
        train=lines_of(written),
        validation=lines_of(held_out),
        written=written,
        files=told,
        held_out=len(held_out),
        tokens=sum(lengths),
        counted=counted,
    )


def refuse_problems(files: Sequence[Path], folder: Path) -> None:
    """Refuse rows in which ``harness data check`` finds problems, with the settings under [data]: they leave the house.

    Raises:
        DataError: names the first ones.
    """
    checked = check_files(files, every_check(), KINDS, load_config(settings_file(None, folder)).data)
    found = list(checked.problems)
    if not found and not checked.untold:
        return
    lines = [f"  {one.places[0]}: {one.told}" for one in found[:SHOWN]] + [f"  {told}" for told in checked.untold]
    names = " ".join(str(file) for file in files)
    raise DataError(
        f"{files[0]}: nothing was sent: the check of the rows finds {count(len(found), 'problem')}; correct the rows "
        "(`harness data clean`), or write under [data] of harness.toml which kinds are no problem, and why; "
        f"`harness data check {names}` shows all:\n" + "\n".join(lines)
    )


def lines_of(rows: Sequence[DataRow]) -> bytes:
    """Return rows as services take them: one JSON object a line, with messages and tools as OpenAI's API has them."""
    return b"".join(msgspec.json.encode(_sent(row)) + b"\n" for row in rows)


def _sent(row: DataRow) -> dict[str, Json]:
    messages: Json = msgspec.to_builtins([sent_message(message) for message in row.messages])
    return {"messages": messages, **({"tools": list(row.tools)} if row.tools else {})}


def _counted(files: Sequence[Sequence[DataRow]], config: TrainConfig, folder: Path) -> tuple[list[int], str]:
    """Return the tokens of each file's rows, and how they were counted."""
    base = _text_of_base(config.base_model, folder)
    if base is None:
        told = (
            f"an estimate: a token for every {CHARACTERS_A_TOKEN} characters; base_model names whose tokenizer counts"
        )
        return [sum(map(_estimated, rows)) for rows in files], told
    template = load_template(base)
    try:
        lengths = [
            sum(len(template.tokens(row.messages, answer_next=False, tools=Tools(functions=row.tools))) for row in rows)
            for rows in files
        ]
    except TemplateError as problem:
        raise DataError(f"{config.base_model}: its chat template can't render a row: {problem}") from problem
    return lengths, f"the tokenizer of {Path(config.base_model).name}"


def _text_of_base(name: str, folder: Path) -> Path | None:
    """Return the folder with the tokenizer of the base model, without its weights where it is on a hub.

    None where none is named.
    """
    if name == EMBEDDED:
        return None
    if (folder / name).is_dir():
        return folder / name
    on_hub = hub_name(name)
    return resolve_base(name, home_folder(), say) if on_hub is None else fetch_text(on_hub, say)


def _estimated(row: DataRow) -> int:
    characters = sum(len(one.text) + sum(len(call.arguments) for call in one.calls) for one in row.messages)
    tools = len(msgspec.json.encode(row.tools)) if row.tools else 0
    return -(-(characters + tools) // CHARACTERS_A_TOKEN) + TOKENS_A_MESSAGE * len(row.messages)
