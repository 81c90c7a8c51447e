"""``harness data split`` and ``mix``: parts that share nothing, and everyday rows among those of a task."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.data_models import measured_by
from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.errors import DataError, InputError
from harness.text.figures import count, percent
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.data.row import DataRow

FILES = "training rows, in any format that harness data check reads"
INTO = "folder of the new train.jsonl and validation.jsonl"
SUITE = "folder of the suite whose cases.jsonl is the sealed test"
GROUP = "column whose rows stay together, such as a customer or a document"
FIELD = "field of JSON answers that is spread evenly; labels are by themselves"
MODEL = "a base model whose tokenizer counts tokens: a name or a folder, or base: that of harness.toml"
WORDS_A_TOKEN = 0.75


def split(  # noqa: PLR0913 - one parameter for each option
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    *,
    into: Annotated[Path, typer.Option(metavar="FOLDER", help=INTO)],
    suite: Annotated[Path, typer.Option(metavar="FOLDER", help=SUITE)],
    test: Annotated[float, typer.Option(metavar="SHARE", help="share of the sealed test")] = 0.1,
    validation: Annotated[float, typer.Option(metavar="SHARE", help="share of the validation rows; 0 for none")] = 0.1,
    group: Annotated[str, typer.Option(metavar="COLUMN", help=GROUP)] = "",
    field: Annotated[str, typer.Option("--stratify", metavar="FIELD", help=FIELD)] = "",
    seed: Annotated[int, typer.Option(help="another one splits otherwise")] = 0,
    as_json: AsJson = False,
) -> None:
    """Split rows into train, validation and a sealed test; rows that are nearly the same stay together."""
    import msgspec

    from harness.cases.sealing import Places, Wanted, split_rows, write_split

    if not 0 < test < 1 or not 0 <= validation < 1 or test + validation >= 1:
        raise InputError(
            f"--test {test:g} and --validation {validation:g}: shares of all rows, which leave some to train"
        )
    wanted = Wanted(validation=validation, test=test, field=field, seed=seed)
    rows = _rows(files, group)
    parts = split_rows(rows, wanted)
    written = write_split(rows, parts, Places(into=into, suite=suite), seed, lambda: dt.datetime.now(dt.UTC))
    if as_json:
        print_json(msgspec.to_builtins(written))
        return
    for name, number in written.files.items():
        _say(f"{name}: {count(number, 'case' if name == written.cases else 'row')}")
    if written.kept_together:
        _say(f"{count(written.kept_together, 'row')} kept with another: of one group, or nearly the same")
    _say(f"{written.cases} is sealed: harness cases show asks for a reason, and each run says whom it has judged")


def mix(  # noqa: PLR0913 - the same
    task: Annotated[Path, typer.Argument(metavar="TASK", help="rows of the task")],
    everyday: Annotated[Path, typer.Argument(metavar="EVERYDAY", help="everyday rows, against forgetting")],
    *,
    to: Annotated[Path, typer.Option(metavar="FILE", help="the file to write")],
    share: Annotated[float, typer.Option(metavar="SHARE", help="of the everyday rows, in tokens")] = 0.1,
    model: Annotated[str, typer.Option(metavar="NAME", help=MODEL)] = "",
    seed: Annotated[int, typer.Option(help="another one draws other rows")] = 0,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Draw everyday rows until they are a share of all tokens, and write both in random order."""
    from harness.data.beside import rows_digest, write_mixed
    from harness.data.convert import write_rows
    from harness.data.mix import mix as drawn
    from harness.data.mix import shuffled
    from harness.records.trained import Mixed, MixedPart

    if not 0 < share < 1:
        raise InputError(f"--share {share:g}: a share of all tokens, above 0 and below 1, such as 0.07")
    tasks, others = _rows([task]), _rows([everyday])
    measure = _tokens_by(model, settings)
    try:
        mixture = drawn([measure(row) for row in tasks], [measure(row) for row in others], share, seed)
    except ValueError as problem:
        raise DataError(f"{everyday}: {problem}") from None
    chosen = [*tasks, *(others[place] for place in mixture.taken)]
    write_rows([chosen[place] for place in shuffled(len(chosen), seed)], to)
    parts = (
        MixedPart(name=task.name, rows=len(tasks), tokens=mixture.task_tokens),
        MixedPart(name=everyday.name, rows=len(mixture.taken), tokens=mixture.everyday_tokens),
    )
    write_mixed(to, Mixed(digest=rows_digest(to), parts=parts, seed=seed, estimated=not model))
    if as_json:
        told = {"file": str(to), "task": len(tasks), "everyday": len(mixture.taken), "share": mixture.share}
        print_json(told | {"task_tokens": mixture.task_tokens, "everyday_tokens": mixture.everyday_tokens})
        return
    estimated = "" if model else ", tokens estimated by words; --model counts them"
    _say(f"{to}: {count(len(tasks), 'row')} of the task, {count(len(mixture.taken), 'row')} of everyday")
    _say(f"everyday rows are {percent(mixture.share, 1)} of the tokens{estimated}")


def _rows(files: Sequence[Path], group: str = "") -> "list[DataRow]":
    """Return the rows of files.

    Raises:
        DataError: a row can't be read, or can't be trained on; the first one is told.
    """
    from harness.data.generated.standing import refuse_unreviewed
    from harness.data.reading import refuse_repeated
    from harness.data.rows import load_rows

    refuse_repeated(files)
    refuse_unreviewed(files)
    return [row for file in files for row in load_rows(file, _say, group)]


def _tokens_by(model: str, settings: Path | None) -> "Callable[[DataRow], int]":
    """Return what counts a row's tokens: a model's tokenizer, or an estimate by words."""
    if not model:
        return lambda row: max(1, round(sum(len(one.text.split()) for one in row.messages) / WORDS_A_TOKEN))
    measured = measured_by(model, settings)

    def counted(row: "DataRow") -> int:
        for problem in measured.see(row):
            raise DataError(f"{row.place}: {problem.told}")
        return measured.tokens(row)

    return counted


def _say(line: str) -> None:
    typer.echo(for_terminal(line, None))
