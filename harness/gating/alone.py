"""Models that are asked outside of pytest: through the same engines, from the same store."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from harness.asking.ask import Asking
from harness.asking.store import STORE_FILE, ReusingStore, Store
from harness.config import HarnessConfig
from harness.gating.contenders import Contenders
from harness.gating.judging import AskJudge
from harness.gating.naming import BASE, HOSTED
from harness.gating.origins import judge_engine
from harness.records.asked import Contender, ModelRef, Request, Response
from harness.records.record import Record
from harness.records.saved import Origin
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
                yield contenders, Asking(store, watch), folder
            finally:
                store.close()
        finally:
            contenders.close()
    finally:
        with suppress(OSError):  # it holds a run, or logs of a server
            folder.rmdir()


class OpenedJudge(Record, frozen=True, kw_only=True):
    """The judge of some settings, where it is asked, and the function that asks it.

    ``finish`` notes that all is answered: later runs ask a hosted judge anew. Without it they go on from here.
    """

    contender: Contender
    max_tokens: int
    origin: Origin
    ask: AskJudge
    finish: Callable[[], None]

    @property
    def model(self) -> ModelRef:
        """What it is."""
        return self.contender.model

    def reading(self, rubric: Rubric) -> Judge | PairJudge:
        """Return the judge with a rubric."""
        kind = Judge if rubric.kind == "scale" else PairJudge
        return kind(
            rubric=rubric,
            model=self.model,
            engine_identity=self.contender.engine.identity,
            max_tokens=self.max_tokens,
            rendering=self.contender.rendering,
        )


@contextmanager
def opened_judge(config: HarnessConfig, root: Path) -> Iterator[OpenedJudge]:
    """Open the judge that the settings name, without the sides of a run. Nothing is asked yet.

    Raises:
        InputError, EngineSetupError, StoreError: as ``opened``.
    """
    hosted = config.judge.model.startswith(HOSTED)
    # Sides that are asked where the judge is need no model on this machine.
    asked_there = msgspec.structs.replace(config, engine=judge_engine(config)) if hosted else config
    with opened(asked_there, root, config.judge.model if hosted else BASE) as (contenders, asking, _):
        judge = contenders.judge()

        def ask(requests: Sequence[Request]) -> Mapping[str, Response]:
            asking.fetch([(judge.engine, request) for request in requests])
            return asking.responses

        yield OpenedJudge(
            contender=judge,
            max_tokens=config.judge.max_tokens,
            origin=next(one for one in contenders.origins(()) if one.party == "judge"),
            ask=ask,
            finish=asking.finish,
        )
