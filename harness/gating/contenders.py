"""Turn the names of two models into contenders. Nothing is started here: engines start when they are first asked."""

import copy
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.config import EngineConfig, HarnessConfig, home_folder
from harness.engines.checked import CheckedEngine
from harness.engines.http.endpoint import address_of
from harness.engines.replay import ReplayEngine, answers_of_then, model_then
from harness.errors import ConfigError, NoSuchModel
from harness.gating.origins import (
    BASE,
    HOSTED,
    SAVED,
    addresses,
    judge_engine,
    key_names,
    moved_between,
    origin_of,
    refuse_one_name_for_two,
    runs_already,
    saved_origin,
    with_proofs,
)
from harness.models.adapter import FILES, adapters_in, folder_name
from harness.models.digests import DigestFile, remembered
from harness.models.hub_cache import hub_model
from harness.models.local import LocalModel, local_adapter, local_base
from harness.records.asked import Contender, Engine, ModelRef, Side
from harness.records.compared import Probe
from harness.records.record import digest
from harness.records.saved import Origin, Party
from harness.runs.folder import read_answers, read_run
from harness.runs.names import find_run
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal

Say = Callable[[str], None]
FORMS = "base, a path to an adapter folder, run:7, or openai:MODEL"
LISTED = 5
"""Number of names that are listed when the folder of adapters has other files but no adapter."""


@dataclass
class Shared:
    """What is made on demand, once for all candidates of one asking; None until it is needed."""

    base: LocalModel | None = None
    engine: Engine | None = None
    judge: Contender | None = None


class Contenders:
    """Baseline, candidate and judge of one run; ``close`` stops their engines. ``beside`` names further candidates.

    Both local sides share one engine with the same settings; a judge named ``base`` uses it too. So do all that are
    asked elsewhere with the same settings.

    Raises:
        InputError: a name leads to no model, or an adapter can't be served.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a fact of its own
        self,
        config: HarnessConfig,
        root: Path,
        run_folder: Path,
        say: Say,
        digest_file: DigestFile = remembered,
        beside: Sequence[str] = (),
    ) -> None:
        self._config = config
        self._root = root
        self._run_folder = run_folder
        self._say = say
        self._digest_file = digest_file
        self._stack = ExitStack()
        self._shared = Shared()
        candidate = newest_adapter(root / config.adapters) if config.candidate is None else config.candidate
        default = f"{candidate}#baseline" if candidate.startswith(SAVED) else BASE
        baseline = default if config.baseline is None else config.baseline
        _require_name("candidate", candidate)
        _require_name("baseline", baseline)
        for name in beside:
            _require_name("candidate", name)
        self._locals = {name: self._read_local(name) for name in (baseline, candidate, *beside) if _is_local(name)}
        self._remotes: dict[str, CheckedEngine] = {}
        """By the digest of their settings."""
        self._origins: dict[Party, Origin] = {}
        self.baseline = self._contender("baseline", baseline)
        self.candidate = self._contender("candidate", candidate)

    def with_candidate(self, name: str) -> "Contenders":
        """Return the same baseline, judge and engines with another candidate, one of ``beside``."""
        other = copy.copy(self)
        other._origins = dict(self._origins)  # noqa: SLF001 - of the same class
        other.candidate = other._contender("candidate", name)  # noqa: SLF001 - the same
        return other

    @property
    def known_judge(self) -> Contender | None:
        """The judge; None until a rubric needs it."""
        return self._shared.judge

    def judge(self) -> Contender:
        """Return the judge; made on demand, so that a suite without a judge needs no settings for it."""
        if self._shared.judge is None:
            self._shared.judge = self._open_judge()
        origin = origin_of("judge", self._config.judge.model, self._config)
        asks_base = self._config.judge.model == BASE
        self._origins["judge"] = msgspec.structs.replace(origin, commit=self._base().commit) if asks_base else origin
        return self._shared.judge

    def _open_judge(self) -> Contender:
        settings = self._config.judge
        if settings.model == BASE:
            if settings.base_url is not None:
                raise ConfigError(
                    "[judge] base_url is only for hosted models, but model = 'base' is asked as the sides are; "
                    'name the model at that address: model = "openai:MODEL"'
                )
            return Contender(model=self._base().ref, engine=self._local_engine())
        if not settings.model.startswith(HOSTED):
            raise NoSuchModel(f"[judge] model = {settings.model!r}: expected base or openai:MODEL")
        _require_name("judge", settings.model)
        return self._hosted(settings.model.removeprefix(HOSTED), judge_engine(self._config))

    def announce(self) -> None:
        """Say before the first request which addresses will be asked, and whether both sides are one model."""
        if line := addresses(self._origins, self._models(), self._config):
            self._say(line)
        for line in moved_between(self._origins, self._models()):
            self._say(line)
        if self.candidate.model.weights == self.baseline.model.weights:
            self._say(for_terminal(f"candidate and baseline are the same model, {self.candidate.model.name}", None))

    def origins(self, probes: Sequence[Probe]) -> tuple[Origin, ...]:
        """Return where the answers of each side and of the judge came from, given what the probes proved."""
        sides: dict[Party, Origin] = {
            side: with_proofs(self._origins[side], model, probes) for side, model in self._models().items()
        }
        return tuple({**self._origins, **sides}.values())

    def adapters(self) -> tuple[tuple[Contender, ModelRef], ...]:
        """Return each adapter whose weights are here, with its base model: what probes can check."""
        known = {model.ref.adapter_digest for model in self._locals.values() if model.ref.adapter is not None}
        chosen = {
            side.model.adapter_digest: side
            for side in (self.baseline, self.candidate)
            if side.engine is self._shared.engine and side.model.adapter_digest in known
        }
        return tuple((side, self._base().ref) for side in chosen.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about the models, and parameters that servers were asked without: lines for the report."""
        asked = [self.candidate, self.baseline, *([self.known_judge] if self.known_judge else [])]
        sides = self._models()
        of_models = [note for model in self._locals.values() if model.ref in sides.values() for note in model.notes]
        moved = moved_between(self._origins, sides)
        return tuple(dict.fromkeys([*of_models, *moved, *(note for one in asked for note in one.engine.notes)]))

    @property
    def can_ask_again(self) -> bool:
        """Whether the baseline is a model; a saved run has only one answer to each request."""
        return self.baseline.engine.can_ask_again

    def close(self) -> None:
        """Stop every engine."""
        self._stack.close()

    def _models(self) -> dict[Side, ModelRef]:
        return {"candidate": self.candidate.model, "baseline": self.baseline.model}

    def _contender(self, side: Side, name: str) -> Contender:
        if name.startswith(SAVED):
            return self._saved(side, name.removeprefix(SAVED))
        self._origins[side] = origin_of(side, name, self._config)
        if name.startswith(HOSTED):
            return self._hosted(name.removeprefix(HOSTED), self._config.engine)
        self._origins[side] = msgspec.structs.replace(self._origins[side], commit=self._locals[name].commit)
        return Contender(model=self._locals[name].ref, engine=self._local_engine())

    def _read_local(self, name: str) -> LocalModel:
        if name == BASE:
            return self._base()
        folder = Path(name) if os.path.isdir(name) else self._root / name  # noqa: PTH112 - a Path raises if it is too long
        model = local_adapter(self._base(), folder, self._digest_file)
        for note in model.notes:
            self._say(note)
        return model

    def _base(self) -> LocalModel:
        if self._shared.base is None:
            from harness.models.embedded import resolve_base

            name = self._config.base_model
            folder = self._root / name
            found = folder if folder.is_dir() else resolve_base(name, home_folder(), self._say)
            fetched = hub_model(found)
            self._shared.base = local_base(fetched.repo if fetched else folder_name(folder), found, self._digest_file)
        return self._shared.base

    def _local_engine(self) -> Engine:
        """Return the one engine of all local models, always with the base model, for the judge."""
        if self._shared.engine is None:
            self._shared.engine = self._open_engine((self._read_local(BASE), *self._locals.values()))
        return self._shared.engine

    def _open_engine(self, models: tuple[LocalModel, ...]) -> Engine:
        settings = self._config.engine
        if runs_already(settings):
            refuse_one_name_for_two(models, hide_login(address_of(settings)))
            remote = self._remote(settings)
            remote.check_too(models)
            return remote
        distinct = tuple({(model.base_path, model.adapter_path): model for model in models}.values())
        if settings.kind == "transformers":
            from harness.engines.transformers import TransformersEngine

            return TransformersEngine(distinct, settings, self._say)
        from harness.engines.vllm import VllmEngine

        keys = key_names(self._config)
        engine = VllmEngine(distinct, settings, self._run_folder, home_folder(), self._say, keys)
        self._stack.enter_context(engine)
        return engine

    def _remote(self, settings: EngineConfig) -> CheckedEngine:
        """Return the one engine for these settings: its models at one address share the limit on requests in flight."""
        from harness.engines.openai import remote_engine
        from harness.engines.spans import SpanReader

        key = digest(settings)
        if key not in self._remotes:
            spans = SpanReader(tuple(self._locals.values()), settings.max_model_len)
            self._remotes[key] = CheckedEngine(remote_engine(settings, os.environ, spans))
        return self._remotes[key]

    def _saved(self, asked: Side, name: str) -> Contender:
        run_id, _, side = name.partition("#")
        folder = find_run(self._root / self._config.runs, run_id)
        run = read_run(folder)
        part: Side = "baseline" if side == "baseline" else "candidate"
        model = run.baseline if part == "baseline" else run.candidate
        self._origins[asked] = saved_origin(asked, run, part)
        answers = read_answers(folder)
        if model.is_hosted:
            then = model_then(model, folder.name)
            return Contender(model=then, engine=ReplayEngine(answers_of_then(answers, model, then), run.engine))
        return Contender(model=model, engine=ReplayEngine(answers, run.engine))

    def _hosted(self, model: str, settings: EngineConfig) -> Contender:
        from harness.engines.openai import hosted_model

        return Contender(model=hosted_model(model), engine=self._remote(settings))


def newest_adapter(folder: Path) -> str:
    """Return the path of the adapter that was trained last, relative to the folder of the settings.

    Raises:
        NoSuchModel: there is none.
    """
    adapters = adapters_in(folder)
    if not adapters:
        there = sorted(path.name for path in folder.glob("[!.]*"))
        told = f"has {', '.join(map(for_terminal, there[:LISTED]))}, but no adapter" if there else "is empty"
        raise NoSuchModel(
            f"no candidate: name one with --candidate ({FORMS}); {folder.name}/ "
            f"{told if folder.is_dir() else 'does not exist'} (a folder with {' and '.join(FILES)})"
        )
    return f"{folder.name}/{adapters[-1].name}"


def _is_local(name: str) -> bool:
    return not name.startswith((SAVED, HOSTED))


def _require_name(party: Party, name: str) -> None:
    """Refuse an empty name, as an unset variable in a shell gives."""
    if not name.removeprefix(HOSTED).removeprefix(SAVED).strip():
        raise NoSuchModel(f"the {party} is {name!r}, which is not the name of a model; use {FORMS}")
