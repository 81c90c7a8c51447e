"""From production logs to proposed cases: failures, complaints, odd questions and near misses, each question once."""

import random
from collections import Counter
from collections.abc import Iterable

import msgspec

from harness.asking.cases import Suite
from harness.cases.alike import text_of
from harness.cases.new import made_id
from harness.data.checks.problem import Problem
from harness.feedback.added import Added
from harness.feedback.candidates import Kept, in_clusters, is_askable, not_known, questions_of, quiet
from harness.feedback.draw import Chosen, draw
from harness.feedback.likeness import Likeness
from harness.feedback.reasons import complaints_of, failures_of
from harness.feedback.records import Drawn, Proposal
from harness.logs.masking import Masker, text_without
from harness.records.asked import Case
from harness.records.logged import Logged
from harness.records.record import UNREADABLE, Json, Record, digest
from harness.records.scored import Scorer


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What proposals are for, and what they are compared with.

    ``lost`` are cases of the suite that earlier runs lost; ``earlier`` are questions that were proposed before;
    ``added`` is what the suite adds to its cases when it asks them.
    """

    file: str
    """The suite's case file, as proposals name it."""
    suite: Suite
    scorers: tuple[Scorer, ...]
    lost: tuple[Case, ...] = ()
    earlier: tuple[str, ...] = ()
    added: Added = Added()


class Wanted(Record, frozen=True, kw_only=True):
    """How many proposals at most, by which seed, and how many people decide on each."""

    most: int = 100
    seed: int = 0
    reviewers: int = 1


class Proposed(Record, frozen=True, kw_only=True):
    """The proposals, and what became of all other requests, as counts of requests."""

    proposals: tuple[Proposal, ...]
    read: int
    problems: tuple[str, ...]
    """What can't be read, each with its place."""
    not_askable: int
    """Requests with a reason that can't be cases, such as those without a user's message."""
    joined: int
    """Requests with a reason that were logged as the suite's prompt made them, with what it would add again."""
    known: int
    """Requests with a reason whose question is in the suite already, or was proposed before."""
    questions: dict[str, int]
    """By reason, the different questions that could be proposed."""


def propose(logs: Iterable[Logged | Problem], sought: Sought, wanted: Wanted, likeness: Likeness) -> Proposed:
    """Return the proposals that logs give reason for; the logs are read once."""
    chance = random.Random(wanted.seed)  # noqa: S311 - requests are drawn, not guarded
    with_reason, others = Kept(chance), Kept(chance)
    problems: list[Problem] = []
    read = not_askable = joined = 0
    for one in logs:
        if isinstance(one, Problem):
            problems.append(one)
            continue
        read += 1
        complaints, failures = tuple(complaints_of(one)), tuple(failures_of(one, sought.suite, sought.scorers))
        if not is_askable(one):
            not_askable += bool(complaints or failures)
        elif sought.added.is_in(one):
            joined += bool(complaints or failures)
        elif complaints or failures:
            with_reason.take((one, "complaint" if complaints else "failure", complaints + failures))
        else:
            others.take((one, "odd", ()))
    found = [(candidate, with_reason.each) for candidate in with_reason.some]
    found += [(candidate, others.each) for candidate in quiet(others.some, sought.lost, sought.suite.cases, likeness)]
    new = not_known(found, [*sought.earlier, *(text_of(case.messages) for case in sought.suite.cases)])
    units = in_clusters(questions_of(new), likeness)
    total = sum(one.stands_for for one in units)
    chosen = draw(units, wanted.most, wanted.seed)
    masker = Masker()
    return Proposed(
        proposals=tuple(_proposal(one, sought, wanted, masker, (total, read)) for one in chosen),
        read=read,
        problems=tuple(f"{one.places[0]}: {one.told}" if one.places else one.told for one in problems),
        not_askable=not_askable,
        joined=joined,
        known=round(sum(each for _, each in found) - sum(each for _, each in new)),
        questions=dict(Counter(one.reason for one in units)),
    )


def _proposal(chosen: Chosen, sought: Sought, wanted: Wanted, masker: Masker, counted: tuple[float, int]) -> Proposal:
    """Return a proposal. Logs are masked when they are read; records that somebody else made are masked here."""
    candidate, one = chosen.candidate, masker.request(chosen.candidate.logged)
    corrected = one.corrected.strip()
    candidates, logs = counted
    return Proposal(
        id=digest([made_id(one.messages), one.place])[:12],
        suite=sought.file,
        place=one.place,
        time=one.time,
        model=one.model,
        reason=candidate.reason,
        told=tuple(map(text_without, candidate.told)),
        messages=one.messages,
        answer=one.response.said,
        error=one.error,
        comment=one.comment,
        expected=_as_expected(corrected, sought.suite) if corrected else None,
        tools=one.tools.functions,
        tags=tuple(dict.fromkeys((candidate.reason.replace(" ", "-"), *one.tags))),
        meta=one.meta,
        cluster=candidate.cluster,
        without_system=sought.added.system,
        reviewers=wanted.reviewers,
        drawn=Drawn(
            stratum=chosen.stratum,
            units=chosen.units,
            chosen=chosen.chosen,
            stands_for=candidate.stands_for,
            candidates=candidates,
            logs=logs,
        ),
    )


def _as_expected(corrected: str, suite: Suite) -> Json:
    """Return what a person wrote as the suite expects answers: as JSON where its cases expect objects or lists."""
    if any(isinstance(case.expected, dict | list) for case in suite.cases):
        try:
            value: Json = msgspec.json.decode(corrected)
        except UNREADABLE:
            return corrected
        return value
    return corrected
