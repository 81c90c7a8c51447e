"""Score a case by all of its repeats together: is any right, are all, is what most of them say."""

import math
from collections.abc import Callable, Sequence

import msgspec

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.compared import RIGHT
from harness.records.scored import CaseScore, Score, Scorer
from harness.scorers.judges.judge import Judge
from harness.scorers.quantities import Quantity
from harness.scorers.reading.normal import normalized
from harness.scorers.reading.readers import Reader, named, whole
from harness.scorers.reading.wording import Called, written_call
from harness.scorers.scoring import describe

Answers = Sequence[tuple[Response, Score]]
"""The answers to one case with the score of each, in the order of the repeats."""


def any_right(scorer: Scorer | Judge, k: int | None = None) -> "OverRepeats":
    """Make a scorer: of ``k`` answers to a case, is at least one right? All repeats by default.

    The unbiased estimate of pass@k from n repeats of which c are right (Chen et al. 2021, arXiv 2107.03374,
    equation 1): 1 - C(n - c, k) / C(n, k). An answer is right whose score is at least 0.5.

    Raises:
        ScorerError: ``k`` is not a positive whole number, or the scorer doesn't score single answers.

    >>> from harness.scorers import exact_match
    >>> any_right(exact_match(), k=5)
    any_right(exact_match(), k=5)
    """
    return _counting("any_right", scorer, k, _any)


def all_right(scorer: Scorer | Judge, k: int | None = None) -> "OverRepeats":
    """Make a scorer: of ``k`` answers to a case, is each right? All repeats by default.

    The unbiased estimate from n repeats of which c are right: C(c, k) / C(n, k), the share of the choices of k repeats
    in which all are right (pass^k of Yao et al. 2024, arXiv 2406.12045).

    Raises:
        ScorerError: as ``any_right``.
    """
    return _counting("all_right", scorer, k, _all)


def majority(scorer: Scorer | Judge, *, read: Reader = whole) -> "OverRepeats":
    """Make a scorer: the score of what most answers to a case say.

    Answers say the same when ``scorer`` reads the same label in them. A scorer that reads no labels goes by the part of
    the answer that ``read`` names, where letters' case, their encoding and white space don't count. Of several with the
    most votes the one that came first counts, which chance alone decides, since repeats are drawn alike.

    Raises:
        ScorerError: the scorer doesn't score single answers, or ``read`` has no name.
    """
    reader = "" if read is whole else named(read).__name__
    call = written_call("majority", reader, _Written(_single("majority", scorer)))
    return OverRepeats(call=call, scorer=scorer, fold=_most_said, fewest=2, read=read)


class OverRepeats(Called, kw_only=True, frozen=True):
    """Scores a case by its answers together: ``scorer`` scores each, ``fold`` makes one score of theirs.

    ``fewest`` is how many repeats it needs; ``k`` and ``read`` are what the functions that make it were given.
    """

    scorer: Scorer | Judge
    fold: "Fold"
    fewest: int
    k: int | None = None
    read: Reader = whole

    def refuse_too_few(self, repeats: int) -> None:
        """Refuse a suite that asks each case less often than is needed.

        Raises:
            ScorerError: it does.
        """
        if repeats < self.fewest:
            raise ScorerError(
                f"{self!r} needs {self.fewest} answers to each case, but the suite asks {repeats}; "
                f"write repeats={self.fewest} or more into its mark, with a temperature above 0"
            )

    def score(self, answers: Answers) -> Score:
        """Return the score of a case; unscored where one of its answers is, with that answer's reason."""
        missing = next((score for _, score in answers if score.value is None), None)
        return self.fold(answers, self) if missing is None else missing


def fold_scores(
    over: OverRepeats, answers: Sequence[tuple[str, Response]], scores: Sequence[Score]
) -> list[tuple[str, Score]]:
    """Return one score for each case, by its id, from answers with a case's id each and their scores."""
    together: dict[str, list[tuple[Response, Score]]] = {}
    for (case_id, response), score in zip(answers, scores, strict=True):
        together.setdefault(case_id, []).append((response, score))
    return [(case_id, over.score(each)) for case_id, each in together.items()]


def fold_items(over: OverRepeats, items: Sequence[CaseScore], responses: Sequence[Response]) -> tuple[CaseScore, ...]:
    """Return one score for each case in place of its repeats' scores; it is kept as that of its first answer."""
    answers = [(item.case_id, response) for item, response in zip(items, responses, strict=True)]
    first = {item.case_id: item for item in reversed(items)}
    folded = fold_scores(over, answers, [item.score for item in items])
    return tuple(msgspec.structs.replace(first[case_id], score=score) for case_id, score in folded)


class _Written:
    """A scorer as part of another one's call."""

    def __init__(self, scorer: object) -> None:
        self._scorer = scorer

    def __repr__(self) -> str:
        return describe(self._scorer)


Fold = Callable[[Answers, OverRepeats], Score]


def _counting(name: str, scorer: Scorer | Judge, k: int | None, fold: Fold) -> OverRepeats:
    if k is not None and (isinstance(k, bool) or not isinstance(k, int) or k < 1):
        raise ScorerError(f"{name}(k={k!r}): k must be a whole number from 1 on, at most the suite's repeats")
    call = written_call(name, "", _Written(_single(name, scorer)), k=k)
    return OverRepeats(call=call, scorer=scorer, fold=fold, fewest=1 if k is None else k, k=k)


def _any(answers: Answers, over: OverRepeats) -> Score:
    n, wrong = len(answers), _wrong(answers)
    k = n if over.k is None else over.k
    return _counted(answers, wrong, 1 - math.comb(len(wrong), k) / math.comb(n, k))


def _all(answers: Answers, over: OverRepeats) -> Score:
    n, wrong = len(answers), _wrong(answers)
    k = n if over.k is None else over.k
    return _counted(answers, wrong, math.comb(n - len(wrong), k) / math.comb(n, k))


def _most_said(answers: Answers, over: OverRepeats) -> Score:
    said = [score.classes[1] if score.classes else _form(over.read(response.text)) for response, score in answers]
    most = max(said.count(one) for one in said)
    return next(score for one, (_, score) in zip(said, answers, strict=True) if said.count(one) == most)


def _wrong(answers: Answers) -> list[Score]:
    return [score for _, score in answers if score.value is None or score.value < RIGHT]


def _counted(answers: Answers, wrong: Sequence[Score], value: float) -> Score:
    reason = f"{len(answers) - len(wrong)} of {len(answers)} answers are right"
    return Score(value=value, reason=reason, category=wrong[0].category if value < RIGHT else "")


def _single(name: str, scorer: object) -> object:
    """Return a scorer of single answers.

    Raises:
        ScorerError: it is none.
    """
    if isinstance(scorer, Quantity | OverRepeats) or not (callable(scorer) or isinstance(scorer, Judge)):
        raise ScorerError(f"{name}({scorer!r}): give it a scorer of single answers, such as exact_match()")
    return scorer


def _form(text: str) -> str:
    return normalized(text, ("NFC", "case", "white space"))
