"""Each gate over the runs: which runs it has, how they ended, and what became of gates that were renamed."""

from harness.records.asked import ModelRef
from harness.report.view.over_time import LEAST_RUNS, MISSED, MOST_MARKS, WHOLE, over_time
from harness.runs.listing import ListedGate, ListedPinned, ListedRun

BASE = ModelRef(base="tiny", base_digest="b" * 64, template_digest="t" * 64)


def gate(outcome: str = "passed", name: str = "holds", **changed: object) -> ListedGate:
    """Return a gate of the suite "sums"."""
    facts = {"scorer": "exact_match()", "tag": "", "advisory": False, "mean": 0.5, "baseline_mean": 0.5, "unit": ""}
    return ListedGate(
        **{"test_id": f"suites/sums/test_sums.py::test_{name}", "figure": None, "tags": ()} | facts | changed,
        outcome=outcome,
    )


def run(number: int, *gates: ListedGate, **changed: object) -> ListedRun:
    """Return a run with these gates."""
    facts = {"time": "2026-11-22T14:07:31+00:00", "commit": "", "pinned": (), "measured": (), "beside": ()}
    more = {"broken": 0, "leaked": 0, "unmeasured": 0, "has_report": True, "outcome": "passed"}
    ids = {"id": f"{number:04}-2026-11-22-1f3c", "candidate": BASE, "baseline": BASE}
    return ListedRun(**ids | facts | more | changed, gates=gates)


def lines_of(*runs: ListedRun):
    """Return the lines of the only suite by their titles."""
    (suite,) = over_time(runs).suites
    return {line.title: line for line in (*suite.lines, *suite.former)}


def test_a_gate_shows_how_its_runs_ended_and_names_those_in_which_it_did_not_pass():
    """The newest first, each with the path of its report."""
    line = lines_of(run(1, gate("failed")), run(2, gate()), run(3, gate("inconclusive")), run(4, gate()))["Holds"]

    assert line.outcomes == "2 passed, 1 inconclusive and 1 failed"
    assert [(one.name, one.report) for one in line.missed] == [
        ("3", "0003-2026-11-22-1f3c/report.html"),
        ("1", "0001-2026-11-22-1f3c/report.html"),
    ]
    assert (line.newest, line.newest_run.name) == ("passed", "4")


def test_means_have_their_newest_and_their_range():
    """In the unit of a quantity; a gate without scores says nothing."""
    scores = lines_of(*(run(n, gate(mean=mean)) for n, mean in enumerate((0.5, 0.9, 0.7), start=1)))
    seconds = lines_of(run(1, gate(mean=1.5, unit="s")))
    none = lines_of(run(1, gate(mean=None)))

    assert scores["Holds"].mean == "mean 0.700, from 0.500 to 0.900"
    assert (seconds["Holds"].mean, none["Holds"].mean) == ("mean 1.500 s", "")


def test_a_renamed_gate_is_an_earlier_one_beside_the_new_one():
    """Its runs stay with its old name: whether it is the same gate is not known."""
    (suite,) = over_time([run(1, gate(name="old")), run(2, gate(name="new"))]).suites

    assert [line.title for line in suite.lines] == [WHOLE, "New"]
    assert [(line.title, line.is_former) for line in suite.former] == [("Old", True)]


def test_a_run_of_another_suite_makes_no_gate_an_earlier_one():
    """Only the newest run of its own suite tells."""
    other = gate(test_id="suites/tone/test_tone.py::test_polite")

    suites = over_time([run(1, gate()), run(2, other)]).suites

    assert [(suite.name, len(suite.lines), len(suite.former)) for suite in suites] == [("sums", 1, 0), ("tone", 1, 0)]


def test_the_whole_suite_is_the_worst_of_what_decides():
    """Advisory gates decide nothing; pinned cases do."""
    pinned = (ListedPinned(test_id="suites/sums/test_sums.py::test_safe[a]", outcome="failed"),)
    lines = lines_of(
        run(1, gate(), gate("failed", name="advice", advisory=True)),
        run(2, gate(), gate("inconclusive", name="other")),
        run(3, gate(), pinned=pinned),
    )

    assert lines[WHOLE].outcomes == "1 passed, 1 inconclusive and 1 failed"
    assert lines["Advice"].advisory


def test_pinned_cases_are_one_line_for_each_test():
    """Its share of passed cases, and the worst outcome."""
    ended = [("a", "passed"), ("b", "passed"), ("c", "inconclusive"), ("d", "passed")]
    pinned = tuple(
        ListedPinned(test_id=f"suites/sums/test_sums.py::test_safe[{case}]", outcome=one) for case, one in ended
    )

    line = lines_of(run(1, pinned=pinned))["Safe"]

    assert (line.outcomes, line.mean, line.scorer) == ("1 inconclusive", "share passed 0.750", "pinned cases")


def test_a_test_that_gates_twice_counts_once_with_the_worse_outcome():
    """One mark for each run, and never the better one; an advisory one does not hide what decides."""
    worse = lines_of(run(1, gate(), gate("failed")))
    binding = lines_of(run(1, gate("failed", advisory=True), gate()))

    assert (worse["Holds"].outcomes, binding["Holds"].outcomes) == ("1 failed", "1 passed")
    assert not binding["Holds"].advisory


def test_slices_are_gates_of_their_own():
    """Named by their tag, by which they are found."""
    lines = lines_of(run(1, gate(tags=("en", "de")), gate("failed", tag="de", tags=("de",))))

    assert (lines["Holds"].outcomes, lines["Holds, on de"].outcomes) == ("1 passed", "1 failed")
    assert (lines["Holds"].tags, lines["Holds, on de"].tags) == ({"en", "de"}, {"de"})


def test_of_many_missed_runs_the_newest_are_named():
    """And how many older ones there are."""
    line = lines_of(*(run(n, gate("failed")) for n in range(1, MISSED + 4)))["Holds"]

    assert (line.missed[0].name, len(line.missed), line.more_missed) == (f"{MISSED + 3}", MISSED, 3)


def test_with_too_many_marks_the_newest_runs_are_drawn():
    """All of them count, and never fewer than some are drawn."""
    many = tuple(gate(name=f"gate_{n}") for n in range(MOST_MARKS // LEAST_RUNS))
    runs = [run(n, *many) for n in range(1, LEAST_RUNS + 6)]

    seen = over_time(runs)

    line = seen.suites[0].lines[1]
    assert (seen.drawn, line.svg.count("<use")) == (LEAST_RUNS, LEAST_RUNS)
    assert f'data-run="{len(runs) - 1}"' in line.svg
    assert 'data-run="0"' not in line.svg
    assert line.outcomes == f"{len(runs)} passed"


def test_without_runs_there_is_nothing():
    """An empty folder is no error."""
    assert (over_time([]).suites, over_time([]).drawn) == ((), 0)
