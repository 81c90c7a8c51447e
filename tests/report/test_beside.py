"""What a report leaves out: counted on the page, and in a file beside it, where nothing is lost."""

import gzip
import json
import sys

import msgspec
import pyarrow.parquet
import pytest

from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.saved import Pinned
from harness.records.scored import Score
from harness.report import html, write_report
from harness.report.beside import JSON_LINES, PARQUET
from harness.report.evidence import budget
from harness.runs.folder import write_run
from harness.viewer.reports import read_report
from tests.sample_run import ask, sample_run

CASES = 30


def value(side, index):
    """Return a score: of ten cases six are lost, the seventh most, one is won, and one is wrong on both sides."""
    place = index % 10
    if side == "candidate":
        return 0.2 if place < 6 else 0.0 if place == 6 else 1.0 if place != 8 else 0.0
    return 1.0 if place not in {7, 8} else 0.0


@pytest.fixture
def small_page(monkeypatch):
    """A page with room for a case in full, two in short and one that is named."""
    for name, number in (("FULL_PAIRS", 1), ("SHORT_PAIRS", 2), ("NAMED", 1)):
        monkeypatch.setattr(budget, name, number)


@pytest.fixture
def folder(tmp_path):
    """A saved run of which most cases flipped; the last lost one is pinned too, and did not pass."""
    cases = [Case(id=f"c{number:02}", messages=(Message(role="user", content="?"),)) for number in range(CASES)]
    scores = {(side, f"c{at:02}"): value(side, at) for side in ("baseline", "candidate") for at in range(CASES)}
    made = ask(
        cases,
        "exact_match()",
        lambda side, index, _: f"{side} {index:02}",
        lambda case, text: Score(value=scores[text.split()[0], case.id], category="" if "base" in text else "bad"),
    )
    verdict = msgspec.structs.replace(sample_run().run.verdicts[0], comparison=made.comparison)
    pinned = Pinned(test_id="t.py::test_rule[c25]", case_id="c25", outcome="failed")
    run = msgspec.structs.replace(sample_run().run, verdicts=(verdict,), measures=(), pinned=(pinned,))
    folder = tmp_path / "0001-2026-11-27-abcd"
    folder.mkdir()
    write_run(folder, run, made.answers, made.judgements)
    return folder


@pytest.mark.usefixtures("small_page")
def test_every_flip_is_in_the_file_beside(folder):
    """With its scores, its fate and its category; those that are right on both sides are in neither."""
    page = write_report(folder).read_text()
    rows = pyarrow.parquet.read_table(folder / PARQUET).to_pylist()

    assert {row["case"]: (row["baseline"], row["candidate"], row["fate"], row["category"]) for row in rows} == {
        f"c{at:02}": (value("baseline", at), value("candidate", at), fate, "bad")
        for at in range(CASES)
        if (fate := {**dict.fromkeys(range(7), "lost"), 7: "won", 8: "wrong"}.get(at % 10))
    }
    assert f'<a href="{PARQUET}">{PARQUET}</a>' in page
    assert read_report(folder.parent, folder.name, PARQUET) == (folder / PARQUET).read_bytes()


@pytest.mark.usefixtures("small_page")
def test_what_matters_most_is_shown_and_the_rest_is_counted(folder):
    """The pinned case first, then the largest drops; of 21 lost cases one is in full, two in short, one is named."""
    page = write_report(folder).read_text()
    lost = page[page.index('data-fate="lost"') : page.index('data-fate="won"')]
    ids = [name for name in (f"c{at:02}" for at in range(CASES)) if f">{name}<" in lost]

    assert ids == ["c06", "c16", "c25", "c26"]
    assert lost.index(">c25<") < lost.index(">c06<")
    assert "18 more, worst first" in lost
    assert "and 17 more." in lost


def test_a_page_that_shows_all_has_no_file_beside(folder):
    """What an earlier report had left there is removed."""
    (folder / PARQUET).write_bytes(b"old")

    page = write_report(folder).read_text()

    assert sorted(path.name for path in folder.iterdir()) == [
        "answers.jsonl",
        "report.html",
        "run.json",
        "scores.jsonl",
    ]
    assert PARQUET not in page


@pytest.mark.usefixtures("small_page")
def test_without_pyarrow_the_file_is_packed_json(folder, monkeypatch):
    """A line for each of the same rows."""
    write_report(folder)
    rows = pyarrow.parquet.read_table(folder / PARQUET).to_pylist()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    page = write_report(folder).read_text()

    assert list(map(json.loads, gzip.decompress((folder / JSON_LINES).read_bytes()).splitlines())) == rows
    assert f'<a href="{JSON_LINES}">' in page
    assert not (folder / PARQUET).exists()


def test_a_page_that_is_too_large_is_made_again_with_less(folder, monkeypatch):
    """Down to the least that there is."""
    whole = len(write_report(folder).read_bytes())
    monkeypatch.setattr(html, "MOST_BYTES", whole - 1)

    assert len(write_report(folder).read_bytes()) < whole
