"""What is left to ask when the store gave what it has: how many requests, of which engines; made as they are read."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Protocol, overload

from harness.asking.responses import Responses
from harness.records.asked import ModelRef, Request
from harness.records.engine import Engine

Question = tuple[Engine, Request]
"""A request with the engine that it goes to."""
Keyed = tuple[Engine, ModelRef, str]
"""What decides whether a question has to be asked: the engine that it goes to, the model, and the request's key."""
Handed = tuple[int, Request]
"""A request that an engine has read, with the number of its key."""
FEW = 25_000
"""Requests that are all kept in memory: some 20 MB."""


class Questions(Protocol):
    """Questions that can be counted, and read more than once."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Question]: ...


class MadeAnew(ABC):
    """Questions that can be too many to keep: they are made each time that they are read."""

    @abstractmethod
    def __len__(self) -> int: ...
    @abstractmethod
    def __iter__(self) -> Iterator[Question]: ...
    @abstractmethod
    def keyed(self) -> Iterator[Keyed]:
        """Yield what ``keyed`` does, without making any request."""


class ManyQuestions(MadeAnew):
    """The questions of some parts, one part after the other."""

    def __init__(self, parts: Sequence[Questions]) -> None:
        self._parts = tuple(parts)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Question]:
        for part in self._parts:
            yield from part

    def keyed(self) -> Iterator[Keyed]:
        """Yield what decides about each question."""
        for part in self._parts:
            yield from keyed(part)


def keyed(questions: Questions) -> Iterator[Keyed]:
    """Yield what decides about each question, in any order."""
    if isinstance(questions, MadeAnew):
        return questions.keyed()
    return ((engine, request.model, request.key) for engine, request in questions)


def read_often(questions: Questions) -> Questions:
    """Return the same questions, in memory where they are few."""
    return questions if len(questions) > FEW else tuple(questions)


class Left:
    """Which of some questions have no response, and which engine each goes to: the last one that it was given with.

    ``handed`` has those that an engine has read and not answered.
    """

    def __init__(self, questions: Questions, responses: Responses) -> None:
        self.engines: list[Engine] = []
        self._places: dict[int, int] = {}
        """Of the engines, by their ``id()``."""
        self.handed: dict[str, Handed] = {}
        self._questions = questions
        self._responses = responses
        self._owners = bytearray()
        """By number of the key: that of its engine plus 1, or 0."""
        self._counts: list[int] = []

    def __len__(self) -> int:
        return sum(self._counts)

    def add(self, number: int, engine: Engine) -> None:
        """Note that the request whose key has this number is left for an engine."""
        place = self._places.setdefault(id(engine), len(self.engines))
        if place == len(self.engines):
            self.engines.append(engine)
            self._counts.append(0)
        if number >= len(self._owners):
            self._owners.extend(bytes(number + 1 - len(self._owners)))
        if self._owners[number]:
            self._counts[self._owners[number] - 1] -= 1
        self._owners[number] = place + 1
        self._counts[place] += 1

    def of(self, engine: Engine) -> "Share":
        """Return the requests of one engine."""
        return Share(self, self._places[id(engine)])

    def requests(self, place: int) -> Iterator[Request]:
        """Yield the requests of the engine at a place, each once, and note that it has read them."""
        engine, owners = self.engines[place], bytearray(self._owners)
        owner, numbers = place + 1, self._responses.keys_asked
        for one, request in self._questions:
            if one is not engine:
                continue
            number = numbers.find(request.key)
            if 0 <= number < len(owners) and owners[number] == owner:
                owners[number] = 0
                self.handed[request.key] = (number, request)
                yield request

    def count(self, place: int) -> int:
        """Return how many requests are left for the engine at a place."""
        return self._counts[place]

    def without_response(self) -> Iterator[str]:
        """Yield the keys of those that were never answered."""
        for number, owner in enumerate(self._owners):
            if owner and not self._responses.has(number):
                yield self._responses.keys_asked.at(number)


class Share(Sequence[Request]):
    """The requests that are left for one engine."""

    def __init__(self, left: Left, place: int) -> None:
        self._left = left
        self._place = place

    def __len__(self) -> int:
        return self._left.count(self._place)

    def __iter__(self) -> Iterator[Request]:
        return self._left.requests(self._place)

    @overload
    def __getitem__(self, place: int) -> Request: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Request]: ...
    def __getitem__(self, place: int | slice) -> Request | Sequence[Request]:
        return tuple(self)[place]
