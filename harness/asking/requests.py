"""What is asked of each side for a suite. Only the keys are kept; a request is built again where it is needed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

import msgspec

from harness.asking.cases import Suite
from harness.records.asked import Case, Request
from harness.records.engine import Contender
from harness.records.record import Record

KEY_BYTES = 32


class Planned(Record, frozen=True, kw_only=True):
    """One case, and the key of one of its requests."""

    case: Case
    repeat: int
    key: str


class Plan(Record, frozen=True, kw_only=True):
    """Everything that one side is asked for a suite: each case with each of its repeats, in the order of the file.

    ``keys`` has the digests of all requests, one after the other, in the same order.
    """

    suite: Suite
    contender: Contender
    keys: bytes

    @property
    def items(self) -> "Items":
        """Each case with the key of each of its requests; they are made as they are read."""
        return Items(self)

    def requests(self) -> Iterator[tuple[Case, Request]]:
        """Yield each case with each of its requests."""
        make = self.maker()
        return ((case, request) for place, case in enumerate(self.suite.cases) for request in make(place, case))

    def maker(self) -> Callable[[int, Case], Iterator[Request]]:
        """Return what makes the requests for a case, given its place; their keys are known already."""
        make, repeats = maker_of(self.suite, self.contender), self.suite.sampling.repeats

        def made(place: int, case: Case) -> Iterator[Request]:
            for number, request in enumerate(make(case), start=place * repeats):
                vars(request)["key"] = self.key_at(number)  # what its cached property would compute
                yield request

        return made

    def request_at(self, number: int) -> Request:
        """Return the request of one item, by its place."""
        case = self.suite.cases[number // self.suite.sampling.repeats]
        return tuple(requests_for(case, self.suite, self.contender))[number % self.suite.sampling.repeats]

    def digests(self) -> Iterator[bytes]:
        """Yield the key of each request as bytes."""
        return (self.keys[at : at + KEY_BYTES] for at in range(0, len(self.keys), KEY_BYTES))

    def key_at(self, number: int) -> str:
        """Return the key of one item, by its place."""
        return self.keys[KEY_BYTES * number : KEY_BYTES * (number + 1)].hex()


class Items(Sequence[Planned]):
    """The items of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __len__(self) -> int:
        return len(self._plan.keys) // KEY_BYTES

    @overload
    def __getitem__(self, place: int) -> Planned: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Planned]: ...
    def __getitem__(self, place: int | slice) -> Planned | Sequence[Planned]:
        numbers = range(len(self))[place]
        if isinstance(numbers, range):
            return tuple(self[number] for number in numbers)
        repeats = self._plan.suite.sampling.repeats
        case = self._plan.suite.cases[numbers // repeats]
        return Planned(case=case, repeat=numbers % repeats, key=self._plan.key_at(numbers))

    def __iter__(self) -> Iterator[Planned]:
        number, repeats = 0, range(self._plan.suite.sampling.repeats)
        for case in self._plan.suite.cases:
            for repeat in repeats:
                yield Planned(case=case, repeat=repeat, key=self._plan.key_at(number))
                number += 1


def requests_of(suite: Suite, contender: Contender) -> Iterator[tuple[Case, Request]]:
    """Yield each case with each of its requests to one side, in the order of the file."""
    make = maker_of(suite, contender)
    return ((case, request) for case in suite.cases for request in make(case))


def requests_for(case: Case, suite: Suite, contender: Contender) -> Iterator[Request]:
    """Yield the requests for one case, one for each repeat."""
    return maker_of(suite, contender)(case)


def maker_of(suite: Suite, contender: Contender) -> Callable[[Case], Iterator[Request]]:
    """Return what makes the requests for a case; what is the same for all cases is found out once."""
    model, engine, sampling = contender.model, contender.engine.identity, suite.sampling
    rendering, repeats = suite.rendering_for(contender), range(suite.sampling.repeats)

    def make(case: Case) -> Iterator[Request]:
        messages, tools = suite.messages_for(case, model), suite.tools_for(case)
        for repeat in repeats:
            yield Request(
                case_id=case.id,
                model=model,
                engine=engine,
                messages=messages,
                sampling=sampling,
                repeat=repeat,
                tools=tools,
                rendering=rendering,
                continuations=suite.continuations.get(case.id, ()),
                then=contender.then,
            )

    return make


def requests_again(case: Case, suite: Suite, contender: Contender, asking: int) -> Iterator[Request]:
    """Yield the requests that ask a case again, for the ``asking``-th time after the first: one for each repeat.

    Each has a seed of its own, so that sampled answers are drawn anew.
    """
    for request in requests_for(case, suite, contender):
        yield msgspec.structs.replace(drawn_anew(request, asking), again=True)


def drawn_anew(request: Request, asking: int) -> Request:
    """Return a request with another seed than any of its case's repeats, for the ``asking``-th time after the first."""
    sampling = request.sampling
    seed = sampling.seed + asking * sampling.repeats
    return msgspec.structs.replace(request, sampling=msgspec.structs.replace(sampling, seed=seed))


def plan_of(suite: Suite, contender: Contender) -> tuple[Plan, list[Request]]:
    """Return what one side is asked for a suite, and the requests themselves."""
    requests = [request for _, request in requests_of(suite, contender)]
    keys = b"".join(bytes.fromhex(request.key) for request in requests)
    return Plan(suite=suite, contender=contender, keys=keys), requests


def plans_for(suite: Suite, contenders: Iterable[Contender], see_last: Callable[[Request], None]) -> list[Plan]:
    """Return what each side is asked for a suite, of which the requests can be very many: its cases are read once.

    ``see_last`` is called with each request to the last side.
    """
    sides = [(contender, maker_of(suite, contender), bytearray()) for contender in contenders]
    for case in suite.cases:
        for contender, make, keys in sides:
            for request in make(case):
                keys.extend(bytes.fromhex(request.key))
                if contender is sides[-1][0]:
                    see_last(request)
    return [Plan(suite=suite, contender=contender, keys=bytes(keys)) for contender, _, keys in sides]
