"""What cases were called before and are called now: the table of moves and its sentence."""

import msgspec
import pytest

from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.scored import Score
from harness.report.evidence.evidence import Evidence, Wanted
from harness.report.view.moves import Move, Moves, Places, State, moves_in, moves_of
from harness.report.view.page import page_of
from harness.text.figures import NOTHING
from harness.text.shown import fact
from tests.sample_run import Asked, ask, sample_run

RIGHT, UNSCORED = State("right"), State("unscored")
NOTHING_SHOWN = Wanted(full=frozenset(), short=frozenset(), short_bytes=0)
NOWHERE = Places("", ())


def wrong(category: str = "") -> State:
    """The state of a wrong answer."""
    return State("wrong", category)


def moved(*pairs: tuple[State, State]) -> Moves | None:
    """Return the table of one case for each pair of states."""
    return moves_of(Move(("set", f"c{n}"), before, now) for n, (before, now) in enumerate(pairs))


def counts(moves: Moves) -> dict[tuple[str, str], str]:
    """Return the cells that are not empty by the names of their row and column."""
    cells = {
        (row.name, name): cell.count for row in moves.rows for name, cell in zip(moves.columns, row.cells, strict=True)
    }
    return {names: count for names, count in cells.items() if count not in {"0", NOTHING}}


def answered(said: dict[str, tuple[str, str]], repeats: int = 1) -> Asked:
    """Return scores of cases; an answer that isn't "right" is wrong, and its words (by repeat) are its category."""
    cases = [Case(id=name, messages=(Message(role="user", content=name),)) for name in said]

    def text(side: str, index: int, repeat: int) -> str:
        words = said[cases[index].id][side == "candidate"].split("|")
        return words[repeat % len(words)]

    def score(_case: Case, words: str) -> Score:
        return Score(value=float(words == "right"), category="" if words == "right" else words.removeprefix("?"))

    return ask(cases, "s()", text, score, repeats=repeats)


def moves_by(asked: Asked) -> list[tuple[str, State, State]]:
    """Return the moves of a comparison by the ids of the cases."""
    evidence = Evidence(asked.answers, asked.judgements, NOTHING_SHOWN)
    return [(move.case[1], move.before, move.now) for move in moves_in(asked.comparison, evidence, NOWHERE)]


def test_failures_that_became_less_bad_are_not_called_a_rise():
    """12 cases overlapped too little before and 101 do now, most of which were nonsense: no right one was lost."""
    bad, better = wrong("repetition loop"), wrong("too little overlap")

    moves = moved(*[(bad, better)] * 95, *[(better, better)] * 6, *[(better, RIGHT)] * 6, (RIGHT, RIGHT))

    assert moves.sentence == "No case that was right is wrong now."
    assert counts(moves) == {
        ("repetition loop", "too little overlap"): "95",
        ("too little overlap", "too little overlap"): "6",
        ("too little overlap", "right"): "6",
    }


def test_the_sentence_names_what_most_lost_cases_are_called():
    """Of cases that were right; those that were wrong before don't count, however many they are."""
    german, empty = wrong("wrong language"), wrong("empty")

    moves = moved(*[(RIGHT, german)] * 9, *[(RIGHT, empty)] * 4, (RIGHT, wrong()), *[(german, empty)] * 50)

    assert moves.sentence == "Of the 14 cases that were right and are wrong now, 9 are called “wrong language”."


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (wrong("empty"), "Of the 1 case that was right and is wrong now, 1 is called “empty”."),
        (wrong(), "No scorer named what went wrong with the 1 case that was right and is wrong now."),
        (UNSCORED, "No case that was right is wrong now."),
    ],
)
def test_one_lost_case_is_spoken_of_in_the_singular(now, sentence):
    """An unscored answer is not a wrong one."""
    assert moved((RIGHT, now)).sentence == sentence


def test_only_states_that_occur_have_a_row_or_a_column():
    """Right comes first, then what is most frequent, unscored last; where all is right there is no table."""
    moves = moved((RIGHT, wrong("b")), (RIGHT, wrong("a")), (RIGHT, wrong("b")), (wrong("a"), UNSCORED), (RIGHT, RIGHT))

    assert moves.columns == ("b", "a", "unscored")
    assert [row.name for row in moves.rows] == ["right", "a"]
    assert moved((RIGHT, RIGHT)) is None
    assert moves_of(()) is None


def test_rare_categories_share_a_column():
    """So that a scorer with a hundred words leaves a table that can be read."""
    moves = moved(*((RIGHT, wrong(f"kind {n:02}")) for n in range(20)), (RIGHT, wrong("kind 19")))

    assert len(moves.columns) == 9
    assert counts(moves)["right", "others"] == "12"
    assert counts(moves)["right", "kind 19"] == "2"
    assert moves.sentence == "Of the 21 cases that were right and are wrong now, 2 are called “kind 19”."


def test_a_case_that_two_comparisons_move_alike_counts_once():
    """As the slices of one gate do, or two gates by the same scorer."""
    move = Move(("set", "c1"), RIGHT, wrong("empty"))

    assert counts(moves_of([move, move, move._replace(case=("other", "c1"))])) == {("right", "empty"): "2"}


def test_a_case_of_a_slice_or_of_a_smaller_set_counts_once():
    """What was asked under an id tells the cases apart, not the set: a suite's cases with one tag are a set too."""
    sample = sample_run()
    page = page_of(sample.run, sample.answers, sample.judgements)
    comparisons = [one.comparison for one in (*sample.run.verdicts, *sample.run.measures) if not one.comparison.unit]
    lost = {case_id for one in comparisons for case_id in one.lost}

    assert page.moves.sentence.startswith(f"Of the {len(lost)} cases that were right and are wrong now, ")
    assert len({one.fingerprint["cases"] for one in comparisons}) > 3


def test_cases_of_two_suites_with_the_same_id_are_two():
    """An id is only unique within its suite; a case of which nothing is recorded is told apart by its set."""
    first, second = (
        ask([Case(id="c1", messages=(Message(role="user", content=words),))], "s()", lambda side, *_: side, by_side)
        for words in ("Hello", "Goodbye")
    )
    wanted = msgspec.structs.replace(NOTHING_SHOWN, counted=frozenset({"c1"}))
    evidence = Evidence((*first.answers, *second.answers), (*first.judgements, *second.judgements), wanted)
    nothing = Evidence((), (), wanted)

    for known in (evidence, nothing):
        moves = [move for one in (first, first, second) for move in moves_in(one.comparison, known, NOWHERE)]
        assert counts(moves_of(moves)) == {("right", "wrong, no category"): "2"}


def by_side(_case: Case, text: str) -> Score:
    """Call the baseline right."""
    return Score(value=float(text == "baseline"))


def test_a_number_leads_to_its_cases_only_where_the_page_has_them_all():
    """A case that two comparisons move alike is found where the page shows it."""
    lost, hidden = Move(("s", "c1"), RIGHT, wrong()), Move(("s", "c2"), RIGHT, UNSCORED)

    moves = moves_of([lost, lost._replace(shown="case-1"), hidden, hidden._replace(case=("s", "c3"), shown="case-3")])

    assert [cell.shown for row in moves.rows for cell in row.cells] == [("case-1",), ()]


def test_each_number_of_the_sample_leads_to_as_many_cases():
    """In the table of the run and in that of each gate."""
    sample = sample_run()
    page = page_of(sample.run, sample.answers, sample.judgements)
    tables = [page.moves, *(one.moves for block in page.gates for one in block.sections if one.moves)]
    cells = [cell for moves in tables for row in moves.rows for cell in row.cells if cell.count not in {"0", NOTHING}]

    assert {len(set(cell.shown)) - int(cell.count) for cell in cells} == {0}
    assert len(cells) > 10


def test_a_category_that_hides_letters_is_shown_safely():
    """A scorer of one's own can take it from an answer."""
    moves = moved((RIGHT, wrong("<b>\u202eevil")))

    assert moves.columns == (fact("<b>\u202eevil", 80),)


def test_the_state_of_a_case_is_the_mean_of_its_repeats():
    """Its category is the one that most of its wrong answers were given."""
    asked = answered(
        {"kept": ("right", "right|right|bad"), "lost": ("right|bad|right", "empty|bad|bad"), "same": ("bad", "?")}, 3
    )

    assert moves_by(asked) == [  # and nothing of what is right on both sides
        ("lost", RIGHT, wrong("bad")),
        ("same", wrong("bad"), wrong()),
    ]


def test_an_answer_that_failed_leaves_its_case_unscored():
    """Whatever its category says."""
    assert moves_by(answered({"gone": ("right", "ERROR: HTTP 500")})) == [("gone", RIGHT, UNSCORED)]


def test_each_section_moves_as_many_cases_as_were_lost_and_won():
    """And its numbers link to these cases."""
    sample = sample_run()
    page = page_of(sample.run, sample.answers, sample.judgements)
    sections = [one for block in page.gates for one in block.sections if one.moves]

    for one in sections:
        cells = [cell for row in one.moves.rows for cell in row.cells]
        found = {fate: sum(int(cell.count) for cell in cells if cell.fate == fate) for fate in ("lost", "won")}
        assert found == {"lost": one.figures.lost, "won": one.figures.won}
        links = {group.anchor for group in one.groups}
        assert all(cell.link in links for cell in cells if cell.fate in {"lost", "won"} and cell.count != "0")
    assert len(sections) > 3


def test_quantities_have_no_moves():
    """Of seconds nothing is right or wrong."""
    asked = answered({"c1": ("right", "bad")})
    seconds = msgspec.structs.replace(asked.comparison, unit="s")

    assert not list(moves_in(seconds, Evidence(asked.answers, asked.judgements, NOTHING_SHOWN), NOWHERE))
