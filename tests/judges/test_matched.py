"""Labels beside scores: only those that chance chose, of what is compared now, in the strata they were drawn from."""

import msgspec
import pytest

from harness.judges.draws import SAME, DrawnFrom, drawn, keep_draw, read_draws
from harness.judges.labels import AnswerLabel, PairLabel
from harness.judges.matched import NOT_DRAWN, PairRead, Told, judged_cases
from harness.records.asked import Case
from harness.records.compared import Row
from harness.records.messages import Message
from harness.scorers.judges.rubric import named_rubric

PAIRS = named_rubric("helpfulness")
SCALE = named_rubric("completeness")


def read_of(number: int, candidate: str = "new") -> PairRead:
    """Return both answers to a case."""
    case = Case(id=f"c{number}", messages=(Message(role="user", content=f"{number}?"),), expected=number)
    return PairRead(case=case, baseline=f"old {number}", candidate=f"{candidate} {number}")


READ = {f"c{number}": read_of(number) for number in range(6)}
ROWS = [Row(case_id=name, group=f"g{name}", baseline=0.0, candidate=1.0) for name in READ]


def drawn_of(rubric, chosen, read=READ, stratum=lambda name: "1"):
    """Return a draw from these cases."""
    return drawn(
        [
            DrawnFrom(
                draw="",
                rubric=rubric.id,
                version=rubric.version,
                run="r",
                case_id=name,
                read=one.digest,
                stratum=stratum(name),
                uncertainty=0.0,
                chosen=name in chosen,
            )
            for name, one in read.items()
        ]
    )


def pair_label(draw: str, number: int, **votes: int) -> PairLabel:
    """Return what people said of a pair."""
    one = read_of(number)
    return PairLabel(
        rubric=PAIRS.id,
        version=PAIRS.version,
        case_id=one.case.id,
        messages=one.case.messages,
        baseline=one.baseline,
        candidate=one.candidate,
        choice="candidate",
        votes=votes,
        drawn=draw,
    )


def test_labels_that_chance_chose_are_beside_the_scores():
    """With the mean of the votes, the group and the stratum; labels of cases that were not chosen don't count."""
    draw = drawn_of(PAIRS, {"c0", "c4"}, stratum=lambda name: "2" if name == "c4" else "1")
    labels = [
        pair_label(draw.id, 0, candidate=2, tie=1, baseline=1),
        pair_label(draw.id, 1),  # not chosen
        pair_label("", 2),  # a person chose it
        pair_label(draw.id, 4),
    ]

    sides = judged_cases(ROWS, READ, Told(PAIRS, labels, [draw]))

    assert [one.people for one in sides.candidate] == [0.625, None, None, None, 1.0, None]
    assert [one.people for one in sides.baseline] == [0.375, None, None, None, 0.0, None]
    assert [one.stratum for one in sides.candidate] == ["1", "1", "1", "1", "2", "1"]
    assert [one.judge for one in sides.candidate] == [1.0] * 6
    assert sides.candidate[0].group == "gc0"
    assert sides.labels == 2


def test_a_label_of_another_answer_counts_for_nothing():
    """The case is as one that nobody drew, and so is a new one; unscored cases are left out."""
    draw = drawn_of(PAIRS, set(READ))
    labels = [pair_label(draw.id, number) for number in range(6)]
    now = READ | {"c1": read_of(1, "newer"), "c9": read_of(9)}
    rows = [*ROWS[:5], msgspec.structs.replace(ROWS[5], candidate=None), Row(case_id="c9", baseline=0.5, candidate=0.5)]

    sides = judged_cases(rows, now, Told(PAIRS, labels, [draw]))

    assert [one.people for one in sides.candidate] == [1.0, None, 1.0, 1.0, 1.0, None]
    assert [one.stratum for one in sides.candidate] == ["1", NOT_DRAWN, "1", "1", "1", NOT_DRAWN]


def test_draws_from_the_same_cases_count_together_and_others_do_not():
    """The strata are those of the draw that knows most cases; of several, of the newest."""
    first, second = drawn_of(PAIRS, {"c0"}), drawn_of(PAIRS, {"c1"})
    smaller = drawn_of(PAIRS, {"c2"}, {name: READ[name] for name in ("c2", "c3")})
    older = drawn_of(PAIRS, {"c3"}, stratum=lambda name: "old")
    other = drawn_of(msgspec.structs.replace(PAIRS, version=9), {"c4"})
    labels = [
        pair_label(draw.id, number) for number, draw in enumerate((first, second, smaller, older, other), start=0)
    ]

    sides = judged_cases(ROWS, READ, Told(PAIRS, labels, [older, first, other, second, smaller]))

    assert [one.people is not None for one in sides.candidate] == [True, True, False, False, False, False]
    assert {one.stratum for one in sides.candidate} == {"1"}


def test_the_same_answer_twice_is_a_tie_that_nobody_is_asked_about():
    """In pairs; also where reviewers would read the same, as the draw says."""
    read = READ | {"c0": PairRead(case=READ["c0"].case, baseline="same", candidate="same\n")}
    draw = drawn_of(PAIRS, {"c1"}, read, stratum=lambda name: SAME if name == "c5" else "1")

    sides = judged_cases(ROWS, read, Told(PAIRS, [pair_label(draw.id, 1)], [draw]))

    assert [one.settled for one in sides.candidate] == [True, False, False, False, False, True]
    assert [(one.people, one.stratum) for one in sides.baseline][::5] == [(0.5, SAME), (0.5, SAME)]
    assert sides.labels == 1


def test_without_a_draw_there_is_no_label():
    """Whoever chose the cases may have chosen the worst."""
    sides = judged_cases(ROWS, READ, Told(PAIRS, [pair_label("", 0)], []))

    assert sides.labels == 0
    assert {one.stratum for one in sides.candidate} == {NOT_DRAWN}


@pytest.mark.parametrize(("criterion", "expected"), [("", (0.0, 0.875)), ("tone", (None, None))])
def test_levels_count_for_the_answer_that_they_are_of(criterion, expected):
    """The lowest level is worth 0, the highest 1; of the criterion that is asked for."""
    draw = drawn_of(SCALE, {"c0"})
    labels = [
        AnswerLabel(
            rubric=SCALE.id,
            version=SCALE.version,
            case_id="c0",
            messages=READ["c0"].case.messages,
            expected=0,
            answer=answer,
            level=level,
            votes=votes,
            drawn=draw.id,
        )
        for answer, level, votes in (("old 0", 1, {}), ("new 0", 5, {"5": 1, "4": 1}))
    ]

    sides = judged_cases(ROWS, READ, Told(SCALE, labels, [draw], criterion))

    assert (sides.baseline[0].people, sides.candidate[0].people) == expected


def test_a_mean_over_criteria_needs_a_level_for_each():
    """One by one, each counts as it is given."""
    rubric = named_rubric("support_reply")
    draw = drawn_of(rubric, {"c0", "c1"})
    highest = {name: int(max(one.levels, key=int)) for name, one in rubric.criteria.items()}
    first, *others = highest
    given = [("c0", "new 0", name, highest[name]) for name in highest] + [("c1", "new 1", first, highest[first])]
    labels = [
        AnswerLabel(
            rubric=rubric.id,
            version=rubric.version,
            case_id=case_id,
            messages=READ[case_id].case.messages,
            expected=READ[case_id].case.expected,
            answer=answer,
            level=level,
            criterion=name,
            drawn=draw.id,
        )
        for case_id, answer, name, level in given
    ]

    found = [
        [one.people for one in judged_cases(ROWS[:2], READ, Told(rubric, labels, [draw], criterion)).candidate]
        for criterion in ("", first, others[0])
    ]

    assert found == [[1.0, None], [1.0, 1.0], [1.0, None]]


def test_draws_are_kept_one_line_a_case(tmp_path):
    """In the order in which they were made; the same draw again adds nothing."""
    path = tmp_path / "judges" / "helpfulness.draws.jsonl"
    one, two = drawn_of(PAIRS, {"c0"}), drawn_of(PAIRS, {"c1"})

    for draw in (one, two, one):
        keep_draw(path, draw)

    assert [draw.id for draw in read_draws(path)] == [two.id, one.id]
    assert read_draws(path)[1] == one
    assert one.population == two.population
    assert len(path.read_text().splitlines()) == 12
