"""What a judge is asked after its first reply, and the score that all of its replies make.

Where the first can't be read it is asked once more, and for an expected level then about single tokens.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.scored import Rubric, Score
from harness.scorers.judges.expected import LEAST_MASS, expected_level, token_requests
from harness.scorers.judges.jury import from_samples
from harness.scorers.judges.once_more import once_more
from harness.scorers.judges.reply import mean_score, read_preference, read_score, said_levels, without_verdict
from harness.scorers.judges.said import Read
from harness.scorers.judges.scale import scales_of, value_of
from harness.scorers.judges.ways import way_of

INSTEAD = 'write score = "text" or score = "samples" in the rubric'


class Call(NamedTuple):
    """A first request, its rubric, what it shows that others wrote, and the criterion that is scored."""

    rubric: Rubric
    request: Request
    read: Read
    criterion: str = ""


def further_requests(calls: Sequence[Call], verdicts: Sequence[Response]) -> tuple[Request, ...]:
    """Return what to ask next, given the first requests and all that was said so far; nothing when nothing is left."""
    said = {verdict.request_key: verdict for verdict in verdicts}
    wanted = {one.key: one for call in calls for one in _following(call, said)}
    return tuple(one for key, one in wanted.items() if key not in said)


def settled(call: Call, said: Mapping[str, Response]) -> Response:
    """Return the reply that counts: the second one where the first can't be read and the judge was asked once more."""
    first = said[call.request.key]
    return said.get(once_more(call.rubric, call.request, first).key, first) if _is_unreadable(call, first) else first


def no_verdict(reply: Response, max_tokens: int) -> Score | None:
    """Return the score where there is no verdict to read; None where there may be one."""
    error = reply.error
    if error is None and reply.spent_on_reasoning:
        error = f"its reasoning used up max_tokens = {max_tokens}; raise max_tokens under [judge] in harness.toml"
    if error is None:
        return without_verdict(reply)
    return Score(value=None, reason=f"the judge gave no verdict: {error}", category="failed judge call")


def call_score(samples: Sequence[Call], said: Mapping[str, Response], max_tokens: int) -> Score:
    """Return the score that the replies to a question make, which a judge was asked once or several times."""
    given = [_score(call, said, max_tokens) for call in samples]
    return from_samples(given) if len(given) > 1 else given[0]


def _score(call: Call, said: Mapping[str, Response], max_tokens: int) -> Score:
    reply = settled(call, said)
    if missing := no_verdict(reply, max_tokens):
        return missing
    score = read_score(call.rubric, reply.text, call.criterion, call.read)
    if score.value is None or way_of(call.rubric) != "expected":
        return score
    scales = scales_of(call.rubric)
    found = {
        key: _expected(scales[key], reads, [said.get(one.key) for one in requests])
        for key, reads, requests in _tokens(call, reply)
    }
    return mean_score(found)


def _following(call: Call, said: Mapping[str, Response]) -> Iterator[Request]:
    """Yield what follows from one first request, as far as that can be told by now."""
    reply = said[call.request.key]
    if _is_unreadable(call, reply):
        again = once_more(call.rubric, call.request, reply)
        yield again
        if again.key not in said:
            return
        reply = said[again.key]
    if way_of(call.rubric) == "expected" and reply.error is None and not _is_unreadable(call, reply):
        yield from (request for _, _, requests in _tokens(call, reply) for request in requests)


def _tokens(call: Call, reply: Response) -> Iterator[tuple[str, int, tuple[Request, ...]]]:
    """Yield each key that is scored, the level that was said, and what asks for the probabilities of its levels.

    They are asked for after the very levels that the judge gave the criteria before it.
    """
    levels = said_levels(call.rubric, reply.text, call.read) or {}
    before: dict[str, int] = {}
    for key, scale in scales_of(call.rubric).items():
        if key in levels and call.criterion in {"", key}:
            yield key, levels[key], token_requests(call.request, key, [*scale], before)
        before[key] = levels.get(key, 0)


def _expected(levels: Mapping[str, str], reads: int, replies: Sequence[Response | None]) -> Score:
    """Return the expected level; the one that was said stands beside it in the reason, and never takes its place."""
    answered = [reply for reply in replies if reply is not None and reply.error is None]
    if len(answered) < len(replies):
        error = next((reply.error for reply in replies if reply is not None and reply.error), "they were not asked for")
        reason = f"the probabilities of the levels are not known: {error}; if its server can't tell them, {INSTEAD}"
        return Score(value=None, reason=reason, category="failed judge call")
    found = expected_level([*levels], answered)
    if found is None:
        reason = f"the judge's server reports no log-probabilities, which an expected level needs; {INSTEAD}"
        return Score(value=None, reason=reason, category="no log-probabilities")
    if found.level is None:
        reason = (
            f"the levels hold {found.mass:.2f} of the probability of what comes next, and must hold {LEAST_MASS}; "
            f"the judge said level {reads}"
        )
        return Score(value=None, reason=reason, category="too little mass on the levels")
    return Score(
        value=value_of(levels, found.level),
        reason=f"expected level {found.level:.2f} (mass {found.mass:.2f}); the judge said level {reads}",
        category=f"level {round(found.level)}",
    )


def _is_unreadable(call: Call, reply: Response) -> bool:
    """Tell whether a judge did reply, and not as it should; a call that failed is not put once more."""
    if reply.error is not None or reply.spent_on_reasoning:
        return False
    if without_verdict(reply) is not None:
        return True
    if call.rubric.kind == "pairwise":
        return read_preference(call.rubric, reply.text, call.read) is None
    return said_levels(call.rubric, reply.text, call.read) is None
