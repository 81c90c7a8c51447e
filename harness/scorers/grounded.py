"""How much of an answer the case's context supports, sentence by sentence, by similarity of meaning."""

import functools
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from harness.embedding.embedder import Embedder, vector_of
from harness.embedding.named import MeaningModel, find_model, load_model
from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.cites import in_part, without_claims
from harness.scorers.contexts.claims import claims_of
from harness.scorers.contexts.passages import passages_of
from harness.scorers.following.sentences import sentences
from harness.scorers.meanings.calibrated import doubt_in
from harness.scorers.meanings.nearness import DIGITS, Load, not_read, remarks
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import checked_field, refuse
from harness.scorers.reading.limit import TookTooLong, unfinished, within_limit
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.scorers.similar import check_threshold
from harness.text.visible import quoted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Value = Literal["share", "all"]
SUPPORTED = 0.6
"""Cosine from which on a sentence is supported; docs/similarity.md says how it was measured."""
MOST_CLAIMS = 300
"""Sentences of an answer that are compared; a longer answer has no score."""
MOST_SENTENCES = 3_000
"""Sentences of a context: the model reads about 20 in a second."""
ADVICE = "limit the answer with max_tokens"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Support(NamedTuple):
    """The best cosine of a claim with the context, and the numbers in it that the context lacks."""

    cosine: float
    strange: tuple[str, ...]


def grounded_in(  # noqa: PLR0913 - all but the first by name
    field: str = "context",
    *,
    threshold: float = SUPPORTED,
    value: Value = "share",
    model: str | None = None,
    calibration: Path | str | None = None,
    read: Reader = whole,
) -> Scorer:
    """Make a scorer: the share of the answer's sentences that the context in ``field`` of ``meta`` supports.

    A sentence is supported when its cosine with a sentence of the context, or with two that follow each other, is at
    least ``threshold``, and each of its numbers is somewhere in the context. The context is a text, a list of texts, or
    an object of names with texts. Citations, questions, headings and sentences of fewer than three words are left out.
    An answer that says that the context doesn't tell is right. With ``value="all"`` one unsupported sentence is wrong.

    Similarity sees what a sentence is about, not whether it contradicts: "is covered" and "is not covered" are alike.
    The rubric ``grounded_in`` asks a judge the same. ``model`` and ``calibration`` are as in ``semantic_similarity``.

    Raises:
        ScorerError: ``threshold`` or ``value`` is none, or the path has an empty step.
        NoSuchModel, InputError: as ``semantic_similarity``.
    """
    if value not in get_args(Value):
        raise ScorerError(f"grounded_in(value={value!r}): it takes 'share' or 'all'")
    check_threshold("grounded_in", threshold)
    path = checked_field(field)
    found = find_model(model)
    options = {"threshold": threshold, "value": None if value == "share" else value, "model": found.written}
    call = written("grounded_in", read, path, **options)
    return GroundedIn(
        call=call,
        field=path,
        threshold=threshold,
        value=value,
        model=found,
        read=read,
        doubt=doubt_in(calibration, call),
    )


class GroundedIn(Called, kw_only=True, frozen=True):
    """See ``grounded_in``. ``doubt`` says why it decides nothing; empty where it can."""

    field: str
    threshold: float
    value: Value
    model: MeaningModel
    read: Reader
    doubt: str
    load: Load = load_model

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        texts = self.check(case)
        if unread := not_read(self.model, "the context", texts):
            return unread
        answer = read_answer(self.read, case, response)
        try:
            claims = within_limit(lambda: claims_of(answer))
        except TookTooLong:
            return unfinished(self, "taking this answer apart", ADVICE)
        if not claims:
            return without_claims(answer)
        if len(claims) > MOST_CLAIMS:
            reason = f"{self!r} gave up: the answer has {len(claims):,} sentences, more than {MOST_CLAIMS}; {ADVICE}"
            return Score(value=None, reason=reason, category="took too long")
        embedder = self.load(self.model)
        found = [(claim.text, support_of(embedder, texts, claim.text)) for claim in claims]
        bad = [(text, one) for text, one in found if one.cosine < self.threshold or one.strange]
        if not bad:
            return right()
        text, worst = min(bad, key=lambda each: (not each[1].strange, each[1].cosine))
        why = f"has {worst.strange[0]}, which is not in the context" if worst.strange else f"cosine {worst.cosine:.3f}"
        told = f"{len(bad)} of {len(claims)} sentences unsupported: {quoted(text)} ({why})"
        score = wrong(told + remarks(self.model, answer, is_whole=True), "unsupported sentence")
        return score if self.value == "all" else in_part(score, len(claims) - len(bad), len(claims))

    def check(self, case: Case) -> tuple[str, ...]:
        """Return the texts of a case's context.

        Raises:
            ScorerError: the case has none, or they are too long.
        """
        texts = tuple(passage.text for passage in passages_of(case, self, self.field))
        if sum(map(_marks, texts)) > MOST_SENTENCES:
            refuse(
                case, self, f"a context of at most {MOST_SENTENCES:,} sentences", f"about {sum(map(_marks, texts)):,}"
            )
        return texts


def support_of(embedder: Embedder, context: tuple[str, ...], claim: str) -> Support:
    """Return how far texts support a sentence."""
    vector, _ = vector_of(embedder, claim)
    cosine = float((_vectors(embedder, context) @ vector).max())
    if cosine != cosine:  # noqa: PLR0124 - not a number
        raise ScorerError("the model of meanings gives no numbers: are its weights damaged?")
    known = _numbers("\n".join(context))
    return Support(round(cosine, DIGITS), tuple(sorted(_numbers(claim) - known)))


@functools.lru_cache(maxsize=64)
def _vectors(embedder: Embedder, context: tuple[str, ...]) -> "NDArray[np.float32]":
    return embedder([part for text in context for part in _parts(text)])


def _parts(text: str) -> Iterator[str]:
    """Yield the sentences of a text, and each two that follow each other; the text where it has none."""
    found = sentences(text) or [text]
    yield from found
    yield from (f"{one} {other}" for one, other in pairwise(found))


def _marks(text: str) -> int:
    return len(sentences(text))


def _numbers(text: str) -> set[str]:
    """Return the numbers in a text, without the marks between groups of digits."""
    return {re.sub(r"[.,]", "", one) for one in _NUMBER.findall(text)}
