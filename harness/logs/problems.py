"""What can be wrong with logs, beside what can be with any file of rows: told once for each file, with a count."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from harness.data.checks.problem import Kind, Problem
from harness.logs.masking import place_without, text_without

NO_CONTENT = Kind(
    name="no-content",
    title="Requests whose content was not captured",
    remedy="Switch the capture of content on where they are logged; docs/logs.md says how, form by form.",
)
ASKS_NOTHING = Kind(
    name="asks-nothing",
    title="Rows in which nothing is asked",
    remedy="Say under [logs.mapping] in harness.toml where it is that a row says what was asked.",
)
NO_TIME = Kind(
    name="no-time", title="Requests without a time", remedy="Log when each was asked, or read without --since."
)
NO_REQUEST = Kind(
    name="no-request",
    title="Answers, scores and documents whose request is not there",
    remedy="Name the files with the requests too.",
)
SAME_KEY = Kind(name="same-key", title="Requests of one name", remedy="Read one batch at a time.")
MIXED_FORMS = Kind(
    name="mixed-forms",
    title="Parts of requests among rows of another form",
    remedy="Put them into a file of their own: only what is there can be put together.",
)
WRONG_MAPPING = Kind(
    name="wrong-mapping",
    title="A path of the mapping that leads nowhere",
    remedy="Correct it under [logs.mapping] in harness.toml.",
)
UNREAD = Kind(name="unread", title="A file that can't be read", remedy="See what is told of it.")
TOO_DEEP = Kind(name="too-deep", title="Values nested too deeply", remedy="Nest less deeply, or leave the row out.")
PART, PARTS = "part of a request", "parts of requests"
QUOTES = ", got "
"""What comes before that which a row has in place of an object."""
PLACES = 10
"""Of one problem that are told."""


@dataclass
class Tally:
    """Counts problems of one file, by kind and by what is told of it."""

    found: dict[tuple[str, str], tuple[int, list[str]]] = field(default_factory=dict)

    def add(self, kind: Kind, told: str, place: str) -> None:
        """Count one more; ``told`` is the sentence behind the number."""
        number, places = self.found.get((kind.name, told), (0, []))
        if len(places) < PLACES and place not in places[-1:]:
            places.append(place)
        self.found[kind.name, told] = number + 1, places

    def problems(self) -> Iterator[Problem]:
        """Yield one problem for each kind and sentence."""
        for (kind, told), (number, places) in self.found.items():
            noun, _, rest = told.partition(":")
            several = PARTS if noun == PART else f"{noun}s"
            yield Problem(kind=kind, places=tuple(places), told=f"{number:,} {noun if number == 1 else several}:{rest}")


def without_words(problem: Problem) -> Problem:
    """Return a problem that quotes nothing of a row, and has no personal data in the names of fields and files."""
    return msgspec.structs.replace(
        problem,
        told=text_without(problem.told.partition(QUOTES)[0]),
        places=tuple(map(place_without, problem.places)),
    )
