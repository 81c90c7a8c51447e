"""What a run tells of its candidate's training rows: their files, and the page of the check of these very rows."""

import json
import runpy
from pathlib import Path

import msgspec
import pytest

from harness.config.read import load_config
from harness.gating.trained import check_of_rows, trained_files
from harness.records.trained import TrainedFile
from harness.report import write_report
from harness.runs.folder import read_run
from harness.train.config import load_train_config
from tests.apart import run_harness
from tests.gating.projects import project  # noqa: F401 - the fixture

ROWS = ("Is it raining in Lisbon today, or will it only start tomorrow?", "Which team plays in Porto on Sunday night?")


def write_rows(path: Path, *asked: str) -> Path:
    """Write rows that are answered in the same way."""
    turns = ([{"role": "user", "content": one}, {"role": "assistant", "content": "yes"}] for one in asked)
    path.write_text("".join(json.dumps({"messages": each}) + "\n" for each in turns))
    return path


def trained_on(path: Path) -> TrainedFile:
    """Return a file as a manifest has it."""
    (found,) = trained_files(None, (path,))
    return msgspec.structs.replace(found, tokens=90)


@pytest.fixture
def checked(tmp_path):
    """Check two files in a checkout, and leave their page among the runs."""
    write_rows(tmp_path / "train.jsonl", *ROWS)
    write_rows(tmp_path / "everyday.jsonl", "What is the capital of France, and how many people live there?")
    (tmp_path / "runs" / "0001").mkdir(parents=True)
    run_harness(tmp_path, "data", "check", "train.jsonl", "everyday.jsonl", "--html", "runs/rows & more.html")
    return tmp_path


def found(checked, *trained: TrainedFile, root=None):
    """Return the check that a run links."""
    return check_of_rows(checked / "runs" / "rows & more.html", trained, checked / "runs" / "0001", root or checked)


def test_the_page_is_linked_where_it_is_of_the_rows(checked):
    """All files of the candidate have to be on it; it can be of more."""
    train, everyday = trained_on(checked / "train.jsonl"), trained_on(checked / "everyday.jsonl")

    assert found(checked, train, everyday).link == "./../rows%20%26%20more.html"
    assert [one.rows for one in found(checked, train).rows.files] == [2, 1]


def test_a_page_of_other_rows_is_never_linked(checked):
    """One row more, a file that was not checked, or no file that is known."""
    train = trained_on(checked / "train.jsonl")
    changed = trained_on(write_rows(checked / "train.jsonl", *ROWS, "And one more row, which nobody has checked yet?"))

    assert found(checked, changed) is None
    assert found(checked, train, changed) is None
    assert found(checked) is None
    (checked / "runs" / "rows & more.html").write_text("another page")
    assert found(checked, train) is None


def test_a_page_outside_of_the_checkout_is_told_without_an_address(checked, tmp_path_factory):
    """Its address would tell of this machine's folders."""
    assert found(checked, trained_on(checked / "train.jsonl"), root=tmp_path_factory.mktemp("elsewhere")).link == ""


def test_a_report_links_the_page_of_its_candidates_rows(project):  # noqa: F811 - pytest's way
    """Named in harness.toml; with its figures, also where the page can't be had. Other rows: neither."""
    made = project(lambda _model, _question: "4")
    made.suite(thresholds="floor=0.5")
    write_rows(made.folder / "rows.jsonl", *ROWS)
    with (made.folder / "harness.toml").open("a") as file:
        file.write('[data]\npage = "checks/rows.html"\n')
    checks = run_harness(made.folder, "data", "check", "rows.jsonl", "--html", "checks/rows.html")

    made.gate("--training-data", "rows.jsonl")
    first = read_run(max(made.folder.glob("runs/0*")))
    page = made.report()
    write_rows(made.folder / "rows.jsonl", *ROWS[:1])
    made.gate("--training-data", "rows.jsonl")
    second = read_run(max(made.folder.glob("runs/0*")))
    made.gate(candidate=f"run:{first.number}")
    again = read_run(max(made.folder.glob("runs/0*")))

    assert checks.ret in {0, 1}
    assert first.data_page == "./../../checks/rows.html"
    assert (made.folder / "runs" / first.id / first.data_page).is_file()
    assert '<a href="./../../checks/rows.html">The page of this check</a>' in page
    assert f"{first.rows_checked.problems} problem" in page
    assert "Trained on rows.jsonl" in page
    assert str(made.folder) not in page
    assert (second.data_page, second.rows_checked) == ("", None)
    assert (again.trained_on, again.rows_checked) == (first.trained_on, first.rows_checked)
    assert "The page of this check" not in (made.folder / "runs" / second.id / "report.html").read_text()
    assert write_report(made.folder / "runs" / first.id).read_text() == page


def test_the_demo_checks_the_rows_that_it_trains_on_into_the_page_that_its_reports_link():
    """Without a setting of this checkout; each of its two adapters is trained on files that the page is of."""
    root = Path(__file__).parents[2]
    demo = runpy.run_path(str(root / "scripts" / "demo.py"))
    checked = {(root / name).resolve() for name in demo["ROWS"]}

    assert load_config(root / "harness.toml").data.page == demo["PAGE"]
    assert {*demo["ROWS"], demo["PAGE"]} <= {*demo["CHECK"]}
    for name in ("triage", "damaged"):
        settings = root / demo["TRAINING"] / f"{name}.toml"
        assert {(settings.parent / file).resolve() for file in load_train_config(settings).train} <= checked
