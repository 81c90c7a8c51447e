"""Models that are asked outside of pytest: through the same engines, from the same store."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from harness.asking.ask import Asking
from harness.asking.left import Question
from harness.asking.store import STORE_FILE, ReusingStore, Store
from harness.config.whole import HarnessConfig
from harness.engines.http.endpoint import address_of
from harness.gating.contenders import Contenders
from harness.gating.judge_calls import JudgeCalls, spending_of
from harness.gating.judges import judge_of
from harness.gating.judging import AskJudge
from harness.gating.juries import ONE, Jury, judge_by, judge_model
from harness.gating.known_models import KnownModels
from harness.gating.naming import BASE, HOSTED
from harness.gating.origins import judge_engine
from harness.gating.postponed import Waiting
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.engine import Contender
from harness.records.parties import Origin
from harness.records.record import Record
from harness.records.scored import Rubric
from harness.runs.folder import new_run_folder
from harness.scorers.judges.judge import Judge, PairJudge
from harness.text.progress import say, watch


@contextmanager
def opened(config: HarnessConfig, root: Path, model: str = BASE) -> Iterator[tuple[Contenders, Asking, Path]]:
    """Open one model as both sides, with who asks it and a run folder; paths in ``config`` are relative to ``root``.

    Nothing is asked yet. A run folder in which nothing was written is removed at the end.

    Raises:
        InputError: there is no such model, or the settings are wrong.
        EngineSetupError: an address or a key is wrong.
        StoreError: the run's folder or the store can't be made.
    """
    runs = root / config.runs
    folder = new_run_folder(runs, dt.datetime.now(dt.UTC))
    try:
        contenders = Contenders(msgspec.structs.replace(config, candidate=model, baseline=model), root, folder, say)
        try:
            store = (ReusingStore if config.reuse_hosted else Store)(runs / STORE_FILE)
            try:
                yield contenders, Asking(store, partial(watch, replicas=lambda: contenders.replicas)), folder
            finally:
                store.close()
        finally:
            contenders.close()
    finally:
        with suppress(OSError):  # it holds a run, or logs of a server
            folder.rmdir()


class OpenedJudge(Record, frozen=True, kw_only=True):
    """A judge, or a jury, outside of a run: where its members are asked, and the functions that ask them.

    ``tell`` says what asking will cost. ``finish`` notes that all is answered: later runs ask a hosted judge anew.
    Without it they go on from here.
    """

    members: Mapping[str, Contender]
    """By the names in the jury; "" is the judge of the settings."""
    jury: Jury
    max_tokens: int
    origins: tuple[Origin, ...]
    ask: AskJudge
    tell: Callable[[Sequence[Request]], None]
    finish: Callable[[], None]

    @property
    def told(self) -> str:
        """Who is asked, and where."""
        named = zip(self.members.values(), self.origins, strict=True)
        return ", ".join(f"{one.model.name}{f' at {at.address}' if at.address else ''}" for one, at in named)

    def reading(self, rubric: Rubric) -> Judge | PairJudge:
        """Return the judge with a rubric, as a suite makes it.

        Raises:
            ConfigError: a member is named twice, or can't be asked for expected levels.
        """
        return judge_by(rubric, self.jury, lambda name: judge_model(self.members[name], self.max_tokens))


@contextmanager
def opened_judge(config: HarnessConfig, root: Path, jury: Jury = ONE) -> Iterator[OpenedJudge]:
    """Open a jury, or the judge that the settings name, without the sides of a run. Nothing is asked yet.

    Raises:
        InputError, EngineSetupError, StoreError: as ``opened``; ``ConfigError`` also where a budget can't be held.
    """
    names = tuple(dict.fromkeys(jury.models)) or ("",)
    known = KnownModels(config, root, say)
    for name in names:
        judge_of(name or config.judge.model, config, known)  # before a model is made for one that there is not
    settings, side = _without_sides(config, names)
    with opened(settings, root, side) as (contenders, asking, _):
        members = {name: contenders.judge(name) for name in names}
        calls = JudgeCalls(asking, Waiting(), spending_of(config), say)
        for one in members.values():
            calls.check(one.model)

        def questions(requests: Sequence[Request]) -> list[Question]:
            engines = {(one.model, one.engine.identity): one.engine for one in members.values()}
            asked = [(engines[request.model, request.engine], request) for request in requests]
            return list(asking.unanswered(asked).values())

        def ask(requests: Sequence[Request]) -> Mapping[str, Response]:
            calls.ask_told(questions(requests))
            return asking.responses

        def tell(requests: Sequence[Request]) -> None:
            if left := [request for _, request in questions(requests)]:
                calls.tell(left)

        yield OpenedJudge(
            members=members,
            jury=jury,
            max_tokens=config.judge.max_tokens,
            origins=tuple(one for one in contenders.origins(()) if one.party == "judge"),
            ask=ask,
            tell=tell,
            finish=asking.finish,
        )


def _without_sides(config: HarnessConfig, judges: Sequence[str]) -> tuple[HarnessConfig, str]:
    """Return settings and a model for both sides that need no model on this machine where all judges are hosted.

    The sides are never asked. They are a judge at the address of [engine] where one is, so that others still are asked
    at that address.
    """
    named = [(name or config.judge.model, config.judges.get(name or config.judge.model)) for name in judges]
    hosted = [
        (model, judge_engine(config, own))
        for name, own in named
        if (model := name if own is None else own.model).startswith(HOSTED)
    ]
    if len(hosted) < len(judges):
        return config, BASE
    there = [one for one in hosted if address_of(one[1]) == address_of(config.engine)]
    model, engine = (there or hosted)[0]
    return msgspec.structs.replace(config, engine=engine), model
