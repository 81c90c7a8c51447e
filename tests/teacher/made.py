"""Sets of generated rows for tests: settings in a folder, and a teacher that is a function."""

import datetime as dt
import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.asking.store import STORE_FILE, ReusingStore
from harness.cases.passable import UsedSuite
from harness.config.prices import Price, Prices
from harness.engines.function import FunctionEngine
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request, Sampling, digest_of_cases
from harness.records.engine import Contender
from harness.records.generated import Provenance, Rejected
from harness.records.messages import Message
from harness.teacher.config import load_teacher_config
from harness.teacher.generate import Report, generate
from harness.teacher.prepared import prepare
from harness.untuned.asking import BaseModel

MODEL = ModelRef(base="writer", base_digest="hosted", template_digest="hosted")
PRICES = Prices(models={"writer": Price(input=0, output=1e6)})
"""One for each token of an answer."""
ANSWERS = (
    "Open the portal and print a new label.",
    "A charge twice is paid back within five days.",
    "Seats are added under Members, by an owner.",
    "The audit log leaves as CSV, once a day.",
    "Links to a new password end after one hour.",
    "Ask the courier for the scan of the parcel.",
)
TOML = """
output = "made.jsonl"
teacher = "openai:writer"
template = "request.jinja"
rows = {rows}
protected = []
{more}
[seeds]
{seeds}
"""
Answer = Callable[[Request], str | Response]


class Alone:
    """The contenders of a run with one model."""

    origins = staticmethod(lambda _probes: ())
    notes = ()

    def __init__(self, engine: FunctionEngine) -> None:
        self.baseline = Contender(model=MODEL, engine=engine)

    def check(self, _suites: object) -> None:
        """Refuse nothing."""


class Set:
    """A set of rows in a folder. ``asked`` has what the teacher was sent, by all makings together."""

    def __init__(
        self,
        folder: Path,
        *,
        rows: int = 6,
        more: str = "",
        seeds: str = 'instructions = ["a0", "b1", "c2", "d3", "e4", "f5"]',
        template: str = "Answer: {{ seed.text }}",
    ) -> None:
        self.folder, self.path = folder, folder / "made.jsonl"
        self.asked: list[Request] = []
        self.write(rows=rows, more=more, seeds=seeds)
        (folder / "request.jinja").write_text(template)

    def write(self, *, rows: int, more: str = "", seeds: str = 'instructions = ["a0", "b1", "c2", "d3", "e4", "f5"]'):
        """Write the settings."""
        (self.folder / "teacher.toml").write_text(TOML.format(rows=rows, more=more, seeds=seeds))

    def make(
        self,
        answer: Answer | None = None,
        *,
        used: Sequence[UsedSuite] = (),
        suites: Mapping[str, tuple[Case, ...]] | None = None,
        prices: Prices = PRICES,
    ) -> Report:
        """Make the rows; each call is a process of its own, with the store of all."""
        given = answer or answers()
        prepared = prepare(
            load_teacher_config(self.folder / "teacher.toml"), self.folder / "teacher.toml", used, suites or {}
        )

        def noted(request: Request) -> str | Response:
            self.asked.append(request)
            return given(request)

        with closing(ReusingStore(self.folder / STORE_FILE)) as store:
            asking = Asking(store, lambda responses, _: responses)
            teacher = BaseModel(Alone(FunctionEngine(noted)), asking, self.folder)
            return generate(prepared, teacher, prices, clock())

    def rows(self) -> list[dict]:
        """Return the rows that were made."""
        return [msgspec.json.decode(line) for line in self.path.read_bytes().splitlines()]

    def traced(self) -> list[Provenance]:
        """Return where they come from."""
        return read(self.path.with_suffix(".provenance.jsonl"), Provenance)

    def rejected(self) -> list[Rejected]:
        """Return what was rejected."""
        return read(self.path.with_suffix(".rejected.jsonl"), Rejected)


def answers(tokens: int = 1) -> Answer:
    """Return a teacher that says something else to each seed, of so many tokens."""
    return lambda request: said(request, ANSWERS[int(request.messages[-1].text[-1])], tokens)


def said(request: Request, text: str, tokens: int = 1, finish_reason: str = "stop") -> Response:
    """Return an answer that a server counted."""
    return Response(request_key=request.key, text=text, tokens_in=5, tokens_out=tokens, finish_reason=finish_reason)


def clock() -> Callable[[], dt.datetime]:
    """Return a clock that goes on by a second at each look."""
    ticks = itertools.count()
    return lambda: dt.datetime(2026, 11, 27, 12, 0, 0, tzinfo=dt.UTC) + dt.timedelta(seconds=next(ticks))


def read(path: Path, kind: type) -> list:
    """Return the records of a file of JSON Lines."""
    return [msgspec.json.decode(line, type=kind) for line in path.read_bytes().splitlines()]


def suite(*scorers: object, folder: Path, cases: Sequence[Case] = ()) -> UsedSuite:
    """Return a suite with scorers, as tests use it."""
    own = tuple(cases) or (Case(id="c", messages=(Message(role="user", content="Is it?"),)),)
    made = Suite(name="mine", cases=own, sampling=Sampling(), digest=digest_of_cases(own))
    return UsedSuite(path=folder / "mine" / "cases.jsonl", suite=made, scorers=scorers)
