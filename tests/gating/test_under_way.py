"""What a session leaves in its run folders while it is under way, and that it costs and breaks nothing."""

import datetime as dt
import signal
import threading
from pathlib import Path

import msgspec
import pytest

from harness.gating.ledger import Ledger
from harness.gating.under_way import EVERY_S, Named, UnderWay
from harness.records.answered import Response
from harness.runs.listing import read_listing, read_unfinished
from harness.runs.progress import PROGRESS, Progress, is_under_way, read_progress
from tests.gating.projects import SUITE, half_way, project, right, stuck_on_the_last_sum  # noqa: F401 - the fixture
from tests.sample_run import sample_run
from tests.waiting import MOST_S

STARTED = dt.datetime(2026, 11, 22, 14, 7, 31, tzinfo=dt.UTC)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return them."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def begun(clock):
    """Return ``begun(*folders, ledger=None)``: a session with a run in each of the folders."""
    sessions = []

    def begin(*folders: Path, ledger: Ledger | None = None) -> UnderWay:
        sessions.append(UnderWay(STARTED, clock))
        for folder in folders:
            folder.mkdir(exist_ok=True)
            sessions[-1].claim(folder)
            sessions[-1].begin(folder, Named(candidate="mine", baseline="tiny", ledger=ledger or Ledger()))
        return sessions[-1]

    yield begin
    for session in sessions:
        session.close()


def answers(number: int, clock: Clock, each_s: float, seen: list[Progress | None], folder):
    """Yield answers, each after some time; what the folder shows before each is kept in ``seen``."""
    for place in range(number):
        clock.now += each_s
        seen.append(read_progress(folder))
        yield Response(request_key=f"{place}", text="x", seconds=each_s, error="no" if place == 1 else None)


def test_answers_are_noted_as_they_come(tmp_path, clock, begun):
    """With errors, and how long the rest takes at the speed so far."""
    session, seen = begun(tmp_path), []
    session.start(tests=3)

    assert len(list(session.watch(answers(4, clock, 2.0, seen, tmp_path), 4))) == 4

    assert [(one.step, one.answered, one.left_s) for one in seen] == [
        ("asking", 0, None),
        ("asking", 1, 6.0),
        ("asking", 2, 4.0),
        ("asking", 3, 2.0),
    ]
    assert read_progress(tmp_path) == Progress(
        candidate="mine",
        baseline="tiny",
        started="2026-11-22T14:07:31+00:00",
        step="asking",
        answered=4,
        requests=4,
        errors=1,
        left_s=0.0,
        tests=3,
    )


@pytest.mark.parametrize("runs", [1, 3])
def test_two_files_a_second_are_written_at_most(tmp_path, clock, begun, runs, monkeypatch):
    """However fast the answers come, and however many candidates there are."""
    written = []
    monkeypatch.setattr("harness.gating.under_way.write_progress", lambda *told: written.append(told))
    session = begun(*(tmp_path / f"{n}" for n in range(runs)))

    list(session.watch(answers(10_000, clock, 0.001, [], tmp_path), 10_000))

    assert runs * 2 < len(written) <= 10 / EVERY_S + 2 * runs


def test_verdicts_and_tests_are_noted_when_they_end(tmp_path, clock, begun):
    """Those of the run's own ledger."""
    ledger, verdict = Ledger(), sample_run().run.verdicts[0]
    session = begun(tmp_path, ledger=ledger)
    session.start(tests=5)
    ledger.gate("t", verdict.comparison, [verdict, msgspec.structs.replace(verdict, outcome="failed")])

    clock.now += EVERY_S + 0.01
    session.tested(2)

    noted = read_progress(tmp_path)
    assert (noted.step, noted.tests_done, noted.tests) == ("testing", 2, 5)
    assert noted.verdicts == {"failed": 1, "passed": 1}


def test_what_can_not_be_written_ends_nothing(tmp_path, clock, begun):
    """A folder that was removed, or a full disk: what is missing at the end is said then."""
    session = begun(tmp_path / "gone")
    for path in (tmp_path / "gone").iterdir():
        path.unlink()
    (tmp_path / "gone").rmdir()

    session.start(tests=1)

    assert len(list(session.watch(answers(2, clock, 1.0, [], tmp_path), 2))) == 2
    session.save()
    session.end(tmp_path / "gone")


def test_a_folder_that_can_not_be_claimed_is_not_noted_in(tmp_path, clock):
    """Without a lock nobody could tell when it was stopped."""
    session = UnderWay(STARTED, clock)
    session.claim(tmp_path / "missing")
    session.begin(tmp_path / "missing", Named(candidate="mine", baseline="tiny", ledger=Ledger()))

    session.start(tests=1)
    session.discard()

    assert list(tmp_path.iterdir()) == []


def test_a_run_is_under_way_until_it_is_killed_and_then_stopped(project):  # noqa: F811
    """Seen from another process, in the folder of a real run."""
    release = threading.Event()
    run = project(stuck_on_the_last_sum(release))
    run.suite()
    runs = run.folder / "runs"
    with half_way(run) as process:
        (during,) = read_unfinished(runs)
        process.kill()
        process.wait(MOST_S)
        (after,) = read_unfinished(runs)
        release.set()

    assert (during.state, during.progress.step, during.progress.candidate) == ("under way", "asking", "mine")
    assert (during.progress.requests, during.progress.tests) == (20, 1)
    assert 0 <= during.progress.answered < 16
    assert (after.state, after.progress) == ("stopped", read_progress(runs / after.id))


def test_an_interrupted_run_is_stopped_and_shows_how_far_it_came(project):  # noqa: F811
    """The next run of the same command is another one."""
    release = threading.Event()
    run = project(stuck_on_the_last_sum(release))
    run.suite()
    with half_way(run) as process:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=MOST_S)
    release.set()

    (stopped,) = read_unfinished(run.folder / "runs")

    assert (stopped.state, stopped.progress.candidate) == ("stopped", "mine")


def test_nothing_is_left_in_the_folder_of_a_saved_run(project):  # noqa: F811
    """The record says it all; what is noted is gone."""
    run = project(right)
    run.suite()

    assert run.gate().ret == 0

    listing = read_listing(run.folder / "runs")
    (folder,) = (run.folder / "runs").glob("0001-*")
    assert (len(listing.runs), listing.unfinished) == (1, ())
    assert {path.name for path in folder.iterdir()} == {"run.json", "answers.jsonl", "scores.jsonl", "report.html"}


def test_a_run_that_never_asked_leaves_no_folder(project):  # noqa: F811
    """Neither a lock nor a note keeps it."""
    run = project(right)
    run.suite(thresholds="max_flips=0")
    (run.folder / "cases.jsonl").write_text("{")

    assert run.gate().ret == 4

    assert not list((run.folder / "runs").glob("0001-*"))


def test_the_note_of_a_test_shows_the_verdicts_so_far(project):  # noqa: F811
    """As another process would see it while the second test runs."""
    run = project(right)
    code = (
        "\ndef test_seen(evaluate):\n    from harness.runs.listing import read_unfinished\n"
        "    import pathlib\n    (one,) = read_unfinished(pathlib.Path('runs'))\n"
        "    pathlib.Path('seen').write_text(f'{one.state} {one.progress.tests}')\n"
    )
    run.suite(code=SUITE + code)

    run.gate()

    assert (run.folder / "seen").read_text() == "under way 2"
    assert not is_under_way(next((run.folder / "runs").glob("0001-*")))
    assert not list(run.folder.glob(f"runs/*/{PROGRESS}"))
