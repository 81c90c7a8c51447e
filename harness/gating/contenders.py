"""From the names of two models to what answers for them. Nothing is started here: engines start when asked."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from harness.config import EngineConfig, HarnessConfig, home_folder
from harness.engines.replay import ReplayEngine
from harness.errors import NoSuchModel
from harness.models.digests import DigestFile, remembered
from harness.models.local import LocalModel, local_adapter, local_base
from harness.records.asked import Contender, Engine, ModelRef
from harness.runs.folder import read_answers, read_run
from harness.runs.names import find_run

Say = Callable[[str], None]
BASE = "base"
FORMS = "base, a path to an adapter folder, run:7, or openai:MODEL"


class Sides:
    """Baseline, candidate and judge of one run. A context manager, since engines must be stopped.

    Both local sides share one engine with the same settings; a judge named ``base`` uses it too.

    Raises:
        InputError: a name leads nowhere, or an adapter can't be served.
    """

    def __init__(
        self, config: HarnessConfig, root: Path, run_folder: Path, say: Say, digest_file: DigestFile = remembered
    ) -> None:
        self._config = config
        self._root = root
        self._run_folder = run_folder
        self._say = say
        self._digest_file = digest_file
        self._stack = ExitStack()
        self._known_base: LocalModel | None = None
        self.known_judge: Contender | None = None
        """None until a rubric needs it."""
        candidate = config.candidate or newest_adapter(root / config.adapters)
        baseline = config.baseline or (f"{candidate}#baseline" if candidate.startswith("run:") else BASE)
        self._locals = {name: self._read_local(name) for name in (baseline, candidate) if _is_local(name)}
        self._engine: Engine | None = None
        self.baseline = self._contender(baseline)
        self.candidate = self._contender(candidate)

    def judge(self) -> Contender:
        """Return the judge; made on demand, so that a suite without one needs no settings for it."""
        if self.known_judge is None:
            self.known_judge = self._open_judge()
        return self.known_judge

    def _open_judge(self) -> Contender:
        settings = self._config.judge
        if settings.model == BASE:
            return Contender(model=self._read_local(BASE).ref, engine=self._local_engine())
        if not settings.model.startswith("openai:"):
            raise NoSuchModel(f"[judge] model = {settings.model!r}: base or openai:MODEL was expected")
        engine = EngineConfig(kind="openai", base_url=settings.base_url, api_key_env=settings.api_key_env)
        return self._hosted(settings.model.removeprefix("openai:"), engine)

    def adapters(self) -> tuple[tuple[Contender, ModelRef], ...]:
        """Return each adapter whose weights lie here, with its base model: what can be proven to be answering."""
        known = {model.ref.adapter_digest for model in self._locals.values() if model.ref.adapter}
        chosen = {
            side.model.adapter_digest: side
            for side in (self.baseline, self.candidate)
            if side.engine is self._engine and side.model.adapter_digest in known
        }
        return tuple((side, self._base().ref) for side in chosen.values())

    @property
    def can_ask_again(self) -> bool:
        """Whether the baseline is a model, and not a saved run, which has one answer to each request."""
        return self.baseline.engine.can_ask_again

    def close(self) -> None:
        """Stop every engine."""
        self._stack.close()

    def _contender(self, name: str) -> Contender:
        if name.startswith("run:"):
            return self._saved(name.removeprefix("run:"))
        if name.startswith("openai:"):
            return self._hosted(name.removeprefix("openai:"), self._config.engine)
        return Contender(model=self._locals[name].ref, engine=self._local_engine())

    def _read_local(self, name: str) -> LocalModel:
        if name == BASE:
            return self._base()
        folder = Path(name) if Path(name).is_dir() else self._root / name
        return local_adapter(self._base(), folder, self._digest_file)

    def _base(self) -> LocalModel:
        if self._known_base is None:
            from harness.models.embedded import resolve_base

            name = self._config.base_model
            folder = self._root / name
            self._known_base = local_base(
                folder.name,
                folder if folder.is_dir() else resolve_base(name, home_folder(), self._say),
                self._digest_file,
            )
        return self._known_base

    def _local_engine(self) -> Engine:
        """Return the one engine of all local models; the base model is always among them, for the judge."""
        if self._engine is None:
            self._engine = self._open_engine((self._read_local(BASE), *self._locals.values()))
        return self._engine

    def _open_engine(self, models: tuple[LocalModel, ...]) -> Engine:
        settings = self._config.engine
        if settings.base_url or settings.kind == "openai":
            return self._remote(settings)
        distinct = tuple({(model.base_path, model.adapter_path): model for model in models}.values())
        if settings.kind == "transformers":
            from harness.engines.transformers import TransformersEngine

            return TransformersEngine(distinct, settings)
        from harness.engines.vllm import VllmEngine

        engine = VllmEngine(distinct, settings, self._run_folder, home_folder(), self._say)
        self._stack.enter_context(engine)
        return engine

    def _remote(self, settings: EngineConfig) -> Engine:
        from harness.engines.openai import remote_engine

        engine: Engine = remote_engine(settings, os.environ)
        return engine

    def _saved(self, name: str) -> Contender:
        run_id, _, side = name.partition("#")
        folder = find_run(self._root / self._config.runs, run_id)
        run = read_run(folder)
        model = run.baseline if side == "baseline" else run.candidate
        return Contender(model=model, engine=ReplayEngine(read_answers(folder), run.engine))

    def _hosted(self, model: str, settings: EngineConfig) -> Contender:
        from harness.engines.openai import hosted_model

        return Contender(model=hosted_model(model), engine=self._remote(settings))


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
