"""A released adapter with its suite, and months of invented requests: quiet, or changed from a day on."""

import datetime as dt
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import load_suite
from harness.cases.passable import UsedSuite
from harness.config.read import load_config
from harness.config.whole import HarnessConfig
from harness.drift.drawn import Window
from harness.drift.found import Drift, Question
from harness.drift.run import Wanted, places_of, run_drift
from harness.records.answered import Response
from harness.records.asked import Request, Sampling
from harness.records.logged import Logged
from harness.records.messages import Message
from harness.records.saved import Answer
from harness.registry.promote import Registry
from harness.runs.folder import write_run
from harness.scorers import exact_match, predicts_label, valid_json
from tests.models.fakes import adapter_in
from tests.registry.made import NOW, model, override
from tests.saved_runs import empty_run

FIRST = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
DAY = 86_400
QUEUES = ("billing", "bug", "account")
THINGS = ("invoice", "export", "login", "report", "payment", "password", "calendar", "printer", "discount", "template")
TOLD = ("is wrong", "does not load", "was charged twice", "can't be found", "is empty since Monday", "shows an error")
SPANISH = ("Hola, la factura de octubre no tiene el descuento que nos prometieron y además falta el número fiscal",)
SETTINGS = "[drift]\nruns_per_false_alarm = 100\n"
"""As often as this, a p value is cheap."""
Say = Callable[[random.Random], str]


def question(chance: random.Random) -> str:
    """Return a ticket as they usually are."""
    return (
        f"The {chance.choice(THINGS)} of our {chance.choice(THINGS)} {chance.choice(TOLD)}, please have a look at it."
    )


def other_question(chance: random.Random) -> str:
    """Return a ticket in another language, and longer."""
    return f"{chance.choice(SPANISH)}, {chance.choice(('gracias', 'saludos'))} {'muy ' * chance.randrange(9)}amables."


def answer(chance: random.Random) -> str:
    """Return an answer as they usually are: one in fifty is not JSON."""
    right = json.dumps({"queue": chance.choice(QUEUES)})
    return right if chance.random() > 0.02 else right[:-1]


def broken_answer(chance: random.Random) -> str:
    """Return an answer that is not JSON three times in ten."""
    right = json.dumps({"queue": chance.choice(QUEUES)})
    return right if chance.random() > 0.3 else f"Sure! {right}"


def logged_day(  # noqa: PLR0917 - what can be planted
    day: int, asked: Say = question, said: Say = answer, number: int = 60, seed: int = 0, slower: float = 1.0
) -> Iterator[Logged]:
    """Yield the requests of a day, counted from 1; each day has a chance of its own, ``slower`` times the seconds."""
    chance = random.Random(1000 * seed + day)  # noqa: S311 - invented
    start = FIRST.timestamp() + (day - 1) * DAY
    for place in range(number):
        yield Logged(
            place=f"logs/{day}.jsonl:{place + 1}",
            messages=(Message(role="user", content=asked(chance)),),
            time=start + place,
            model="mine",
            text=said(chance),
            finish_reason="stop",
            seconds=slower * chance.lognormvariate(0, 0.3),
            tokens_out=12,
        )


def project(root: Path, settings: str = SETTINGS, seed: int = 0) -> HarnessConfig:
    """Make a suite of 80 cases, an adapter, the run that judged it with its answers, and its promotion."""
    (root / "harness.toml").write_text(settings)
    adapter_in(root / "adapters" / "mine", weights=b"mine")
    suite = root / "suites" / "mine"
    suite.mkdir(parents=True)
    chance = random.Random(seed)  # noqa: S311 - invented
    lines = [
        {
            "id": f"case-{place}",
            "messages": [{"role": "user", "content": question(chance)}],
            "expected": {"queue": chance.choice(QUEUES)},
        }
        for place in range(80)
    ]
    (suite / "cases.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    config = load_config(root / "harness.toml")
    candidate = model(root, "mine")
    run = empty_run(id="0001-2026-11-01-abcd", number=1, candidate=candidate)
    folder = root / "runs" / run.id
    folder.mkdir(parents=True)
    answers = [
        Answer(
            side="candidate",
            case=case,
            request=Request(case_id=case.id, model=candidate, engine="e", messages=case.messages, sampling=Sampling()),
            response=Response(request_key=case.id, text=answer(chance), finish_reason="stop", seconds=1.0),
        )
        for case in used_in(root)[0].suite.cases
    ]
    write_run(folder, run, answers, ())
    Registry(config, root, lambda: NOW).promote(root / "adapters" / "mine", folder, override("a test"))
    return config


def used_in(root: Path) -> Sequence[UsedSuite]:
    """Return the suite as its tests would use it."""
    path = root / "suites" / "mine" / "cases.jsonl"
    scorers = (valid_json(), predicts_label(QUEUES, field="queue"), exact_match())
    return (UsedSuite(path=path, suite=load_suite(path, Sampling()), scorers=scorers),)


def drift_on(root: Path, config: HarnessConfig, day: int, logs: Iterator[Logged], **changed: object) -> Drift:
    """Run the check on the evening of a day, of what was logged since the morning."""
    until = FIRST.timestamp() + day * DAY
    wanted = msgspec.structs.replace(
        Wanted(suite="suites/mine", window=Window(since=until - DAY, until=until)), **changed
    )
    places = places_of(wanted, root / config.runs)
    now = dt.datetime.fromtimestamp(until, dt.UTC)
    return run_drift(wanted, logs, None, used_in(root), config, root, places, (), now)


def drift_from(
    root: Path, config: HarnessConfig, logs: Iterator[Logged], reference: Iterator[Logged], to: str
) -> Drift:
    """Run the check of requests to one model against earlier logs."""
    wanted = Wanted(suite="suites/mine", window=Window(model=to))
    places = places_of(wanted, root / config.runs)
    return run_drift(wanted, logs, reference, used_in(root), config, root, places, (), FIRST)


def verdicts(drift: Drift) -> dict[str, str | None]:
    """Return the verdict of each question."""
    return {one.name: one.verdict for one in drift.questions}


def asked_again(verdict: str) -> Question:
    """Return what a re-run would have said."""
    return Question(name="adapter", verdict=verdict)
