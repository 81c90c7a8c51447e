"""What the candidate was trained on, in words: files with their shares of the tokens, mixtures, and their check."""

from collections.abc import Sequence

from harness.records.record import Record
from harness.records.saved import Run
from harness.records.trained import Mixed, MixedPart, TrainedFile
from harness.text.figures import count, join, percent
from harness.text.shown import fact


class DataCheck(Record, frozen=True, kw_only=True):
    """The check of the candidate's rows in a sentence, and the address of its page; empty where it can't be linked."""

    sentence: str
    link: str


def trained_on(file: TrainedFile, files: Sequence[TrainedFile]) -> str:
    """Return what is known of one of the files that a candidate was trained on."""
    told = _amount(file, sum(one.tokens for one in files) if len(files) > 1 else 0)
    return f"{told}; {_mixture(file.mixed)}" if file.mixed else told


def data_check(run: Run) -> DataCheck | None:
    """Return the check of the candidate's training rows; None where no page is of these very rows."""
    checked = run.rows_checked
    if checked is None:
        return None
    digests = {one.digest for one in run.trained_on}
    others = sum(one.digest not in digests for one in checked.files)
    rows = sum(one.rows for one in checked.files)
    found = [count(checked.problems, "problem"), count(checked.warnings, "warning")]
    found += [f"{count(checked.untold, 'thing')} that could not be checked"] if checked.untold else []
    beside = f", with {count(others, 'other file')}" if others else ""
    when = fact(checked.time[:10], 10)
    return DataCheck(
        sentence=f"The training rows were checked on {when}{beside}: {join(found)} in {count(rows, 'row')}.",
        link=run.data_page if run.data_page.startswith("./") else "",
    )


def _mixture(mixed: Mixed) -> str:
    total = sum(part.tokens for part in mixed.parts)
    parts = join([f"{fact(part.name, 120)} ({_amount(part, total)})" for part in mixed.parts])
    by = ", tokens estimated by words" if mixed.estimated else ""
    return f"mixed of {parts}, seed {mixed.seed}{by}"


def _amount(of: TrainedFile | MixedPart, total: int) -> str:
    tokens = f", {count(of.tokens, 'token')}" if of.tokens else ""
    share = f", {percent(of.tokens / total, 1)} of the tokens" if total and of.tokens else ""
    return f"{count(of.rows, 'row')}{tokens}{share}"
