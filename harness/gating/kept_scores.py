"""The comparisons of a run by their keys: what was compared, by which scorer, for which tests, and every score."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from harness.asking.cases import Suite
from harness.records.asked import Side
from harness.records.record import digest
from harness.records.saved import Judgement
from harness.records.scored import Scorer, Scores
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.quantities import Quantity
from harness.scorers.repeats import OverRepeats

AnyScorer = Scorer | Judge | PairJudge | Quantity | OverRepeats


class KeptScores:
    """Every score that was given, until the test that alone made its comparison starts over."""

    def __init__(self) -> None:
        self._scored: dict[str, tuple[object, Mapping[Side, Scores]]] = {}
        """By the key of the comparison: the scorer, and what it gave."""
        self._made: dict[str, tuple[Suite, AnyScorer]] = {}
        self._made_by: defaultdict[str, list[str]] = defaultdict(list)
        """By test: the keys of its comparisons."""

    def keep(self, test_id: str, key: str, made: tuple[Suite, AnyScorer], scores: Mapping[Side, Scores]) -> str:
        """Keep scores under the key of their comparison, or under another where another scorer of that name has it.

        ``made`` is the suite that was compared, and what scored its answers. Returns the key.
        """
        given = (made[1], scores)
        while self._scored.setdefault(key, given) != given:
            key = digest(key)
        self._made_by[test_id].append(key)
        self._made[key] = made
        return key

    def made(self, key: str) -> tuple[Suite, AnyScorer] | None:
        """Return the suite of a comparison, and its scorer; None where it is not of this run, or was started over."""
        return self._made.get(key)

    def start_over(self, test_id: str) -> None:
        """Forget the comparisons that a test alone made: it runs again, and makes them again."""
        made = self._made_by.pop(test_id, [])
        kept = {key for keys in self._made_by.values() for key in keys}
        for key in set(made) - kept:
            del self._scored[key]
            del self._made[key]

    def judgements(self) -> Iterator[Judgement]:
        """Yield every score that was given, once, as the run folder keeps it."""
        for key, (_, sides) in self._scored.items():
            for side, scores in sides.items():
                for item in scores.items:
                    yield Judgement(comparison=key, scorer=scores.scorer, side=side, item=item)
