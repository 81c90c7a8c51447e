"""What a suite adds to its cases when it asks them: cases that are made of logs must not have it a second time."""

from collections.abc import Iterator, Sequence
from os.path import commonprefix

from harness.asking.cases import Suite
from harness.cases.holding import passages_in
from harness.records.asked import Case
from harness.records.logged import Logged
from harness.records.record import Record

TELLING = 20
"""Characters of a prompt's beginning from which on it tells that a request was made by this prompt."""


class Added(Record, frozen=True, kw_only=True):
    """What a suite adds: whether a system message, and what its prompt begins with before question and passages.

    ``prompt`` is None for a suite whose cases no template joins with their context.
    """

    system: bool = False
    prompt: str | None = None

    def is_in(self, one: Logged) -> bool:
        """Tell whether a request was logged as the model got it, with its prompt and passages around the question."""
        if self.prompt is None or not one.messages:
            return False
        begins = len(self.prompt) >= TELLING and one.messages[-1].text.lstrip().startswith(self.prompt)
        return begins or has_its_passages(one.case)


def added_by(suite: Suite, cases: Sequence[Case]) -> Added:
    """Return what a suite adds to its cases, which are those of its file."""
    own = {case.id for case in cases if case.messages[0].role == "system"}
    system = any(case.messages[0].role == "system" and case.id not in own for case in suite.cases)
    prompt = commonprefix(list(_beginnings(suite))) if suite.questions else None  # noqa: RUF071 - texts, not paths
    return Added(system=system, prompt=prompt)


def has_its_passages(case: Case) -> bool:
    """Tell whether the passages of a case's context are all in its messages; of none, they are not."""
    said = "\n".join(message.text for message in case.messages)
    passages = passages_in(case)
    return bool(passages) and all(one.text in said for one in passages)


def _beginnings(suite: Suite) -> Iterator[str]:
    """Yield what each prompt has before its question and its passages."""
    for case in suite.cases:
        joined = case.messages[-1].text
        asked = suite.questions[case.id][-1].text.strip()
        places = [joined.find(text) for text in (asked, *(one.text for one in passages_in(case)))]
        yield joined[: min(place for place in places if place >= 0)]
