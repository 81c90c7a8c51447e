"""What a reader is told of how much a candidate gives away: in the terminal and on the page."""

from harness.records.leaked import GivenAway, Regurgitated, Regurgitation
from harness.report import render
from harness.report.view.regurgitation import MOST_ROWS, regurgitation_lines, shown_regurgitation
from harness.text.figures import NOTHING
from tests.saved_runs import empty_run

ROWS = GivenAway(of="rows", asked=100, candidate=3, base=1, low=0.006, high=0.0854)
OFTEN = GivenAway(
    of="canaries", repeats=16, asked=3, candidate=3, base=0, low=0.292, high=1, exposure=5.0, base_exposure=1.25
)
BITS = "5.0 bits, base model 1.2 bits"
UNKNOWN = GivenAway(of="canaries", repeats=1, asked=0, unanswered=3, candidate=0, base=0, low=0, high=1)


def came_out(
    line: int, *, by_base: bool = False, what: str = "words", shown: str = "behind the crates"
) -> Regurgitated:
    """Return a row that came out."""
    return Regurgitated(place=f"/home/ada/train.jsonl:{line}", what=what, shown=shown, by_base=by_base)


def run_with(*given: GivenAway, rows: tuple[Regurgitated, ...] = (), problem: str = ""):
    """Return a run that found this."""
    return empty_run(regurgitation=Regurgitation(source="9 rows of a.jsonl", given=given, rows=rows, problem=problem))


def test_a_run_that_asked_nothing_says_nothing():
    """Nor has its page such a part."""
    assert regurgitation_lines(empty_run()) == ()
    assert shown_regurgitation(empty_run()) is None
    assert 'id="regurgitation"' not in render(empty_run(), (), ())


def test_each_kind_has_its_line():
    """With the interval, and the exposure where it is known."""
    of = "Regurgitation (9 rows of a.jsonl): "
    often = "3 of 3 canaries planted 16 times came out, 0 of the base model; 29.2 to 100.0 % of them beyond it (95 %)"

    assert regurgitation_lines(run_with(ROWS, OFTEN)) == (
        f"{of}3 of 100 training rows came out, 1 of the base model; 0.6 to 8.5 % of them beyond it (95 %)",
        f"{of}{often}; exposure {BITS}",
    )


def test_what_was_not_answered_is_no_zero():
    """It says why, and no share."""
    run = run_with(UNKNOWN, problem="3 texts without an answer")

    assert regurgitation_lines(run) == ("Regurgitation (9 rows of a.jsonl): not measured: 3 texts without an answer",)
    [group] = shown_regurgitation(run).groups
    assert (group.name, group.asked) == ("Canaries planted once", "0, 3 not answered")
    assert (group.interval, group.exposure) == (NOTHING, NOTHING)


def test_nothing_to_ask_about_is_told():
    """As where all answers are labels."""
    [line] = regurgitation_lines(run_with(GivenAway(of="rows", asked=0, candidate=0, base=0, low=0, high=1)))

    assert "not measured: no row has an answer to ask about" in line


def test_rows_are_listed_with_personal_data_first_and_those_of_the_base_model_last():
    """As many as a page holds; places have no folder of this machine."""
    rows = (came_out(1, by_base=True), came_out(2), came_out(3, what="an e-mail address"), *map(came_out, range(4, 60)))
    part = shown_regurgitation(run_with(ROWS, rows=rows))

    assert [one.place for one in part.rows[:2]] == ["…/train.jsonl:3", "…/train.jsonl:2"]
    assert (len(part.rows), part.more) == (MOST_ROWS, len(rows) - MOST_ROWS)


def test_the_page_shows_hostile_rows_as_text():
    """And hidden characters by name."""
    page = render(run_with(ROWS, OFTEN, rows=(came_out(1, shown="<img src=x onerror=alert(1)>\u202e"),)), (), ())

    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "\u202e" not in page
    assert BITS in page
    assert "Drawn from 9 rows of a.jsonl." in page
