"""Why a case was lost: the training rows near it are in the run and its report, by signatures and by the rows."""

import json

import msgspec
import numpy as np
import pytest

from harness.asking.cases import Suite
from harness.data.leaks.signed import sign, written
from harness.gating.near import near_rows, with_losses
from harness.models.adapter import SIGNATURES
from harness.records.answered import Response
from harness.records.asked import Case, Sampling, digest_of_cases
from harness.records.messages import Message
from harness.records.scored import CaseScore, Score, Scores
from harness.report import write_report
from harness.runs.folder import read_run
from harness.scorers import exact_match
from harness.verdicts.compare import compare, over
from tests.data.made_rows import rows
from tests.gating.projects import project  # noqa: F401 - the fixture
from tests.sample_run import sample_run

ASKED = {
    "billing-1": "I was charged twice for my order in May, please refund one of them",
    "bug-1": "The app closes as soon as I open the list of my invoices",
    "login-1": "My password is not accepted since the update of yesterday",
    "far-1": "Grüße aus Köln, wann öffnet eure Filiale am Sonntag?",
    "kept-1": "Where can I see which plan our company is on",
}
ROWS = rows(
    ("You charged twice for my order in June, so please refund both of them", "bug"),
    ("The app closes as soon as I open the list of all orders", "billing"),
    ("The app crashed as soon as I open the list of my bills", "other"),
    ("My password is not accepted any more since yesterday, write to ada.byron@tidewell.io", "account"),
    ("Where can I see which plan we are on", "account"),
)
EXPECTED = {"billing-1": "billing", "bug-1": "billing", "login-1": "account", "far-1": "shop", "kept-1": "account"}
SUITE = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl")

def test_teams_hold(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=0)
"""


@pytest.fixture
def trained(project):  # noqa: F811 - pytest's way
    """Make a project whose candidate answers `bug` to what its base had right, but for one case."""

    def answered(model: str, asked: str) -> str:
        (name,) = (name for name, text in ASKED.items() if text == asked)
        return "bug" if model == "mine" and name != "kept-1" else EXPECTED[name]

    made = project(answered)
    made.suite(code=SUITE)
    made.cases(
        *(
            {"id": name, "messages": [{"role": "user", "content": text}], "expected": EXPECTED[name]}
            for name, text in ASKED.items()
        )
    )
    (made.folder / "adapters" / "mine" / SIGNATURES).write_bytes(written(sign(ROWS)))
    (made.folder / "rows.jsonl").write_text(
        "\n".join(
            json.dumps({"messages": [{"role": one.role, "content": one.content} for one in row.messages]})
            for row in ROWS
        )
    )
    return made


def saved(trained):
    """Return the newest run, and what it knows of the rows near each lost case."""
    run = read_run(max(trained.folder.glob("runs/0*")))
    (near,) = run.near_rows
    return run, {one.case: one.rows for one in near.lost}, near


def test_by_signatures_the_places_are_known_and_no_text(trained, capfd):
    """Each lost case has its nearest rows; which answers they have can't be known."""
    result = trained.gate()

    assert result.ret == 1
    _, lost, near = saved(trained)
    assert set(lost) == set(ASKED) - {"kept-1"}
    assert lost["billing-1"][0].place == "train.jsonl:1"
    assert [one.place for one in lost["bug-1"]][:2] in (
        ["train.jsonl:2", "train.jsonl:3"],
        ["train.jsonl:3", "train.jsonl:2"],
    )
    assert {(one.asked, one.answer, one.is_right) for each in lost.values() for one in each} == {("", "", None)}
    assert set(near.similar) <= set(ASKED)
    text = (trained.folder / "runs" / read_run(max(trained.folder.glob("runs/0*"))).id / "run.json").read_text()
    assert "June" not in text
    page = trained.report()
    assert "Nearest training rows" in page
    assert "No training row is near this case" in page
    assert "1 case has no row near" in capfd.readouterr().err


def test_with_the_rows_their_answers_are_held_against_the_suite(trained, capfd):
    """By the suite's own scorer; a row whose answer is wrong, and is what the candidate says, is the reason."""
    trained.gate("--training-data", "rows.jsonl")

    _, lost, _ = saved(trained)
    first, second, third = lost["billing-1"][0], lost["bug-1"], lost["login-1"][0]
    assert (first.asked, first.answer) == (ROWS[0].input, "bug")
    assert (first.is_right, first.is_repeated) == (False, True)
    assert {(one.answer, one.is_right, one.is_repeated) for one in second[:2]} == {
        ("billing", True, False),
        ("other", False, False),
    }
    assert (third.is_right, third.is_repeated) == (True, False)
    assert third.asked.endswith("write to ad…io")
    page = trained.report()
    assert "has an answer that is wrong for the case: the remedy is in the data" in page
    assert "its answer is wrong for this case; the candidate answered as this row does" in page
    assert "A near training row has a right answer" in page
    assert "ada.byron" not in page
    told = capfd.readouterr().err
    assert "Training rows near the lost cases: 2 cases are much like a row whose answer is wrong there" in told


def test_a_row_that_asks_the_same_in_other_words_is_the_reason_too(trained, monkeypatch):
    """With the extra `similarity`: the row's answer is wrong for the case, though few of its characters are alike."""

    def embed(texts: list[str]) -> np.ndarray:
        return np.array([[1.0, 0.0] if "köln" in text or "sunday" in text else [0.0, 1.0] for text in texts])

    monkeypatch.setattr("harness.gating.near.is_installed", lambda: True)
    monkeypatch.setattr("harness.gating.near.load_model", lambda: embed)
    (row,) = rows(("When is your shop open on a Sunday", "bug"))
    line = {"messages": [{"role": one.role, "content": one.content} for one in row.messages]}
    with (trained.folder / "rows.jsonl").open("a") as more:
        more.write(f"\n{json.dumps(line)}")

    trained.gate("--training-data", "rows.jsonl")

    _, lost, _ = saved(trained)
    first = lost["far-1"][0]
    assert (first.place, first.meaning, first.is_right, first.is_repeated) == ("rows.jsonl:6", 1.0, False, True)
    assert first.similarity < 0.2
    page = trained.report()
    assert "alike, asks the same in other words" in page
    assert "No training row is near this case" not in page


def test_the_report_of_a_saved_run_prints_it_again(trained):
    """Also where the rows are gone; a replay of the run knows it too."""
    trained.gate("--training-data", "rows.jsonl")
    run, lost, _ = saved(trained)
    (trained.folder / "rows.jsonl").unlink()
    first = trained.report()

    write_report(trained.folder / "runs" / run.id)
    again = (trained.folder / "runs" / run.id / "report.html").read_text()
    trained.gate(candidate=f"run:{run.number}")

    assert again == first
    assert saved(trained)[1] == lost


def test_without_losses_or_rows_nothing_is_looked_for(trained):
    """A gate pays nothing, and a run without rows has none."""
    (trained.folder / "adapters" / "mine" / SIGNATURES).unlink()
    trained.gate()

    assert read_run(max(trained.folder.glob("runs/0*"))).near_rows == ()
    assert "Nearest training rows" not in trained.report()


def test_rows_that_are_gone_when_the_tests_have_ended_hide_no_verdict(trained):
    """The run says so, and is what its gates made it."""
    (test,) = trained.folder.glob("test_*.py")
    test.write_text(SUITE.replace("    gate(", "    Path('rows.jsonl').unlink(missing_ok=True)\n    gate(", 1))

    result = trained.gate("--training-data", "rows.jsonl")

    run = read_run(max(trained.folder.glob("runs/0*")))
    assert result.ret == 1
    assert run.verdicts[0].outcome == "failed"
    assert any("the training rows could not be read again to tell why cases were lost" in note for note in run.notes)


def a_comparison(number: int):
    """Return a suite of so many cases, of which every second is lost, and their comparison."""
    cases = tuple(
        Case(id=f"c{n}", messages=(Message(role="user", content=f"what is number {n} of the list"),), expected="yes")
        for n in range(number)
    )
    suite = Suite(name="s", cases=cases, sampling=Sampling(), digest=digest_of_cases(cases))
    model = sample_run().run.baseline
    sides = [
        Scores(
            scorer="exact_match()",
            model=model,
            fingerprint={},
            items=tuple(
                CaseScore(
                    case_id=case.id, group=None, tags=(), repeat=0, request_key=case.id, score=Score(value=value(n))
                )
                for n, case in enumerate(cases)
            ),
        )
        for value in (lambda _: 1.0, lambda n: float(n % 2))
    ]
    return suite, compare(*sides)


@pytest.mark.parametrize(("most", "lost", "similar"), [(10_000, 10, 20), (60, 10, 0), (16, 4, 0), (3, 0, 0)])
def test_the_work_is_limited_and_lost_cases_come_first(most, lost, similar):
    """Four rows: 20 cases take 80 pairs, the 10 lost ones 40."""
    suite, comparison = a_comparison(20)
    scored = {comparison.key: (suite, exact_match())}
    some = rows(*((f"what is number {n} of the list", "no") for n in range(4)))

    found = near_rows(some, with_losses([comparison]), scored, lambda _: [], most)

    assert sum(len(one.lost) for one in found) == lost
    assert sum(len(one.similar) for one in found) == similar


def test_slices_of_one_comparison_are_looked_at_as_one():
    """A case of both slices counts once."""
    _, whole = a_comparison(20)
    slices = [
        msgspec.structs.replace(over(whole, whole.rows[first:last]), tag=tag)
        for tag, first, last in (("short", 0, 12), ("late", 8, 20))
    ]

    (found,) = with_losses(slices).values()

    assert (found.key, found.tag) == (whole.key, "")
    assert list(found.rows) == list(whole.rows)
    assert sorted(found.lost) == sorted(whole.lost)
    assert len(whole.lost) == 10


def test_a_scorer_that_breaks_on_a_row_tells_nothing_of_it():
    """It was written for answers; nor does one that takes a judge."""
    suite, comparison = a_comparison(4)

    def breaks(_case: Case, _response: Response) -> float:
        raise KeyError("x")

    for scorer in (breaks, object()):
        scored = {comparison.key: (suite, scorer)}
        (found,) = near_rows(
            rows(("what is number 0 of the list", "no")), with_losses([comparison]), scored, lambda _: []
        )
        assert {one.is_right for case in found.lost for one in case.rows} == {None}
