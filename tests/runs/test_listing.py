"""The runs of a folder in short: what is read of each, and what becomes of folders that are not whole runs."""

import json
import os
from contextlib import closing

import msgspec
import pytest

from harness.records.in_columns import as_listed
from harness.records.saved import Run
from harness.runs.folder import write_run
from harness.runs.listing import read_listing, read_unfinished
from harness.runs.outcome import overall
from harness.runs.progress import Progress, claim, write_progress
from tests.sample_run import TRIAGE_TESTS, sample_run

FAR = Progress(candidate="mine", baseline="tiny", started="2026-11-22T14:07:31+00:00", step="asking", answered=3)


def save(runs, folder: str, **changed: object) -> Run:
    """Save the invented run under another name."""
    run = msgspec.structs.replace(sample_run().run, **changed)
    (runs / folder).mkdir(parents=True)
    write_run(runs / folder, run, (), ())
    return run


def test_a_run_is_listed_with_what_an_overview_needs(tmp_path):
    """The same outcome, gates and figures as in its record."""
    run = save(tmp_path, "0003-2026-11-22-1f3c")
    (tmp_path / "0003-2026-11-22-1f3c" / "report.html").write_text("report")

    (listed,) = read_listing(tmp_path).runs

    assert (listed.id, listed.candidate, listed.baseline) == ("0003-2026-11-22-1f3c", run.candidate, run.baseline)
    assert (listed.outcome, listed.has_report, listed.commit) == (overall(run), True, run.commit)
    assert [(one.test_id, one.outcome, one.tag, one.advisory) for one in listed.gates] == [
        (one.test_id, one.outcome, one.comparison.tag, one.gate.advisory) for one in run.verdicts
    ]
    assert [one.mean for one in listed.gates] == [
        one.comparison.candidate_mean.mean if one.comparison.candidate_mean else None for one in run.verdicts
    ]
    assert [one.outcome for one in listed.pinned] == [one.outcome for one in run.pinned]
    assert (listed.broken, listed.unmeasured) == (len(run.broken), len(run.unmeasured))


def test_a_gate_has_the_tags_of_its_cases_and_a_slice_its_own_alone(tmp_path):
    """Whether or not another run had the same cases before."""
    for folder in ("0001-2026-11-22-1f3c", "0002-2026-11-22-1f3c"):
        run = save(tmp_path, folder)
    known = {
        (one.test_id, one.comparison.tag): {tag for row in one.comparison.rows for tag in row.tags}
        for one in run.verdicts
    }

    for listed in read_listing(tmp_path).runs:
        for gate in listed.gates:
            expected = {gate.tag} if gate.tag else known[gate.test_id, ""]
            assert set(gate.tags) == expected
    assert any(known.values())


def test_an_older_run_without_an_outcome_gets_it_from_its_verdicts(tmp_path):
    """By the one rule of how a run ended."""
    run = save(tmp_path, "0001-2026-11-22-1f3c", outcome=None, broken=(), verdicts=())

    (listed,) = read_listing(tmp_path).runs

    assert listed.outcome == overall(run)


def test_runs_are_in_the_order_of_their_numbers(tmp_path):
    """As in every history."""
    for folder in ("10000-2026-11-22-1f3c", "9999-2026-11-22-1f3c", "2026-11-22-1f3c"):
        save(tmp_path, folder)

    assert [run.id[:5] for run in read_listing(tmp_path).runs] == ["2026-", "9999-", "10000"]


BROKEN = {
    "cut off": (b'{"id": "x", "ti', "not readable: Input data was truncated"),
    "no text": (b"\xff\xfe", "not readable"),
    "another record": (b'{"id": 3}', "not readable: Object missing required field"),
    "rows that are none": (None, "not readable: Expected `array`"),
    "deep": (b"[" * 100_000, "not readable"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_run_is_named_with_its_reason_and_stops_nothing(tmp_path, name):
    """The others are listed."""
    save(tmp_path, "0001-2026-11-22-1f3c")
    content, reason = BROKEN[name]
    record = save_record(tmp_path / "0002-2026-11-22-1f3c", content)

    listing = read_listing(tmp_path)

    assert record.exists()
    assert [run.id for run in listing.runs] == ["0001-2026-11-22-1f3c"]
    ((folder, why),) = listing.left_out
    assert folder == "0002-2026-11-22-1f3c"
    assert reason in why


def save_record(folder, content: bytes | None):
    """Write a run.json with this content; with None, that of a run whose rows are a number."""
    folder.mkdir()
    if content is None:
        run = msgspec.to_builtins(sample_run().run, enc_hook=as_listed)
        run["verdicts"][0]["comparison"] |= {"rows": 3, "tag": "", "fingerprint": {}}
        content = json.dumps(run).encode()
    (folder / "run.json").write_bytes(content)
    return folder / "run.json"


def test_a_record_that_is_no_file_is_not_waited_for(tmp_path):
    """A FIFO, a folder, and a link that leads nowhere."""
    for name in "abc":
        (tmp_path / name).mkdir()
    os.mkfifo(tmp_path / "a" / "run.json")
    (tmp_path / "b" / "run.json").mkdir()
    (tmp_path / "c" / "run.json").symlink_to("nowhere")

    listing = read_listing(tmp_path)

    assert [name for name, _ in (*listing.left_out, *((one.id, "") for one in listing.unfinished))] == ["a", "b", "c"]
    assert listing.runs == ()


def test_what_has_no_record_is_under_way_or_was_stopped(tmp_path):
    """The lock alone decides; a folder in which nothing was noted was stopped too."""
    for name in ("0001-2026-11-22-1f3c", "0002-2026-11-22-1f3c", "0003-2026-11-22-1f3c"):
        (tmp_path / name).mkdir()
    write_progress(tmp_path / "0001-2026-11-22-1f3c", FAR)
    write_progress(tmp_path / "0002-2026-11-22-1f3c", FAR)

    with closing(claim(tmp_path / "0002-2026-11-22-1f3c")):
        found = read_unfinished(tmp_path)

    assert [(one.state, one.progress) for one in found] == [("stopped", FAR), ("under way", FAR), ("stopped", None)]


def test_a_saved_run_is_not_unfinished_though_its_process_lives(tmp_path):
    """As while its report is made."""
    save(tmp_path, "0001-2026-11-22-1f3c")

    with closing(claim(tmp_path / "0001-2026-11-22-1f3c")):
        listing = read_listing(tmp_path)

    assert (len(listing.runs), listing.unfinished, listing.left_out) == (1, (), ())


def test_a_run_that_ends_between_two_looks_was_not_stopped(tmp_path, monkeypatch):
    """Its record is looked for again when nobody holds the lock."""
    folder = tmp_path / "0001-2026-11-22-1f3c"
    folder.mkdir()

    def ends_now(_folder) -> bool:
        write_run(folder, sample_run().run, (), ())
        return False

    monkeypatch.setattr("harness.runs.listing.is_under_way", ends_now)

    listing = read_listing(tmp_path)

    assert ([run.id for run in listing.runs], listing.unfinished) == ([folder.name], ())


def test_other_things_in_the_folder_are_no_runs(tmp_path):
    """The store, the page itself, and hidden folders, such as that of git."""
    (tmp_path / "answers.sqlite").write_text("")
    (tmp_path / "index.html").write_text("")
    (tmp_path / ".git").mkdir()

    listing = read_listing(tmp_path)

    assert (listing.runs, listing.unfinished, listing.left_out) == ((), (), ())
    assert read_listing(tmp_path / "missing") == listing


def test_the_sample_has_what_these_tests_need():
    """Gates on a suite and slices of it."""
    verdicts = sample_run().run.verdicts

    assert any(one.comparison.tag for one in verdicts)
    assert any(one.test_id.startswith(TRIAGE_TESTS) and not one.comparison.tag for one in verdicts)
