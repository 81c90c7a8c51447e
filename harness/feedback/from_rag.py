"""``harness cases new --from-rag``: cases of logs that hold what a retriever found. The retriever stays the user's."""

from collections.abc import Iterable

import msgspec

from harness.cases.holding import CONTEXT
from harness.cases.new import asked_id
from harness.data.checks.problem import Problem
from harness.feedback.added import has_its_passages
from harness.feedback.records import day_of, without_folder
from harness.records.asked import Case
from harness.records.logged import Logged
from harness.records.record import Json, Record
from harness.scorers.contexts.passages import read_passages
from harness.scorers.contexts.unanswered import is_left_open


class FromLogs(Record, frozen=True, kw_only=True):
    """The cases of logs, and what became of every other request."""

    cases: tuple[Case, ...]
    places: dict[str, str]
    """By the id of each case, the place of its request."""
    read: int
    repeated: int
    """Requests that ask what an earlier one did, with the same passages."""
    without: int
    """Requests without passages."""
    in_messages: int
    """Cases whose messages have the passages already: the logs are of what the model was sent."""
    with_system: int
    """Cases with a system message of their own, which no suite can set as well."""
    problems: tuple[str, ...]


def cases_of_logs(logs: Iterable[Logged | Problem]) -> FromLogs:
    """Return a case for each question with its passages, in the order of the logs.

    What is expected is known only where a person wrote an answer in place of the model's: the model's own is no
    evidence. Such an answer that leaves the question open makes the case one that its passages don't answer.
    """
    cases: dict[str, Case] = {}
    places: dict[str, str] = {}
    problems: list[str] = []
    read = repeated = without = 0
    for one in logs:
        if isinstance(one, Problem):
            problems.append(f"{one.places[0]}: {one.told}" if one.places else one.told)
            continue
        read += 1
        case = _case(one)
        if case is None:
            without += 1
            continue
        known = cases.get(case.id)
        repeated += known is not None
        if known is None or ("answerable" in case.meta and "answerable" not in known.meta):
            cases[case.id], places[case.id] = case, one.place
    return FromLogs(
        cases=tuple(cases.values()),
        places=places,
        read=read,
        repeated=repeated,
        without=without,
        in_messages=sum(map(has_its_passages, cases.values())),
        with_system=sum(case.messages[0].role == "system" for case in cases.values()),
        problems=tuple(problems),
    )


def _case(one: Logged) -> Case | None:
    try:
        passages = read_passages(one.meta.get(CONTEXT))
    except ValueError:
        return None
    if not one.messages or one.messages[-1].role != "user" or not one.messages[-1].text.strip():
        return None
    context: Json = [{"id": passage.id, "text": passage.text} for passage in passages]
    meta: dict[str, Json] = {CONTEXT: context, "logged": {"place": without_folder(one.place)}}
    corrected, day = one.corrected.strip(), day_of(one.time)
    if corrected:
        meta["answerable"] = not is_left_open(corrected)
    case = Case(
        id="",
        messages=one.messages,
        expected=corrected if meta.get("answerable") else None,
        tags=tuple(dict.fromkeys((*one.tags, "from-logs", *([f"logged-{day}"] if day else [])))),
        meta=meta,
        tools=one.tools.functions or msgspec.UNSET,
    )
    return msgspec.structs.replace(case, id=asked_id(case))
