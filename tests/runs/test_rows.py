"""All rows as CSV: complete, and harmless in a spreadsheet."""

import csv

import msgspec
import pytest

from harness.errors import StoreError
from harness.records.compared import AskedAgain
from harness.runs.folder import write_run
from harness.runs.rows import COLUMNS, write_rows
from harness.text.visible import for_csv
from tests.sample_run import sample_run
from tests.two_askings import CASES, PROMPTS, SAMPLINGS, asked_twice, clueless, cut_short, written


def saved(folder, **changed: object):
    """Save the invented run."""
    sample = sample_run()
    folder.mkdir()
    write_run(folder, msgspec.structs.replace(sample.run, **changed), sample.answers, sample.judgements)
    return folder


def read(path) -> list[dict[str, str]]:
    """Read a CSV file as any program would."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_of_every_comparison_is_there(tmp_path):
    """Gated or only measured, slices under their tags, each with its fate and why it has no score."""
    run = sample_run().run
    comparisons = [one.comparison for one in (*run.verdicts, *run.measures)]

    number = write_rows(saved(tmp_path / "run"), tmp_path / "rows.csv")

    rows = read(tmp_path / "rows.csv")
    assert tuple(rows[0]) == COLUMNS
    assert number == len(rows) == sum(len(one.rows) for one in comparisons)
    assert sum(row["fate"] == "lost" for row in rows) == sum(len(one.lost) for one in comparisons)
    assert all(bool(row["unscored"]) == (row["fate"] == "unscored") for row in rows)
    assert {row["tag"] for row in rows} == {one.tag for one in comparisons}
    assert any(row["category"] for row in rows)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_nothing_in_it_is_a_formula(tmp_path, start):
    """Names, tags and reasons come from files and servers; figures stay figures."""
    bad = f'{start}HYPERLINK("http://evil.example/","x")'
    verdict = sample_run().run.verdicts[0]
    row = msgspec.structs.replace(verdict.comparison.rows[0], case_id=bad, group=bad, tags=(bad,), unscored=bad)
    comparison = msgspec.structs.replace(verdict.comparison, scorer=bad, rows=(row,), tag=bad)
    hostile = msgspec.structs.replace(verdict, test_id=bad, comparison=comparison)

    write_rows(saved(tmp_path / "run", verdicts=(hostile,), measures=()), tmp_path / "rows.csv")

    [read_back] = read(tmp_path / "rows.csv")
    assert [name for name, text in read_back.items() if text == f"'{bad}"] == [
        "test", "scorer", "tag", "case", "group", "tags", "unscored",
    ]  # fmt: skip
    assert not any(text.startswith(start) for text in read_back.values())
    assert for_csv("0.5") == "0.5"


def test_a_file_that_is_missing_leaves_the_old_rows(tmp_path):
    """Nothing half-written takes its place."""
    folder = saved(tmp_path / "run")
    (folder / "scores.jsonl").unlink()
    (tmp_path / "rows.csv").write_text("old")

    with pytest.raises(StoreError, match=r"scores\.jsonl: no such file"):
        write_rows(folder, tmp_path / "rows.csv")

    assert (tmp_path / "rows.csv").read_text() == "old"


@pytest.mark.parametrize(
    ("suites", "reply", "wrong"),
    [
        (SAMPLINGS, cut_short, {"test_long": {"sum-1"}, "test_short": {case.id for case in CASES}}),
        (PROMPTS, clueless, {"test_plain": {"sum-1"}, "test_prompted": {"sum-1"}}),
    ],
)
def test_categories_are_those_that_each_test_gave(tmp_path, suites, reply, wrong):
    """Two tests of the same cases and scorer, that asked in two ways."""
    write_rows(written(tmp_path / "run", asked_twice(suites, reply)), tmp_path / "rows.csv")

    rows = read(tmp_path / "rows.csv")
    assert len(rows) == 2 * len(CASES)
    for test, cases in wrong.items():
        found = {row["case"]: row["category"] for row in rows if row["test"].endswith(f"::{test}")}
        assert {name for name, category in found.items() if category == "wrong answer"} == cases


def test_what_asking_a_lost_case_again_gave_is_in_its_row(tmp_path):
    """Nothing for a case that was not asked again."""
    verdict = sample_run().run.verdicts[1]
    first, second, *others = verdict.comparison.lost
    again = (
        AskedAgain(case_id=first, baseline=(1.0, 1.0), candidate=(1.0, 1.0)),
        AskedAgain(case_id=second, baseline=(1.0, 1.0), candidate=(0.0, 0.0)),
    )
    comparison = msgspec.structs.replace(verdict.comparison, again=again)
    changed = msgspec.structs.replace(verdict, comparison=comparison)

    write_rows(saved(tmp_path / "run", verdicts=(changed,), measures=()), tmp_path / "rows.csv")

    found = {row["case"]: row["asked_again"] for row in read(tmp_path / "rows.csv")}
    assert (found[first], found[second], {found[case_id] for case_id in others}) == ("unsteady", "lost again", {""})
