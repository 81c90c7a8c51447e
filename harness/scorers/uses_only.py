"""The answer rests on the passages that hold it: it cites at least one of them, and no other."""

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.cites import ADVICE
from harness.scorers.contexts.claims import claims_of
from harness.scorers.contexts.passages import passages_of, value_in_meta
from harness.scorers.contexts.unanswered import is_left_open
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import are_texts, checked_field, refuse
from harness.scorers.reading.limit import TookTooLong, unfinished, within_limit
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import quoted


def uses_only(ids: str = "sources", field: str = "context", *, read: Reader = whole) -> Scorer:
    """Make a scorer: does the answer cite the passages that hold it, and no others?

    ``ids`` is a field of ``meta`` with the names of the passages that hold the answer, or the name of the only one;
    ``field`` holds all passages, as for ``cites``. At least one of these must be cited, and no other passage, one that
    doesn't exist included. Where ``ids`` is an empty list no passage holds the answer: right is what says so;
    the context can be empty then. Whether each claim has a citation is not asked: that is ``cites``.

    Raises:
        ScorerError: a path has an empty step.
    """
    names, path = checked_field(ids), checked_field(field)
    given = (None if names == "sources" and path == "context" else names, None if path == "context" else path)
    return UsesOnly(call=written("uses_only", read, *given), ids=names, field=path, read=read)


class UsesOnly(Called, kw_only=True, frozen=True):
    """See ``uses_only``."""

    ids: str
    field: str
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        every, holding = self.check(case)
        answer = read_answer(self.read, case, response)
        if is_left_open(answer):
            return wrong("leaves open what a passage answers", "declined needlessly") if holding else right()
        if not holding:
            return wrong("answers what no passage holds", "did not decline")
        try:
            claims = within_limit(lambda: claims_of(answer, every))
        except TookTooLong:
            return unfinished(self, "looking for citations in this answer", ADVICE)
        cited = dict.fromkeys(name for claim in claims for name in claim.ids)
        if not cited:
            return wrong("the answer cites no passage", "no citation")
        strange = [name for name in cited if name not in {one.casefold() for one in holding}]
        if strange:
            return wrong(f"cites {quoted(strange[0])}, which does not hold the answer", "wrong passage")
        return right()

    def check(self, case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of all passages, and of those that hold the answer.

        Raises:
            ScorerError: the case lacks one of the fields, or names a passage that it doesn't have.
        """
        is_empty = value_in_meta(case, self, self.field) in ([], {})
        every = () if is_empty else tuple(passage.id for passage in passages_of(case, self, self.field))
        found = value_in_meta(case, self, self.ids)
        names = (str(found),) if isinstance(found, str | int) and not isinstance(found, bool) else found
        if not isinstance(names, list | tuple) or (names and not are_texts([str(name) for name in names])):
            refuse(case, self, f"the field `{self.ids}` of `meta` to be a list of passages' names", found)
        holding = tuple(str(name).strip() for name in names)
        known = {one.casefold() for one in every}
        if unknown := [name for name in holding if name.casefold() not in known]:
            refuse(case, self, f"the passages in `{self.ids}` to be in `{self.field}`: {', '.join(every)}", unknown)
        return every, holding
