"""Which imported answer belongs to which case: only where the question is the same, and what is expected too."""

from collections.abc import Sequence

import msgspec

from harness.asking.cases import Suite
from harness.errors import DataError
from harness.exchange.imported import ImportedRow
from harness.records.asked import AS_IS, Case, Rendering
from harness.records.engine import Contender
from harness.records.messages import Message, Tools
from harness.records.record import Json, Record
from harness.text.visible import quoted

AROUND = 20
"""Characters shown from where two texts differ."""
Words = tuple[tuple[str, str], ...]
"""Role and text of each message of a question."""


class Paired(Record, frozen=True, kw_only=True):
    """A case as a suite asks it, with the answer that another tool got."""

    suite: Suite
    case: Case
    row: ImportedRow


class Pairing(Record, frozen=True, kw_only=True):
    """What belongs together; ``missing`` are ids of cases without an answer, ``other`` tells of rows without a case."""

    paired: tuple[Paired, ...]
    missing: tuple[str, ...]
    other: tuple[str, ...]


def pair_rows(rows: Sequence[ImportedRow], suites: Sequence[Suite], contender: Contender) -> Pairing:
    """Pair answers with the cases that ask the same.

    Raises:
        DataError: a row has a case's id and asks or expects something else, two rows answer one question, no row
            belongs to any case, or a suite asks in a way that no file can show to be the same.
    """
    asked = _asked(suites, contender)
    by_words: dict[Words, list[tuple[Suite, Case]]] = {}
    by_id: dict[str, list[tuple[Suite, Case, Words]]] = {}
    for suite, case, words in asked:
        by_words.setdefault(words, []).append((suite, case))
        by_id.setdefault(case.id, []).append((suite, case, words))
    paired: dict[tuple[int, str, int], Paired] = {}
    other: list[str] = []
    taken: dict[tuple[Words, int], ImportedRow] = {}
    for row in rows:
        words = words_of(row.prompt)
        found = by_words.get(words, [])
        named = by_id.get(row.id, []) if row.id else []
        if named and words not in {one for _, _, one in named}:
            raise DataError(f"{row.place}: not the question of case {row.id!r}: {first_difference(words, named[0][2])}")
        if not found:
            other.append(_told_other(row, words, asked))
            continue
        first = taken.setdefault((words, row.repeat), row)
        if _said(first) != _said(row):
            raise DataError(
                f"{row.place}: answers the same question as {first.place} with something else; which of the two is "
                "the case's answer is not known"
            )
        fitting = [(suite, case) for suite, case in found if row.targets is None or _expects(case, row.targets)]
        if not fitting:
            case = found[0][1]
            told = ", ".join(quoted(one) for one in row.targets or ())
            raise DataError(
                f"{row.place}: asks the same as case {case.id!r}, but expects {told}, where the case expects "
                f"{quoted(case.expected)}"
            )
        for suite, case in fitting:
            paired.setdefault((id(suite), case.id, row.repeat), Paired(suite=suite, case=case, row=row))
    if not paired:
        raise DataError(f"no answer belongs to a case of the suites. {other[0] if other else 'There are no answers.'}")
    have = {(suite, case_id) for suite, case_id, _ in paired}
    missing = dict.fromkeys(case.id for suite, case, _ in asked if (id(suite), case.id) not in have)
    return Pairing(paired=tuple(paired.values()), missing=tuple(missing), other=tuple(other))


def words_of(messages: Sequence[Message]) -> Words:
    """Return role and text of each message, however the text is written down."""
    return tuple((message.role, message.text) for message in messages)


def first_difference(theirs: Words, ours: Words) -> str:
    """Say where a question in a file first differs from a case's.

    >>> first_difference((("user", "How much?"),), (("user", "How many?"),))
    "message 1 (user) differs at character 6: 'uch?' in the file, 'any?' in the case"
    """
    for number, ((role, text), (own_role, own)) in enumerate(zip(theirs, ours, strict=False), start=1):
        if role != own_role:
            return f"message {number} is of role {role!r} in the file, {own_role!r} in the case"
        if text != own:
            place = next(
                (at for at, (a, b) in enumerate(zip(text, own, strict=False)) if a != b), min(len(text), len(own))
            )
            return (
                f"message {number} ({role}) differs at character {place + 1}: {quoted(text[place:], AROUND)} in the "
                f"file, {quoted(own[place:], AROUND)} in the case"
            )
    return f"{len(theirs)} messages in the file, {len(ours)} in the case"


def _asked(suites: Sequence[Suite], contender: Contender) -> list[tuple[Suite, Case, Words]]:
    """Return every case with its question; a file can't show which tools were offered, or which template was used."""
    for suite in suites:
        rendering = suite.rendering_for(contender)
        if suite.rendering != AS_IS and rendering != contender.rendering:
            raise DataError(
                f"suite {suite.name}: it sets how messages become text (chat_template, template_args, prompt_format); "
                f"the files' answers are of {_in_words(contender.rendering)}"
            )
        if suite.continuations:
            raise DataError(f"suite {suite.name}: it asks how likely texts are; answers can't be imported for it")
        with_tools = next((case for case in suite.cases if suite.tools_for(case) != Tools()), None)
        if with_tools is not None:
            raise DataError(
                f"suite {suite.name}: case {with_tools.id!r} has tools; which tools another program offered is not "
                "read, so its answers can't be imported for this suite"
            )
    return [
        (suite, case, words_of(suite.messages_for(case, contender.model))) for suite in suites for case in suite.cases
    ]


def _in_words(rendering: Rendering) -> str:
    return "plain text" if rendering.format == "raw" else "chats in a template that is not known"


def _said(row: ImportedRow) -> tuple[str, str | None]:
    return row.text, row.error


def _expects(case: Case, targets: Sequence[Json]) -> bool:
    """Tell whether one of the targets is what the case expects; or all of them are, where it lists what is accepted."""
    return any(_same(one, case.expected) for one in targets) or list(targets) == case.expected


def _same(target: Json, expected: Json) -> bool:
    if target == expected and isinstance(target, bool) == isinstance(expected, bool):
        return True
    if not isinstance(target, str):
        return isinstance(expected, str) and _written(target) == expected
    return _written(expected) == target or _read(target) == expected != target


def _written(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _read(text: str) -> Json:
    try:
        value: Json = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return value


def _told_other(row: ImportedRow, words: Words, asked: Sequence[tuple[Suite, Case, Words]]) -> str:
    """Say how a row's question differs from that of the case that is most like it."""
    _, case, ours = max(asked, key=lambda one: _shared(words, one[2]))
    return f"{row.place}: asks what no case asks; of case {case.id!r}, {first_difference(words, ours)}"


def _shared(first: Words, second: Words) -> int:
    """Return how many characters two questions have in common at their start."""
    ours, theirs = ("\n".join(text for _, text in words) for words in (first, second))
    return next(
        (at for at, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))
    )
