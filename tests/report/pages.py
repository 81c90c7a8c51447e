"""The report of the invented run, parsed."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from harness.records.asked import Case
from harness.records.compared import Gate
from harness.records.messages import Message
from harness.records.saved import Run
from harness.records.scored import Score
from harness.report import render
from harness.runs.history import PastRun
from harness.runs.record_file import written
from tests.sample_run import SampleRun, ask, sample_run

VOID = {"meta", "br", "line", "path", "rect", "circle", "img", "link", "input", "hr"}

HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Page(HTMLParser):
    """A parsed report: its elements, and the text inside each element that has an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.headings: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.cases: dict[str, list[str]] = {}
        self.style = ""
        self.script = ""
        self._open: list[tuple[str, str]] = []
        self._parts: dict[str, list[str]] = {}
        self.feed(html)
        assert not self._open, f"not closed: {self._open}"
        self.by_id = {name: "".join(parts) for name, parts in self._parts.items()}

    @property
    def text(self) -> str:
        """All text that a reader sees."""
        return "".join(self.texts)

    def case(self, group: str, place: int = 0) -> str:
        """Return the text of one case of a group."""
        return self.by_id[self.cases[group][place]]

    def handle_starttag(self, tag, attrs):
        """Remember an element."""
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if given.get("id", "").startswith("case-") and tag in {"article", "li"}:
            self.cases.setdefault(next(name for kind, name in reversed(self._open) if kind == "details"), []).append(
                given["id"]
            )
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((tag, ""))
        if tag not in VOID:
            self._open.append((tag, given.get("id", "")))

    def handle_endtag(self, tag):
        """Close an element; a wrong order is an error of the template, or an answer that broke out."""
        if tag not in VOID:
            assert self._open, f"</{tag}> closes nothing"
            assert self._open.pop()[0] == tag

    def handle_data(self, data):
        """Remember the text."""
        inside = [tag for tag, _ in self._open]
        if "style" in inside:
            self.style += data
            return
        if "script" in inside:
            self.script += data
            return
        self.texts.append(data)
        if inside and self.headings and re.fullmatch("h[1-6]", inside[-1]):
            tag, so_far = self.headings[-1]
            self.headings[-1] = (tag, so_far + data)
        for _, name in self._open:
            if name:
                self._parts.setdefault(name, []).append(data)


def rendered(sample: SampleRun) -> Page:
    """Render and parse."""
    return Page(render(sample.run, sample.answers, sample.judgements))


@pytest.fixture(scope="module")
def sample() -> SampleRun:
    """The invented run."""
    return sample_run()


@pytest.fixture(scope="module")
def html(sample: SampleRun) -> str:
    """Its report."""
    return render(sample.run, sample.answers, sample.judgements)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    """Its report, parsed."""
    return Page(html)


def alone(**changes: object) -> Run:
    """Return the invented run with nothing in it but the changes."""
    nothing = {"verdicts": (), "measures": (), "pinned": (), "broken": (), "unmeasured": ()}
    return msgspec.structs.replace(sample_run().run, **{**nothing, **changes})


def verdict(outcome: str, *, advisory: bool = False, **changes: object):
    """Return a verdict with a given outcome."""
    gate = Gate(floor=0.5, advisory=advisory)
    return msgspec.structs.replace(sample_run().run.verdicts[0], outcome=outcome, gate=gate, **changes)


def many_lost(count: int, answer: str = "") -> SampleRun:
    """Return a run in which so many cases are lost, with this answer after the side's name."""
    cases = [Case(id=f"many-{index:05}", messages=(Message(role="user", content="?"),)) for index in range(count)]
    asked = ask(cases, "s()", lambda side, _i, _r: side + answer, lambda _c, text: Score(value=float(text[0] == "b")))
    run = alone(verdicts=(verdict("failed", comparison=asked.comparison),))
    return SampleRun(run=run, answers=asked.answers, judgements=asked.judgements)


def as_past(run: Run) -> PastRun:
    """Return what the history keeps of a run."""
    return msgspec.json.decode(b"".join(written(run)), type=PastRun)
