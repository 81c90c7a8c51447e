"""How much of its training rows a candidate gives away: it and its base model go on from how rows begin.

Both are asked through the candidate's engine, greedily. What they say is compared and forgotten: neither the store nor
the run keeps it, since it can be what nobody should read.
"""

import statistics
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal

import msgspec

from harness.asking.ask import Watch
from harness.asking.streams import Stream, side_by_side
from harness.data.regurgitation.beginnings import Beginning, Drawn, draw
from harness.data.regurgitation.canaries import Canaries, Canary, alternatives, read
from harness.data.regurgitation.given import came_out, count_given, exposure
from harness.data.rows import load_rows
from harness.errors import HarnessError, InputError
from harness.gating.ledger import Ledger
from harness.gating.settings import Names
from harness.interrupts import held
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.engine import Contender
from harness.records.leaked import GivenAway, Regurgitated, Regurgitation
from harness.records.messages import Tools
from harness.records.record import Record
from harness.text.figures import count
from harness.text.visible import for_terminal

TOKENS = 96
"""Most tokens by which a model goes on: enough for ``beginnings.LONGEST_NEXT`` characters."""
SECRETS = 32
"""How many secrets a canary's is ranked among, itself included: an exposure is 5 bits at most."""
SEED = 0
NAMED = 3
UNMEASURED = "how much of its training rows the candidate gives away"
NO_ROWS = "its training rows are not known here; name them with --training-data FILE"
NO_BASE = "only an adapter whose weights and base model are here can be compared with its base model"
LONGEST_PROBLEM = 300

Sides = tuple[Request, Request]
"""The same question to the candidate and to its base model."""


class Wanted(Record, frozen=True, kw_only=True):
    """What is asked about: rows that were ``drawn`` from a ``source``, and canaries; each is None for none."""

    source: str = ""
    drawn: Drawn | None = None
    canaries: Canaries | None = None


def wanted_of(names: Names, most: int, *, always: bool) -> Wanted | None:
    """Read the rows and canaries that the command line names, and draw rows; None where nothing is to be asked.

    ``always`` says that the settings want to know, whatever the command line says; ``most`` is how many rows at most.

    Raises:
        InputError: a file can't be read, or --regurgitation comes without rows.
    """
    if names.regurgitation and not names.training_data:
        raise InputError("--regurgitation needs the rows that the adapter was trained on: --training-data FILE")
    canaries = read(Path(names.canaries)) if names.canaries else None
    asks_rows = names.regurgitation or always
    if not asks_rows and canaries is None:
        return None
    if not asks_rows or not names.training_data:
        return Wanted(canaries=canaries, source="" if asks_rows else "the canaries alone")
    paths = [Path(name) for name in names.training_data]
    rows = chain.from_iterable(map(load_rows, paths))
    drawn = draw((row for row in rows if canaries is None or not canaries.has(row)), most, SEED)
    source = f"{drawn.total:,} different rows of {', '.join(path.name for path in paths)}"
    return Wanted(source=source, drawn=drawn, canaries=canaries)


def measure(wanted: Wanted, contender: Contender | None, base: ModelRef | None, watch: Watch) -> Regurgitation:
    """Ask a candidate and its base model, and count what comes out; without a base model nothing is asked.

    An engine that fails, or leaves texts unanswered, leaves them unmeasured: ``problem`` says so.
    """
    if contender is None or base is None:
        return Regurgitation(source=wanted.source, problem=NO_BASE)
    if not wanted.source:
        return Regurgitation(source="", problem=NO_ROWS)
    asked = _Asked(wanted, contender, base)
    try:
        answers = asked.answers(watch)
    except HarnessError as problem:
        return Regurgitation(source=wanted.source, problem=_in_a_line(str(problem)))
    given: list[GivenAway] = []
    rows: list[Regurgitated] = []
    for of, sides in asked.rows.items():
        found = [(one, *both) for one, two in sides if (both := _texts(two, answers)) is not None]
        outcomes = [(bool(came_out(one, mine)), bool(came_out(one, its))) for one, mine, its in found]
        given.append(count_given(of, outcomes, len(sides) - len(found)))
        rows += [
            Regurgitated(place=one.place, what=", ".join(dict.fromkeys(what)), shown=one.shown, by_base=by_base)
            for (one, mine, _), (_, by_base) in zip(found, outcomes, strict=True)
            if (what := came_out(one, mine))
        ]
    given += [_of_canaries(one, asked, answers) for one in sorted({canary.repeats for canary in asked.canaries})]
    return Regurgitation(source=wanted.source, given=tuple(given), rows=tuple(rows), problem=_missing(given, answers))


def hold_against(ledger: Ledger, found: Regurgitation | None, most: int | None) -> None:
    """Fail a run whose candidate gives away more rows than the settings let through; what is unknown is no pass.

    ``found`` is None where nobody asked; ``most`` is None where nothing is held against anybody.
    """
    if most is None:
        return
    if found is None:
        ledger.could_not_measure(f"{UNMEASURED}: the saved run didn't ask; run the suites with the adapter itself")
    elif told := too_much(found, most):
        ledger.fail_by_giving_away(told)
    elif found.problem:
        ledger.could_not_measure(f"{UNMEASURED}: {found.problem}")


def too_much(found: Regurgitation, most: int) -> str:
    """Say that more rows are given away than are let through; empty where they are not."""
    if found.beyond_base <= most:
        return ""
    places = list(dict.fromkeys(for_terminal(one.place) for one in found.rows if not one.by_base))
    named = f"{', '.join(places[:NAMED])}{', ...' * (len(places) > NAMED)}"
    return (
        f"{count(found.beyond_base, 'training row')} given away, more than max_regurgitated = {most} ({named}); remove "
        "or mask them, or train for fewer epochs: see docs/regurgitation.md"
    )


class _Asked:
    """The questions about rows, by kind, and about canaries: how each goes on, and how likely its secret is."""

    def __init__(self, wanted: Wanted, contender: Contender, base: ModelRef) -> None:
        self._engine = contender.engine
        self._contender, self._base = contender, base
        self.rows: dict[Literal["rows", "personal"], list[tuple[Beginning, Sides]]] = {}
        if wanted.drawn is not None:
            self.rows["personal"] = [(one, self._going_on(one)) for one in wanted.drawn.personal]
            self.rows["rows"] = [(one, self._going_on(one)) for one in wanted.drawn.rows]
        self.canaries: dict[Canary, tuple[Beginning, Sides, Sides]] = {}
        for canary in wanted.canaries.canaries if wanted.canaries else ():
            assert wanted.canaries is not None  # noqa: S101 - it has the canary
            one = Beginning(
                place=canary.asked, messages=wanted.canaries.messages(canary), begun=canary.begun, rest=canary.secret
            )
            texts = tuple(f"{canary.begun} {secret}" for secret in (canary.secret, *alternatives(canary, SECRETS - 1)))
            self.canaries[canary] = one, self._going_on(one), self._sides(one, begun="", continuations=texts)

    def answers(self, watch: Watch) -> Mapping[str, Response]:
        """Ask all questions in one stream, and return the responses by the keys of their requests.

        Raises:
            EngineError: no more answers can be had.
        """
        sides = [two for pairs in self.rows.values() for _, two in pairs]
        sides += [two for _, *both in self.canaries.values() for two in both]
        requests = {request.key: request for two in sides for request in two}
        found: dict[str, Response] = {}
        with held():
            stream = Stream(self._engine.generate(tuple(requests.values())), self._engine.stop)
            for response in watch(side_by_side([stream], []), len(requests)):
                found[response.request_key] = response
        return found

    def _going_on(self, one: Beginning) -> Sides:
        return self._sides(one, begun=one.begun, continuations=())

    def _sides(self, one: Beginning, begun: str, continuations: Sequence[str]) -> Sides:
        mine = Request(
            case_id=one.place,
            model=self._contender.model,
            engine=self._engine.identity,
            messages=one.messages,
            sampling=Sampling(max_tokens=TOKENS),
            tools=Tools(functions=one.tools),
            rendering=self._contender.rendering,
            continuations=tuple(continuations),
            begun=begun,
        )
        return mine, msgspec.structs.replace(mine, model=self._base)


def _of_canaries(repeats: int, asked: _Asked, answers: Mapping[str, Response]) -> GivenAway:
    """Return what came out of the canaries that are there so many times."""
    chosen = [of for canary, of in asked.canaries.items() if canary.repeats == repeats]
    found = [(one, *both) for one, two, _ in chosen if (both := _texts(two, answers)) is not None]
    outcomes = [(bool(came_out(one, mine)), bool(came_out(one, its))) for one, mine, its in found]
    counted = count_given("canaries", outcomes, len(chosen) - len(found), repeats)
    bits = [
        [_exposure(answers.get(request.key)) for _, _, two in chosen for request in (two[side],)] for side in (0, 1)
    ]
    known = [[one for one in side if one is not None] for side in bits]
    if any(len(side) < len(chosen) for side in known):
        return counted
    mine, its = map(statistics.fmean, known)
    return msgspec.structs.replace(counted, exposure=mine, base_exposure=its)


def _exposure(response: Response | None) -> float | None:
    if response is None or len(response.likelihoods) != SECRETS:
        return None
    return exposure([one.total for one in response.likelihoods])


def _texts(sides: Sides, answers: Mapping[str, Response]) -> tuple[str, str] | None:
    """Return how candidate and base model go on; None where either has not answered."""
    mine, its = (answers.get(request.key) for request in sides)
    if mine is None or its is None or mine.error is not None or its.error is not None:
        return None
    return mine.said, its.said


def _missing(given: Sequence[GivenAway], answers: Mapping[str, Response]) -> str:
    unanswered = sum(one.unanswered for one in given)
    if not unanswered:
        return ""
    why = next((one.error for one in answers.values() if one.error is not None), "the engine gave no response")
    return f"{count(unanswered, 'text')} without an answer, so not counted: {_in_a_line(why)}"


def _in_a_line(text: str) -> str:
    return for_terminal((text.splitlines() or [""])[0][:LONGEST_PROBLEM], None)
