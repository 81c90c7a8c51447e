"""How near an answer is to the expected one by meaning: the cosine of two texts' vectors, or BERTScore."""

from pathlib import Path
from typing import Literal, get_args

from harness.embedding.named import MeaningModel, find_model, load_model
from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.meanings.calibrated import doubt_in
from harness.scorers.meanings.nearness import Load, Measure, near, not_read, remarks
from harness.scorers.reading.answer import read_field
from harness.scorers.reading.expected import checked_field, expected_texts
from harness.scorers.reading.outcome import graded, right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written

Part = Literal["f1", "precision", "recall"]


def semantic_similarity(
    threshold: float | None = None,
    *,
    field: str | None = None,
    model: str | None = None,
    calibration: Path | str | None = None,
    read: Reader = whole,
) -> Scorer:
    """Make a scorer: the cosine of the answer's and the reference's vector, from 0 to 1; below 0 counts as 0.

    References and ``field`` are as in ``rouge``; of several references the nearest counts. With a ``threshold`` the
    answer is right from this similarity on, and wrong below it.

    ``model`` is "minilm" or "minilm-int8", both all-MiniLM-L6-v2 (Reimers and Gurevych 2019, EMNLP), or a folder of
    sentence-transformers. These two read English alone: a case that expects another language has no score. Without
    ``model`` the first one that is installed is taken. The scorer's name tells which.

    A gate on it is advisory, unless ``calibration`` names a file that shows how far this scorer, with this threshold
    and model, agrees with people; see docs/similarity.md.

    Raises:
        ScorerError: ``threshold`` is not above 0 and at most 1, or the path has an empty step.
        NoSuchModel: the model is not installed, or is not what it should be.
        InputError: the calibration can't be read, or is of another scorer.
    """
    return _similar("semantic_similarity", "cosine", threshold, field, model, calibration, read)


def bertscore(  # noqa: PLR0913 - all but the first two by name
    part: Part = "f1",
    threshold: float | None = None,
    *,
    field: str | None = None,
    model: str | None = None,
    calibration: Path | str | None = None,
    read: Reader = whole,
) -> Scorer:
    """Make a scorer: BERTScore (Zhang et al. 2020, ICLR), by the tokens of the model of ``semantic_similarity``.

    Each token is matched with the nearest one of the other text, by the vectors of the model's last layer; ``part`` is
    the F1 of both directions, the precision (the answer's tokens) or the recall (the reference's). All tokens weigh the
    same, and nothing is rescaled, so figures are not those of other models. All else is as in ``semantic_similarity``.

    Raises:
        ScorerError: there is no such part; or as ``semantic_similarity``.
        NoSuchModel, InputError: as ``semantic_similarity``.
    """
    if part not in get_args(Part):
        raise ScorerError(f"bertscore({part!r}): the parts are {', '.join(get_args(Part))}")
    return _similar("bertscore", part, threshold, field, model, calibration, read)


def check_threshold(name: str, threshold: float | None) -> None:
    """Refuse a threshold of similarity that can't be reached, or can't be missed.

    Raises:
        ScorerError: it is not above 0 and at most 1.
    """
    if threshold is not None and not (isinstance(threshold, float | int) and 0 < threshold <= 1):
        raise ScorerError(f"{name}({threshold!r}): a threshold is above 0 and at most 1, such as 0.7")


class Similar(Called, kw_only=True, frozen=True):
    """See ``semantic_similarity`` and ``bertscore``. ``doubt`` says why it decides nothing; empty where it can."""

    measure: Measure
    threshold: float | None
    field: str | None
    model: MeaningModel
    read: Reader
    doubt: str
    load: Load = load_model

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        references = self.check(case)
        if unread := not_read(self.model, "the expected answer", references):
            return unread
        try:
            answer = read_field(self.read, case, response, self.field)
        except LookupError as problem:
            return wrong(f"{problem} with a text in the answer", "missing field")
        if not answer.strip():
            return wrong("there is no text to compare", "not similar")
        embedder = self.load(self.model)
        found = [near(embedder, self.measure, answer, reference) for reference in references]
        value = max(0.0, *(one.value for one in found))
        told = f"{self.measure} {value:.3f}{remarks(self.model, answer, is_whole=found[0].is_whole)}"
        if self.threshold is None:
            return graded(value, told)
        return right() if value >= self.threshold else wrong(f"{told}, below {self.threshold:g}", "not similar")

    def check(self, case: Case) -> tuple[str, ...]:
        """Return what an answer to a case is compared with.

        Raises:
            ScorerError: the case expects something else than texts.
        """
        return expected_texts(case, self, self.field)


def _similar(  # noqa: PLR0913, PLR0917 - what both functions were given
    name: str,
    measure: Measure,
    threshold: float | None,
    field: str | None,
    model: str | None,
    calibration: Path | str | None,
    read: Reader,
) -> Similar:
    check_threshold(name, threshold)
    path = None if field is None else checked_field(field)
    found = find_model(model)
    part = None if measure in ("cosine", "f1") else measure
    call = written(name, read, part, threshold=threshold, field=path, model=found.written)
    return Similar(
        call=call,
        measure=measure,
        threshold=threshold,
        field=path,
        model=found,
        read=read,
        doubt=doubt_in(calibration, call),
    )
