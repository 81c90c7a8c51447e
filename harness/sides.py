"""From the names of two models to what answers for them. Nothing is started here: engines start when asked."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from harness.config import EngineConfig, HarnessConfig, home_folder
from harness.errors import NoSuchModel
from harness.models import LocalModel, local_model
from harness.records import Contender, Engine, ModelRef
from harness.store import read_answers, read_run

Say = Callable[[str], None]
BASE = "base"
FORMS = "base, a path to an adapter folder, run:ID, or openai:MODEL"


class Sides:
    """Baseline, candidate and judge of one run. A context manager, since engines must be stopped.

    Both local sides share one engine with the same settings; a judge named ``base`` uses it too.

    Raises:
        InputError: a name leads nowhere, or an adapter can't be served.
    """

    def __init__(self, config: HarnessConfig, root: Path, run_folder: Path, say: Say) -> None:
        self._config = config
        self._root = root
        self._run_folder = run_folder
        self._say = say
        self._stack = ExitStack()
        self._base_folder: Path | None = None
        candidate = config.candidate or newest_adapter(root / config.adapters)
        baseline = config.baseline or (f"{candidate}#baseline" if candidate.startswith("run:") else BASE)
        self._local = {name: self._read_local(name) for name in (baseline, candidate) if _is_local(name)}
        self.baseline = self._contender(baseline)
        self.candidate = self._contender(candidate)

    def judge(self) -> Contender:
        """Return the judge; made on demand, so that a suite without one needs no settings for it."""
        settings = self._config.judge
        if settings.model == BASE:
            self._local.setdefault(BASE, self._read_local(BASE))
            return self._contender(BASE)
        if not settings.model.startswith("openai:"):
            raise NoSuchModel(f"[judge] model = {settings.model!r}: base or openai:MODEL was expected")
        engine = EngineConfig(kind="openai", base_url=settings.base_url, api_key_env=settings.api_key_env)
        return self._hosted(settings.model.removeprefix("openai:"), engine)

    def close(self) -> None:
        """Stop every engine."""
        self._stack.close()

    def _contender(self, name: str) -> Contender:
        if name.startswith("run:"):
            return self._saved(name.removeprefix("run:"))
        if name.startswith("openai:"):
            return self._hosted(name.removeprefix("openai:"), self._config.engine)
        return Contender(model=self._local[name].ref, engine=self._local_engine())

    def _read_local(self, name: str) -> LocalModel:
        adapter = None if name == BASE else self._root / name
        return local_model(Path(self._config.base_model).name, self._base(), adapter)

    def _base(self) -> Path:
        if self._base_folder is None:
            from harness.base_model import resolve_base

            self._base_folder = resolve_base(self._config.base_model, home_folder(), self._say)
        return self._base_folder

    def _local_engine(self) -> Engine:
        raise NotImplementedError

    def _saved(self, name: str) -> Contender:
        from harness.engines.replay import ReplayEngine

        run_id, _, side = name.partition("#")
        folder = self._root / self._config.runs / run_id
        run = read_run(folder)
        model = run.baseline if side == "baseline" else run.candidate
        return Contender(model=model, engine=ReplayEngine(read_answers(folder), run.engine))

    def _hosted(self, model: str, settings: EngineConfig) -> Contender:
        raise NotImplementedError


def newest_adapter(folder: Path) -> str:
    """Return the name of the adapter that was trained last, to be used from the root folder.

    Raises:
        NoSuchModel: there is none.
    """
    manifests = sorted(folder.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime)
    if not manifests:
        raise NoSuchModel(
            f"no candidate: name one with --candidate ({FORMS}); no trained adapter lies in {folder.name}/"
        )
    return f"{folder.name}/{manifests[-1].parent.name}"


def _is_local(name: str) -> bool:
    return not name.startswith(("run:", "openai:"))
