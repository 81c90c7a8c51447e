"""Trends over saved runs."""

import msgspec
import pytest

from harness.engines.openai import hosted_model
from harness.records.compared import Gate
from harness.records.saved import Run
from harness.runs.folder import write_run
from harness.runs.history import gate_history, point_of, read_history, read_seen
from harness.verdicts.gate import decide
from tests.sample_run import TRIAGE_TESTS, sample_run

QUEUE = (f"{TRIAGE_TESTS}test_tickets_reach_the_right_queue", "field_equals('queue')", "")


def save(runs, folder: str, time: str, **changed: object) -> Run:
    """Save the invented run under another name and time."""
    run = msgspec.structs.replace(sample_run().run, id="whatever", time=time, **changed)
    (runs / folder).mkdir(parents=True)
    write_run(runs / folder, run, (), ())
    return run


def test_a_gate_has_a_point_for_each_run_in_order_of_time(tmp_path):
    """With everything that a trend shows; runs without a number are among them, named by their folder."""
    save(tmp_path, "0002-2026-11-23-1f3c", "2026-11-23T00:00:00+00:00", number=2, commit="ab12+")
    run = save(tmp_path, "2026-11-22-1f3c", "2026-11-22T00:00:00+00:00", number=0, commit="")
    (comparison,) = [one.comparison for one in run.verdicts if one.test_id == QUEUE[0]]

    old, new = gate_history(read_history(tmp_path), *QUEUE)

    assert (old.run, old.number, old.commit, new.run, new.number, new.commit) == (
        *("2026-11-22-1f3c", 0, ""),
        *("0002-2026-11-23-1f3c", 2, "ab12+"),
    )
    assert (new.candidate, new.adapter_digest) == (run.candidate.name, run.candidate.adapter_digest)
    assert new.mean == comparison.candidate_mean.mean
    assert (new.delta, new.low, new.high) == (comparison.delta.mean, comparison.delta.low, comparison.delta.high)


def test_runs_are_in_the_order_of_their_numbers_whatever_the_clock_said(tmp_path):
    """A clock that was wrong for one run moves it nowhere; five digits come after four."""
    save(tmp_path, "9999-2026-11-23-1f3c", "2031-11-23T00:00:00+00:00")
    save(tmp_path, "10000-2026-11-24-1f3c", "2026-11-24T00:00:00+00:00")
    save(tmp_path, "0007-2026-11-22-1f3c", "2026-11-25T00:00:00+00:00")

    assert [run.id[:5] for run in read_history(tmp_path)] == ["0007-", "9999-", "10000"]


def test_the_run_at_hand_is_the_same_point_as_the_saved_one(tmp_path):
    """Field by field, so that a trend's last point says as much as the earlier ones."""
    folder = "0001-2026-11-22-1f3c"
    run = msgspec.structs.replace(save(tmp_path, folder, "2026-11-22T00:00:00+00:00", commit="ab12"), id=folder)
    (verdict,) = [one for one in run.verdicts if one.test_id == QUEUE[0]]

    assert (point_of(run, verdict),) == gate_history(read_history(tmp_path), *QUEUE)


def test_slices_have_trends_of_their_own(tmp_path):
    """A slice is not a point of the whole, nor the whole a point of a slice."""
    run = save(tmp_path, "0001-2026-11-22-1f3c", "2026-11-22T00:00:00+00:00")
    sliced = [one for one in run.verdicts if one.comparison.tag]
    runs = read_history(tmp_path)

    for one in sliced:
        assert len(gate_history(runs, one.test_id, one.comparison.scorer, one.comparison.tag)) == 1
    assert gate_history(runs, sliced[0].test_id, sliced[0].comparison.scorer) == ()


def test_a_gate_without_scores_is_a_point_without_figures(tmp_path):
    """Never a zero."""
    comparison = msgspec.structs.replace(
        sample_run().run.verdicts[1].comparison, baseline_mean=None, candidate_mean=None, delta=None, rows=()
    )
    save(tmp_path, "0001-2026-11-22-1f3c", "2026", verdicts=(decide(QUEUE[0], comparison, Gate(floor=0.5)),))

    (point,) = gate_history(read_history(tmp_path), *QUEUE)

    assert (point.mean, point.delta, point.low, point.outcome) == (None, None, None, "inconclusive")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no complete run"),
        (b"", "not readable"),
        (b'{"id": 1}', "not readable"),
        (b'{"id": "x", "time": "2026"', "not readable"),
        (b"\xff\xfe", "not readable"),
        (b'{"verdicts":' + b"[" * 100_000, "not readable"),
    ],
)
def test_what_is_no_run_is_named_and_passed_over(tmp_path, content, reason):
    """Damaged, foreign or unfinished folders; files are not runs and are not mentioned."""
    save(tmp_path, "0001-2026-11-22-1f3c", "2026-11-22T00:00:00+00:00")
    (tmp_path / "answers.sqlite").touch()
    (tmp_path / "odd").mkdir()
    if content is not None:
        (tmp_path / "odd" / "run.json").write_bytes(content)
    skipped: list[str] = []

    runs = read_history(tmp_path, skipped.append)

    assert [run.id for run in runs] == ["0001-2026-11-22-1f3c"]
    assert len(skipped) == 1
    assert skipped[0].startswith("odd: ")
    assert reason in skipped[0]


def test_no_folder_of_runs_is_an_empty_history(tmp_path):
    """As before the first run."""
    assert read_history(tmp_path / "none") == ()


def save_of(runs, folder: str, time: str, candidate: str) -> Run:
    """Save the invented run as one of another candidate; "" is the baseline itself."""
    run = sample_run().run
    verdicts = tuple(
        msgspec.structs.replace(
            one,
            comparison=msgspec.structs.replace(
                one.comparison,
                candidate=msgspec.structs.replace(one.comparison.candidate, adapter_digest=candidate)
                if candidate
                else one.comparison.baseline,
            ),
        )
        for one in run.verdicts
    )
    return save(runs, folder, time, verdicts=verdicts)


def test_where_only_a_name_is_known_there_is_no_digest(tmp_path):
    """A hosted model's name in its place is no digest."""
    verdicts = tuple(
        msgspec.structs.replace(
            one, comparison=msgspec.structs.replace(one.comparison, candidate=hosted_model("gpt-triage"))
        )
        for one in sample_run().run.verdicts
    )
    save(tmp_path, "0001-2026-11-22-1f3c", "2026-11-22T00:00:00+00:00", verdicts=verdicts)

    (point,) = gate_history(read_history(tmp_path), *QUEUE)

    assert (point.candidate, point.adapter_digest) == ("gpt-triage", "")


def test_a_spread_is_taken_from_all_runs_of_two_different_models(tmp_path):
    """A model against itself shows none, of the same two models the newest run counts, a damaged run is passed over."""
    for number, candidate in enumerate(("one", "two", "one", "", "three"), start=1):
        save_of(tmp_path, f"{number:04}-2026-11-2{number}-1f3c", f"2026-11-2{number}T00:00:00+00:00", candidate)
    (tmp_path / "0005-2026-11-25-1f3c" / "run.json").write_text("{")
    runs = read_history(tmp_path)

    seen = read_seen(tmp_path, runs, {QUEUE, ("other", "scorer()", "")})

    assert seen.keys() == {QUEUE}
    assert seen[QUEUE].runs == ("0003-2026-11-23-1f3c", "0002-2026-11-22-1f3c")
    assert [len(pairs.differences) for pairs in seen[QUEUE].pairs] == [119, 119]  # one is unscored
    assert seen[QUEUE].clusters == 119


def test_a_run_that_broke_since_gives_way_to_an_older_one(tmp_path):
    """Of the same two models."""
    save_of(tmp_path, "0001-2026-11-20-1f3c", "2026-11-20T00:00:00+00:00", "one")
    save_of(tmp_path, "0002-2026-11-21-1f3c", "2026-11-21T00:00:00+00:00", "one")
    runs = read_history(tmp_path)
    (tmp_path / "0002-2026-11-21-1f3c" / "run.json").write_text("{")

    assert read_seen(tmp_path, runs, {QUEUE})[QUEUE].runs == ("0001-2026-11-20-1f3c",)


def test_a_figure_of_all_answers_shows_no_spread_of_means(tmp_path):
    """Its points say which figure they are of, and no plan takes its flips."""
    verdicts = tuple(
        msgspec.structs.replace(one, comparison=msgspec.structs.replace(one.comparison, figure="macro F1"))
        for one in sample_run().run.verdicts
    )
    save(tmp_path, "0001-2026-11-20-1f3c", "2026-11-20T00:00:00+00:00", verdicts=verdicts)
    runs = read_history(tmp_path)

    assert read_seen(tmp_path, runs, {QUEUE}) == {}
    assert [point.figure for point in gate_history(runs, *QUEUE)] == ["macro F1"]
