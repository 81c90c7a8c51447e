"""A saved run for other tools: the same rows, in each tool's own layout."""

import csv
import json
import sys

import msgspec
import pytest

from harness.errors import InputError
from harness.exchange import every_eval_ever_out, inspect_out, lm_eval_out, tables, trackers
from harness.exchange.rows import read_exported
from harness.exchange.tools import read_rows
from harness.runs.folder import write_run
from harness.runs.metrics import metrics_of
from tests.apart import run_harness
from tests.mistakes import message_of
from tests.sample_run import sample_run
from tests.saved_runs import empty_run

FORMULA = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of an invented run, one of whose answers is a formula."""
    sample, path = sample_run(), tmp_path_factory.mktemp("runs") / "0003-2026-11-22-1f3c"
    path.mkdir()
    scored = next(one for one in sample.judgements if one.side == "candidate")
    answers = [
        msgspec.structs.replace(one, response=msgspec.structs.replace(one.response, text=FORMULA))
        if one.request.key == scored.item.request_key
        else one
        for one in sample.answers
    ]
    write_run(path, sample.run, answers, sample.judgements)
    return path


@pytest.fixture(scope="module")
def exported(folder):
    """Return the run with its rows."""
    return read_exported(folder)


def test_rows_are_those_of_the_comparisons_with_both_sides_answers(exported):
    """One for each case of each comparison."""
    rows = sum(len(comparison.rows) for _, comparison in exported.run.comparisons)

    assert len(exported.rows) == rows
    lost = next(row for row in exported.rows if row.fate == "lost")
    assert lost.baseline_answers
    assert lost.candidate_answers
    assert lost.input


def test_a_csv_file_holds_no_formula(exported, tmp_path):
    """What could be one starts with an apostrophe."""
    tables.write_csv(exported, tmp_path / "a.csv")

    with (tmp_path / "a.csv").open(newline="") as file:
        first, *rows = list(csv.reader(file))
    assert tuple(first) == tables.COLUMNS
    assert len(rows) == len(exported.rows)
    cells = [cell for row in rows for cell in row]
    assert f"'{FORMULA}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_parquet_and_a_data_set_hold_the_same_rows(exported, tmp_path):
    """Numbers as numbers, several answers as a list, an unscored side as null."""
    import datasets
    from pyarrow import parquet

    tables.write_parquet(exported, tmp_path / "a.parquet")
    tables.write_dataset(exported, tmp_path / "set")

    read = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    loaded = datasets.load_from_disk(str(tmp_path / "set")).to_list()
    expected = [json.loads(msgspec.json.encode(row)) for row in exported.rows]
    assert read == expected
    assert loaded == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "set"]


def test_a_data_set_replaces_nothing(exported, tmp_path):
    """A folder of that name is kept."""
    with pytest.raises(InputError, match="is already there"):
        tables.write_dataset(exported, tmp_path)


def test_a_missing_library_is_named(exported, tmp_path, monkeypatch):
    """With the extra that has it."""
    for name in ("pyarrow.parquet", "datasets", "mlflow", "wandb"):
        monkeypatch.setitem(sys.modules, name, None)
    calls = (
        lambda: tables.write_parquet(exported, tmp_path / "a"),
        lambda: tables.write_dataset(exported, tmp_path / "a"),
        lambda: trackers.log_to_mlflow(exported, tmp_path),
        lambda: trackers.log_to_wandb(exported),
    )

    for call in calls:
        with pytest.raises(InputError, match="pip install 'tunegate"):
            call()


def test_a_log_of_inspect_can_be_imported_again(exported, tmp_path):
    """Question and answer come back as they were; an error is one."""
    inspect_out.write(exported, tmp_path / "a.json")

    rows, _ = read_rows([tmp_path / "a.json"])

    assert {row.by.model for row in rows} == {exported.run.candidate.name}
    assert FORMULA in {row.text for row in rows}
    kept = {
        answer.response.said
        for (_, _, side), answers in exported.answers.items()
        for answer in answers
        if side == "candidate" and answer.response.error is None
    }
    assert {row.text for row in rows if row.error is None} == kept
    assert any(row.error for row in rows)


def test_results_of_lm_eval_have_a_metric_for_each_scorer(exported):
    """With a standard error from the interval, and the number of cases."""
    results = lm_eval_out.results_of(exported)

    test, comparison = next(one for one in exported.run.comparisons if not one[1].tag)
    task = lm_eval_out.title(test)
    mean = comparison.candidate_mean
    assert results["results"][task][f"{comparison.scorer.replace(',', ';')},none"] == mean.mean
    assert results["n-samples"][task]["original"] == len(comparison.rows)


def test_every_eval_ever_gets_both_sides(exported, tmp_path):
    """Each line has what its schema requires, and is read again; hidden errors are none."""
    every_eval_ever_out.write(exported, tmp_path / "a.jsonl")

    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    rows, _ = read_rows([tmp_path / "a.jsonl"])
    assert {line["metadata"]["side"] for line in lines} == {"baseline", "candidate"}
    assert len(rows) == len(lines)
    assert {row.error is None for row in rows} == {True, False}
    assert all((line["output"] is None) != (line.get("messages") is None) for line in lines if "output" in line)


def test_metrics_for_trackers_have_intervals_under_plain_names(exported):
    """Letters, digits and marks that MLflow takes."""
    metrics = dict(metrics_of(exported.run))

    _, comparison = exported.run.comparisons[0]
    assert comparison.delta.low in metrics.values()
    assert all(
        set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-./") for name in metrics
    )


@pytest.mark.parametrize("kind", ["csv", "inspect", "lm-eval", "every-eval-ever"])
def test_the_command_names_what_it_wrote(folder, tmp_path, kind):
    """By default named by the run."""
    done = run_harness(tmp_path, "export", str(folder), "--to", kind)

    assert done.ret == 0, done.errlines
    (written,) = tmp_path.iterdir()
    assert written.name.startswith(folder.name)
    assert done.outlines == [f"{written.name}: {len(read_exported(folder).rows):,} rows"]


def test_a_run_that_compares_nothing_is_refused_with_the_way_to_one(tmp_path):
    """An import before it is gated: its file would be empty."""
    run = empty_run()
    (tmp_path / "runs" / run.id).mkdir(parents=True)
    write_run(tmp_path / "runs" / run.id, run, (), ())

    done = run_harness(tmp_path, "export", "3", "--to", "csv", "--out", "x.csv")

    (told,) = message_of("\n".join([*done.errlines, ""])).splitlines()
    assert done.ret == 2
    assert told.startswith(f"error: {run.id} compares nothing, ")
    assert "`pytest SUITES --candidate run:3 --baseline NAME`" in told
    assert not (tmp_path / "x.csv").exists()


def test_a_tracker_takes_no_file(folder, tmp_path):
    """Where it keeps runs is its own setting."""
    done = run_harness(tmp_path, "export", str(folder), "--to", "mlflow", "--out", "x")

    assert done.ret == 2
    assert "--out is for files" in done.errlines[0]
