"""The answer follows the instructions of its case that a program can verify, such as those of IFEval."""

from collections.abc import Sequence
from typing import Literal, get_args

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.following.bounds import Broken
from harness.scorers.following.casing import Untold
from harness.scorers.following.instructions import (
    IFEVAL,
    Instruction,
    NoInstructions,
    read_ifeval,
    read_instructions,
)
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import checked_field, expected_value
from harness.scorers.reading.limit import TookTooLong, unfinished, within_limit
from harness.scorers.reading.outcome import right
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.scorers.reading.words import composed

Value = Literal["all", "share"]
Reading = Literal["strict", "loose"]

ADVICE = "limit the answer with max_tokens"


def follows_instructions(
    field: str | None = None, *, value: Value = "all", reading: Reading = "strict", read: Reader = whole
) -> Scorer:
    """Make a scorer: does the answer follow the instructions of ``expected``, or those of IFEval in ``meta``?

    ``expected``, or its ``field``, is a list of instructions, such as ``{"follows": "words", "at_least": 300}``;
    docs/instructions.md lists all 25 kinds. A case that expects nothing holds a row of IFEval's file of prompts:
    ``instruction_id_list`` and ``kwargs`` in ``meta``. With ``value="all"`` an answer that breaks one is wrong; with
    ``value="share"`` the score is the share that it follows. An empty answer follows none. The category names the first
    one that is broken, and the reason all of them. An answer too short to tell its language has no score, unless
    ``value="all"`` and it breaks something else.

    ``reading="loose"`` is IFEval's loose reading: an instruction is followed where the answer follows it as it is, or
    without its first line, its last line or both, or any of these without asterisks.

    Raises:
        ScorerError: ``value`` or ``reading`` is unknown, or the path has an empty step.
    """
    if value not in get_args(Value):
        raise ScorerError(f"follows_instructions(value={value!r}): it takes 'all' or 'share'")
    if reading not in get_args(Reading):
        raise ScorerError(f"follows_instructions(reading={reading!r}): it takes 'strict' or 'loose'")
    path = None if field is None else checked_field(field)
    options = {"value": None if value == "all" else value, "reading": None if reading == "strict" else reading}
    call = written("follows_instructions", read, path, **options)
    return FollowsInstructions(call=call, field=path, value=value, reading=reading, read=read)


class FollowsInstructions(Called, kw_only=True, frozen=True):
    """See ``follows_instructions``."""

    field: str | None
    value: Value
    reading: Reading
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        instructions = self._instructions(case)
        answer = read_answer(self.read, case, response)
        try:
            found = within_limit(lambda: self._found(instructions, answer))
        except TookTooLong:
            return unfinished(self, "checking the instructions of this answer", ADVICE)
        broken = [one for one in found if isinstance(one, Broken)]
        untold = [one for one in found if isinstance(one, Untold)]
        if untold and (self.value == "share" or not broken):
            return Score(value=None, reason=str(untold[0]), category="language can't be told")
        if not broken:
            return right()
        return Score(
            value=(len(found) - len(broken)) / len(found) if self.value == "share" else 0.0,
            reason=f"{len(broken)} of {len(found)} broken: {'; '.join(one.reason for one in broken)}",
            category=broken[0].symptom,
        )

    def _found(self, instructions: Sequence[Instruction], answer: str) -> list[Broken | Untold | None]:
        """Return for each instruction what is the best of all ways to read the answer; of equals, as it is."""
        ways = [checked(instructions, one) for one in (loosened(answer) if self.reading == "loose" else (answer,))]
        return [min(found, key=_badness) for found in zip(*ways, strict=True)]

    def _instructions(self, case: Case) -> tuple[Instruction, ...]:
        try:
            if case.expected is None and all(key in case.meta for key in IFEVAL):
                return read_ifeval(case.meta)
            return read_instructions(expected_value(case, self, self.field))
        except NoInstructions as problem:
            raise ScorerError(
                f"case {case.id!r}: {self!r} needs instructions: {problem}; correct the case file"
            ) from None


def loosened(answer: str) -> tuple[str, ...]:
    r"""Return the eight texts of IFEval's loose reading, the answer as it is first.

    >>> loosened("Sure!\n**yes**")[:4]
    ('Sure!\n**yes**', '**yes**', 'Sure!', '')
    """
    lines = answer.split("\n")
    parts = (lines[1:], lines[:-1], lines[1:-1])
    texts = (answer, *("\n".join(part).strip() for part in parts))
    return (*texts, *(text.replace("*", "") for text in texts))


def checked(instructions: Sequence[Instruction], answer: str) -> list[Broken | Untold | None]:
    """Return for each instruction how it is broken, or why that can't be told; None where it is followed."""
    answer = composed(answer)
    if not answer.strip():
        return [Broken(reason="nothing is left of the answer", symptom="nothing answered") for _ in instructions]
    return [_checked(one, answer) for one in instructions]


def _badness(found: Broken | Untold | None) -> int:
    """Return 0 for followed, 1 for what nobody can tell, 2 for broken."""
    return 0 if found is None else 1 if isinstance(found, Untold) else 2


def _checked(instruction: Instruction, answer: str) -> Broken | Untold | None:
    try:
        return instruction.broken(answer)
    except Untold as untold:
        return untold
