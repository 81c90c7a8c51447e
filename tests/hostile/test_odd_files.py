"""Somebody else's folder with FIFOs and devices in it: every reader refuses them in one line, and none hangs.

A reader that opened a FIFO would wait for ever; an alarm ends the test then.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.asking.cases import load_cases, read_system
from harness.config.read import load_config
from harness.errors import HarnessError, StoreError
from harness.gating.saving import tell_ci
from harness.report import write_report
from harness.review.packets.folder import check_apart, read_key
from harness.review.votes.ballots import read_ballots
from harness.review.votes.seats import open_desks
from harness.runs.folder import read_answers, read_judgements, read_run, write_run
from harness.runs.history import read_history
from harness.runs.pairs import compare_runs
from harness.runs.rows import write_rows
from harness.scorers import matches_schema
from harness.scorers.judges.rubric import load_rubric
from tests.apart import run_harness
from tests.sample_run import sample_run

LIMIT_S = 20


@pytest.fixture(autouse=True)
def _alarm() -> Iterator[None]:
    """Interrupt a read that would wait for ever."""

    def ring(_number: int, _frame: object) -> None:
        raise TimeoutError("a reader hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Return the folder of a saved run."""
    folder, sample = tmp_path / "runs" / "0001-2026-11-22-1f3c", sample_run()
    folder.mkdir(parents=True)
    write_run(folder, sample.run, sample.answers, sample.judgements)
    return folder


def put_in_place(path: Path, kind: str) -> Path:
    """Put a FIFO, a link to an endless device, or a folder where a file belongs."""
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    return path


WORDS = {"fifo": "it is a FIFO", "device": "it is a device", "folder": "Is a directory"}
READERS: dict[str, Callable[[Path], object]] = {
    "run.json": read_run,
    "answers.jsonl": lambda folder: list(read_answers(folder)),
    "scores.jsonl": lambda folder: list(read_judgements(folder)),
}


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize("name", READERS)
def test_each_file_of_a_run_folder_is_refused(saved, name, kind):
    """By its path."""
    path = put_in_place(saved / name, kind)

    with pytest.raises(HarnessError, match=f"{path.name}: can't be read: {WORDS[kind]}"):
        READERS[name](saved)


@pytest.mark.parametrize("kind", WORDS)
def test_report_compare_and_rows_of_such_a_folder_end_in_one_line(saved, tmp_path, kind):
    """Whichever of the files it is."""
    other = tmp_path / "runs" / "0002-2026-11-22-1f3c"
    shutil.copytree(saved, other)
    put_in_place(other / "scores.jsonl", kind)

    for read in (
        lambda: write_report(other),
        lambda: list(compare_runs(saved, other)),
        lambda: write_rows(other, tmp_path / "rows.csv"),
    ):
        with pytest.raises(HarnessError, match=WORDS[kind]):
            read()


@pytest.mark.parametrize("kind", WORDS)
def test_history_passes_such_a_run_over_and_says_so(saved, tmp_path, kind):
    """The others are shown."""
    odd = tmp_path / "runs" / "0002-2026-11-23-1f3c"
    odd.mkdir()
    put_in_place(odd / "run.json", kind)
    skipped: list[str] = []

    runs = read_history(tmp_path / "runs", skipped.append)
    told = run_harness(tmp_path, "history")

    assert [run.id for run in runs] == [saved.name]
    assert len(skipped) == 1
    assert f"{odd.name}: run.json can't be read: {WORDS[kind]}" in skipped[0]
    assert told.ret == 0
    assert f"left out: {skipped[0]}" in told.outlines


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize(
    "read",
    [
        load_cases,
        read_system,
        load_config,
        load_rubric,
        matches_schema,
        read_key,
        lambda path: read_ballots([path], []),
    ],
    ids=["cases", "system", "settings", "rubric", "schema", "key", "ballot"],
)
def test_each_file_that_people_hand_over_is_refused(tmp_path, read, kind):
    """Named by its path."""
    path = put_in_place(tmp_path / "given", kind)

    with pytest.raises(HarnessError, match=rf"given: can't be read.*{WORDS[kind]}"):
        read(path)


def test_a_folder_of_packets_with_a_fifo_in_it_is_served_to_nobody(tmp_path):
    """Neither as a packet, nor where a key is looked for."""
    os.mkfifo(tmp_path / "r1.html")

    check_apart(tmp_path)
    with pytest.raises(HarnessError, match=r"r1\.html: can't be read: it is a FIFO"):
        open_desks(tmp_path)


def test_a_summary_that_is_a_pipe_is_not_waited_for(tmp_path):
    """Nobody reads it, so opening it would never end."""
    pipe = tmp_path / "summary"
    os.mkfifo(pipe)

    with pytest.raises(StoreError, match=r"GITHUB_STEP_SUMMARY names .*summary: No such device or address"):
        tell_ci(lambda _most: "summary", {"GITHUB_STEP_SUMMARY": str(pipe)})
