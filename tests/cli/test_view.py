"""`harness report --index`, and what is said of its use."""

import re
import subprocess
from pathlib import Path

import pytest

from harness.runs.folder import write_run
from tests.saved_runs import empty_run


@pytest.fixture
def runs(tmp_path):
    """Return a folder with one saved run."""
    folder = tmp_path / "runs"
    (folder / empty_run().id).mkdir(parents=True)
    write_run(folder / empty_run().id, empty_run(), (), ())
    return folder


def test_the_index_is_written_beside_the_runs(harness, runs):
    """Its path is printed; it needs no report and makes none."""
    told = harness("report", "--index", "--run-dir", str(runs))

    assert told == f"{runs}/index.html\n"
    assert "1 saved run" in (runs / "index.html").read_text()
    assert not (runs / empty_run().id / "report.html").exists()


def test_the_index_leads_to_reports_that_are_made_later(harness, runs):
    """When it is written again."""
    harness("report", "3", "--run-dir", str(runs))
    harness("report", "--index", "--run-dir", str(runs))

    assert f'href="{empty_run().id}/report.html"' in (runs / "index.html").read_text()


@pytest.mark.parametrize("arguments", [(), ("3", "--index")])
def test_one_run_or_the_index_is_named(harness, runs, arguments):
    """Neither and both say nothing clear."""
    told = harness("report", *arguments, "--run-dir", str(runs))

    assert told.startswith("2: error: name one run, as in `harness report 7`, or use --index alone")


def test_without_a_folder_of_runs_one_line_says_so(harness, tmp_path):
    """For the page and for the server."""
    for command in (("report", "--index"), ("view",)):
        told = harness(*command, "--run-dir", str(tmp_path / "none"))

        assert told.startswith(f"2: error: {tmp_path / 'none'}: no such folder; run pytest suites/ first")


def test_what_is_published_is_the_page_and_the_reports(harness, runs):
    """By the lines of docs/runs.md: neither answers nor the store leave the folder."""
    page = (Path(__file__).parents[2] / "docs" / "runs.md").read_text()
    lines = re.search(r"harness report --index\n( +mkdir -p site\n +cd runs && cp [^\n]+)", page)[1]
    harness("report", "3", "--run-dir", str(runs))
    harness("report", "--index", "--run-dir", str(runs))

    subprocess.run(["sh", "-ec", lines], cwd=runs.parent, check=True)

    site = runs.parent / "site"
    assert sorted(str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()) == [
        f"{empty_run().id}/report.html",
        "index.html",
    ]
