"""What the report says of the files that the candidate was trained on, and of their check."""

import msgspec

from harness.records.trained import CheckedFile, Mixed, MixedPart, RowsChecked, TrainedFile
from harness.report.view.facts import facts_of
from harness.report.view.trained import data_check, trained_on
from tests.sample_run import sample_run

TASK = TrainedFile(name="train.jsonl", digest="a", rows=90, tokens=900)
EVERYDAY = TrainedFile(name="everyday.jsonl", digest="b", rows=1, tokens=100)


def checked(**facts: object) -> RowsChecked:
    """Return a check of one of the two files, and of another one."""
    files = tuple(CheckedFile(name=digest, digest=digest, rows=50) for digest in "ax")
    given = {"problems": 1, "warnings": 0, "untold": 0, "page": "p", "time": "2026-11-27T02:00:00+00:00", **facts}
    return RowsChecked(files=files, **given)


def test_several_files_have_their_shares_of_the_tokens():
    """That is the mixture; one file alone has none, and tokens that are not known are not told."""
    assert trained_on(TASK, (TASK, EVERYDAY)) == "90 rows, 900 tokens, 90.0 % of the tokens"
    assert trained_on(EVERYDAY, (TASK, EVERYDAY)) == "1 row, 100 tokens, 10.0 % of the tokens"
    assert trained_on(TASK, (TASK,)) == "90 rows, 900 tokens"
    assert trained_on(msgspec.structs.replace(TASK, tokens=0), (TASK, EVERYDAY)) == "90 rows"


def test_a_mixed_file_says_what_of():
    """As the command that mixed it told, with the seed that mixes it again."""
    parts = (MixedPart(name="a.jsonl", rows=9, tokens=930), MixedPart(name="b.jsonl", rows=1, tokens=70))
    mixed = Mixed(digest="a", parts=parts, seed=7, estimated=True)

    said = trained_on(msgspec.structs.replace(TASK, mixed=mixed), (TASK,))

    assert said == (
        "90 rows, 900 tokens; mixed of a.jsonl (9 rows, 930 tokens, 93.0 % of the tokens) and "
        "b.jsonl (1 row, 70 tokens, 7.0 % of the tokens), seed 7, tokens estimated by words"
    )


def test_the_check_is_told_with_its_figures_and_its_page():
    """An address that is not one of ours is none."""
    run = msgspec.structs.replace(
        sample_run().run, trained_on=(TASK,), rows_checked=checked(untold=1), data_page="./../rows.html"
    )

    assert data_check(run).sentence == (
        "The training rows were checked on 2026-11-27, with 1 other file: 1 problem, 0 warnings and "
        "1 thing that could not be checked in 100 rows."
    )
    assert data_check(run).link == "./../rows.html"
    assert data_check(msgspec.structs.replace(run, data_page="javascript:alert(1)")).link == ""
    assert data_check(sample_run().run) is None


def test_files_are_among_the_facts():
    """With hostile names made safe."""
    run = msgspec.structs.replace(sample_run().run, trained_on=(msgspec.structs.replace(TASK, name="x\u202e.jsonl"),))

    (told,) = ((name, value) for name, value in facts_of(run).settings if name.startswith("Trained on"))

    assert told[1] == "90 rows, 900 tokens"
    assert "\u202e" not in told[0]
