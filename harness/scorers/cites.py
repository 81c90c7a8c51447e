"""Each claim of the answer cites a passage of the case's context that exists."""

from typing import Literal, get_args

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.contexts.claims import Claim, claims_of
from harness.scorers.contexts.passages import passages_of
from harness.scorers.contexts.unanswered import is_left_open
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import checked_field
from harness.scorers.reading.limit import TookTooLong, unfinished, within_limit
from harness.scorers.reading.outcome import Symptom, right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import quoted

Value = Literal["all", "share"]
ADVICE = "limit the answer with max_tokens"


def cites(field: str = "context", *, value: Value = "all", read: Reader = whole) -> Scorer:
    """Make a scorer: does each claim of the answer cite a passage, and does each cited passage exist?

    ``field`` of ``meta`` holds the passages: a list of texts, cited by their numbers from 1, or an object of names with
    texts, cited by name. ``[1]``, ``(1)``, ``【1】``, ``[1, 2]``, ``[2-4]`` and names in such brackets are citations. A
    claim is a sentence, an entry of a list or a line of a table. With ``value="share"`` the score is the share of the
    claims that cite passages, all of which exist. An answer that says that the context doesn't tell claims nothing, and
    is right. Whether the passage says what is claimed is not asked: that is ``grounded_in``.

    Raises:
        ScorerError: ``value`` is unknown, or the path has an empty step.
    """
    if value not in get_args(Value):
        raise ScorerError(f"cites(value={value!r}): it takes 'all' or 'share'")
    path = checked_field(field)
    call = written("cites", read, None if path == "context" else path, value=None if value == "all" else value)
    return Cites(call=call, field=path, value=value, read=read)


class Cites(Called, kw_only=True, frozen=True):
    """See ``cites``."""

    field: str
    value: Value
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        ids = self.check(case)
        answer = read_answer(self.read, case, response)
        try:
            claims = within_limit(lambda: claims_of(answer, ids))
        except TookTooLong:
            return unfinished(self, "looking for citations in this answer", ADVICE)
        if not claims:
            return without_claims(answer)
        known = {one.casefold() for one in ids}
        bad = [(claim, found) for claim in claims if (found := _problem(claim, known))]
        if not bad:
            return right()
        first, (symptom, told) = bad[0]
        score = wrong(
            f"{len(bad)} of {len(claims)} claims cite no passage that exists: {quoted(first.text)} {told}", symptom
        )
        return score if self.value == "all" else in_part(score, len(claims) - len(bad), len(claims))

    def check(self, case: Case) -> tuple[str, ...]:
        """Return the names of the passages.

        Raises:
            ScorerError: the case has no passages.
        """
        return tuple(passage.id for passage in passages_of(case, self, self.field))


def without_claims(answer: str) -> Score:
    """Return the score of an answer that claims nothing: right where it says that the context doesn't tell."""
    return right() if is_left_open(answer) else wrong("the answer claims nothing", "no claim")


def in_part(score: Score, held: int, claims: int) -> Score:
    """Return a score as the share of the claims that hold; from one half on it has no category."""
    value = held / claims
    return Score(value=value, reason=score.reason, category=score.category if value < 0.5 else "")


def _problem(claim: Claim, known: set[str]) -> tuple[Symptom, str] | None:
    missing = [name for name in claim.ids if name not in known]
    if missing:
        return "cites what is not there", f"cites {quoted(missing[0])}"
    return None if claim.ids else ("no citation", "cites nothing")
