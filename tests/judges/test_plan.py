"""Which cases are drawn for labelling: what the judge shows of its doubt, strata that stay, an honest end."""

import numpy as np
import pytest

from bench.judge_labels import CASES, FIRST, JUDGES, READ, RUBRIC, TRUTH, draw, two_packets
from harness.errors import InputError
from harness.judges.draws import SAME
from harness.judges.matched import PairRead, Told
from harness.judges.plan import Wanted, next_labels, uncertainties
from harness.records.compared import Row
from harness.records.saved import Judgement
from harness.records.scored import CaseScore, Score
from harness.stats.judges import corrected_difference

WANTED = Wanted(labels=20, seed=1, run="r")
NAMES = [f"{place}" for place in range(60)]
ROWS = [Row(case_id=name, baseline=0.0, candidate=1.0) for name in NAMES]


def judgement(case_id: str, side: str, value: float | None, category: str = "", repeat: int = 0) -> Judgement:
    """Return one score."""
    item = CaseScore(
        case_id=case_id, group=None, repeat=repeat, request_key="k", score=Score(value=value, category=category)
    )
    return Judgement(comparison="key", scorer="s", side=side, item=item)


def test_a_judge_is_unsure_where_its_verdict_wavers():
    """Over repeats, with the order of a pair, and a little where neither answer wins; not by its scores themselves."""
    judgements = [
        *(judgement("repeats", "candidate", value, repeat=place) for place, value in enumerate((0.0, 1.0))),
        judgement("repeats", "baseline", 0.5),
        *(judgement("flips", side, 0.5, "flipped on swap") for side in ("baseline", "candidate")),
        *(judgement("ties", side, 0.5, "tie") for side in ("baseline", "candidate")),
        *(judgement("wins", side, value, "preferred") for side, value in (("baseline", 0.0), ("candidate", 1.0))),
        judgement("unread", "candidate", None, "unreadable verdict"),
    ]

    found = uncertainties(judgements, "key", 3)

    assert found == pytest.approx({"repeats": 0.5, "flips": 0.5**0.5, "ties": 0.125**0.5, "wins": 0.0, "unread": 0.0})
    assert uncertainties(judgements, "another", 3) == {}


@pytest.mark.parametrize(
    ("value", "spread"), [(0.75, 0.0), (0.6, 0.24**0.5 / 4), (0.625, 0.125), (1.0, 0.0), (0.1 + 0.2 + 0.45, 0.0)]
)
def test_a_mean_between_two_levels_is_unsure_of_them(value, spread):
    """Of samples, judges or probabilities: at least as a mixture of both levels is."""
    found = uncertainties([judgement("c", "candidate", value)], "key", 5)

    assert found["c"] == pytest.approx(spread, abs=1e-4)


def test_strata_stay_from_one_packet_to_the_next():
    """Even where another judge is unsure of other cases: labels of both packets count together."""
    first = next_labels(ROWS, READ, Told(RUBRIC, [], []), {"0": 1.0, "1": 1.0}, WANTED)
    told = Told(RUBRIC, [], [first.draw])

    second = next_labels(ROWS, READ, told, dict.fromkeys(NAMES[:30], 9.0), WANTED)

    assert second.draw.population == first.draw.population
    assert len(first.chosen) == 20


def test_other_answers_are_drawn_from_anew():
    """What is known of the old ones says nothing of them."""
    first = next_labels(ROWS, READ, Told(RUBRIC, [], []), {}, WANTED)
    now = READ | {"3": PairRead(case=READ["3"].case, baseline="old", candidate="newer")}

    second = next_labels(ROWS, now, Told(RUBRIC, [], [first.draw]), {}, WANTED)

    assert second.draw.population != first.draw.population


def test_nobody_is_asked_about_the_same_answer_twice():
    """Nor about what has no score; where that is all, it is said."""
    same = {name: PairRead(case=READ[name].case, baseline="x", candidate="x") for name in NAMES[:40]}
    rows = [*ROWS[:59], Row(case_id=NAMES[59], baseline=None, candidate=1.0)]

    found = next_labels(rows, READ | same, Told(RUBRIC, [], []), {}, WANTED)

    assert sorted(found.chosen, key=int) == NAMES[40:59]
    assert sum(one.stratum == SAME for one in found.draw.cases.values()) == 40
    assert NAMES[59] not in found.draw.cases
    with pytest.raises(InputError, match="no case of run r is left to label"):
        next_labels(ROWS[:40], READ | same, Told(RUBRIC, [], []), {}, WANTED)


def test_from_draws_to_a_corrected_difference_that_is_honest():
    """A judge of known bias: what is drawn, labelled and matched covers the truth, where the judge alone never does."""
    drawn, covered, raw = np.random.default_rng(3), 0, 0
    for sample in range(12):
        people, said, unsure = draw(JUDGES[1], drawn)
        sides = two_packets(people, said, unsure, (FIRST, 40), sample)
        found = corrected_difference(sides.baseline, sides.candidate)
        assert (sides.labels, len(sides.candidate)) == (100, CASES)
        covered += found.corrected.low <= TRUTH <= found.corrected.high
        raw += found.raw.low <= TRUTH <= found.raw.high

    assert covered >= 11
    assert raw <= 2
