"""Turn the names of two models into contenders. Nothing is started here: engines start when they are first asked."""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness.asking.cases import Suite
from harness.config import EngineConfig, HarnessConfig
from harness.engines.http.endpoint import address_of
from harness.gating.hosted_job import end_of_base, job_engine, told_of_job
from harness.gating.judges import HostedJudge, can_go_on, judge_of, named_origins, refuse_self
from harness.gating.known_models import KnownModels
from harness.gating.local_engines import Engines, settings_for
from harness.gating.naming import (
    Named,
    base_of,
    refuse_one_label,
)
from harness.gating.origins import (
    addresses,
    key_names,
    moved_between,
    origin_by_name,
    origin_here,
    runs_already,
    with_proofs,
)
from harness.gating.renderings import check, rendering_of, told, unlike_training
from harness.gating.replayed import replayed
from harness.gating.served import UNKNOWN, names_at_server, told_by_name
from harness.judges.drift import may_change
from harness.models.digests import DigestFile, remembered
from harness.models.local import LocalModel
from harness.models.unchanged import changed
from harness.records.asked import Contender, Engine, ModelRef, Side
from harness.records.compared import Probe
from harness.records.record import digest
from harness.records.saved import Origin, Party, Run
from harness.runs.folder import read_run
from harness.runs.names import find_run
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal

Say = Callable[[str], None]


@dataclass
class Shared:
    """What all candidates of one asking share: engines by the digest of their settings, and the judge, on demand."""

    opened: dict[str, Engine] = field(default_factory=dict)
    judges: dict[str, tuple[Contender, Origin]] = field(default_factory=dict)
    """By the name that each has in the settings."""
    called: dict[str, str] = field(default_factory=dict)
    """What judges are called, by the names that tests asked for them by."""
    said: set[str] = field(default_factory=set)


class Contenders:
    """Baseline, candidate and judge of one run; ``close`` stops their engines. ``beside`` names further candidates.

    All models that are here share one engine if their settings are the same; a judge named ``base`` uses it too. So do
    all that are asked elsewhere with the same settings.

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
        self._say = say
        self._shared = Shared()
        self._noted: list[tuple[Party, str]] = []
        """What was found about the models and the suites' messages."""
        self._known = KnownModels(config, root, say, digest_file)
        candidate = self._known.candidate(config.candidate)
        baseline = self._known.baseline_of(candidate)
        if self._known.why_baseline:
            self._note("baseline", self._known.why_baseline)
        candidates = [candidate, *(self._known.candidate(other) for other in beside)]
        elsewhere = [self._known.is_elsewhere(one) for one in (baseline, *candidates)]
        pairs = list(zip((baseline, *candidates), elsewhere, strict=True))
        self._all_here = tuple(one for one, is_there in pairs if one.kind == "here" and not is_there)
        """Every name of this asking whose weights are here."""
        models = [self._known.read(one) for one in self._all_here]
        there = [(one, self._known.by_name(one)) for one, is_there in pairs if is_there]
        here = [(one, model.ref) for one, model in zip(self._all_here, models, strict=True)]
        self._served_as = names_at_server(here, there, config.engine)
        texts = [LocalModel(ref=one.model, base_path=str(one.base)) for _, one in there if one.base is not None]
        self._engines = Engines(run_folder, say, key_names(config), self._served_as, [*models, *texts])
        self._here: dict[Side, LocalModel] = {}
        """Each side whose weights are here, and the folder of each side's base model where there is one."""
        self._folders: dict[Side, Path] = {}
        self._origins: dict[Party, Origin] = {}
        self._named: dict[Side, Named] = {"baseline": baseline, "candidate": candidate}
        self.baseline = self._contender("baseline", baseline)
        self.candidate = self._contender("candidate", candidate)
        self._refuse_one_label()
        self._keep_apart()

    def with_candidate(self, name: str) -> "Contenders":
        """Return the same baseline, judge and engines with another candidate, one of ``beside``."""
        other = copy.copy(self)
        other._take(self._known.candidate(name))  # noqa: SLF001 - of the same class
        return other

    def _take(self, candidate: Named) -> None:
        """Take another candidate, in records of its own."""
        self._origins = dict(self._origins)
        self._noted = [(party, line) for party, line in self._noted if party != "candidate"]
        self._here = {side: model for side, model in self._here.items() if side != "candidate"}
        self._folders = {side: folder for side, folder in self._folders.items() if side != "candidate"}
        self._named = {**self._named, "candidate": candidate}
        self.candidate = self._contender("candidate", candidate)
        self._refuse_one_label()
        self._keep_apart()

    def _keep_apart(self) -> None:
        """Let a saved run's answers be another thing than those that the same model gives now, or gave in another run.

        Otherwise both would be found by the same key, and an engine that changed would answer as it did then.
        """
        is_one = self.baseline.model.weights == self.candidate.model.weights
        then = {side: one.model if is_one and one.kind == "saved" else "" for side, one in self._named.items()}
        self.baseline = msgspec.structs.replace(self.baseline, then=then["baseline"])
        self.candidate = msgspec.structs.replace(self.candidate, then=then["candidate"])

    @property
    def called_judges(self) -> dict[str, str]:
        """What the judges so far are called, by the names that tests asked for them by; "" is that of the settings."""
        return dict(self._shared.called)

    @property
    def known_judges(self) -> tuple[Contender, ...]:
        """The judges so far; none until a rubric needs one."""
        return tuple(contender for contender, _ in self._used_judges())

    def judge(self, name: str = "") -> Contender:
        """Return a judge that is used, by default that of the settings.

        Raises:
            InputError, EngineSetupError: as ``judge_to_check``.
        """
        contender, _ = self._judge(name)
        self._shared.called[name] = contender.model.name
        return contender

    def judge_to_check(self) -> Contender:
        """Return the judge of the settings, which possibly no test uses: it is none of this run's judges yet.

        Raises:
            InputError, EngineSetupError: its settings are wrong, or it is the candidate itself.
        """
        contender, _ = self._judge("")
        return contender

    def judge_may_change(self, judge: ModelRef, engine: str) -> bool:
        """Tell whether another model can answer behind the name of a judge, given its engine's identity too."""
        used = (origin for one, origin in self._used_judges() if (one.model, one.engine.identity) == (judge, engine))
        return any(may_change(origin.known_by) for origin in used)

    def judge_elsewhere(self) -> Contender | None:
        """Return the judge where it is asked at an address at which neither side is; None where it is not."""
        judge, origin = self._judge("")
        sides = {self._origins[side].address for side in self._sides()}
        return judge if judge.engine.runs_elsewhere and origin.address and origin.address not in sides else None

    def _judge(self, name: str) -> tuple[Contender, Origin]:
        """Return a judge; made on demand, so that nothing else needs settings for it."""
        name = name or self._config.judge.model
        if name not in self._shared.judges:
            judge = self._open_judge(name)
            self._shared.judges[name] = judge, self._origins.pop("judge")
        refuse_self(self._shared.judges[name][0], self.candidate.model, self.baseline.model, self._config)
        return self._shared.judges[name]

    def _used_judges(self) -> list[tuple[Contender, Origin]]:
        used = dict.fromkeys(name or self._config.judge.model for name in self._shared.called)
        return [self._shared.judges[name] for name in used]

    def _open_judge(self, name: str) -> Contender:
        meant = judge_of(name, self._config, self._known)
        if isinstance(meant, HostedJudge):
            if name not in {self._config.judge.model, *self._config.judges}:  # those were said before the first request
                address = hide_login(address_of(meant.settings))
                self._note("judge", for_terminal(f"{address} was asked for the judge {meant.model}", None))
            judge = self._hosted("judge", meant.model, meant.settings)
            return msgspec.structs.replace(judge, goes_on=can_go_on(meant.settings))
        return self._by_name("judge", meant) if self._known.is_elsewhere(meant) else self._from_here("judge", meant)

    def announce(self) -> None:
        """Say before the first request which addresses will be asked, and whether both sides are one model."""
        if line := addresses(self._origins, self._models(), self._config):
            self._say(line)
        for line in moved_between(self._origins, self._models()):
            self._say(line)
        first, second = self.baseline, self.candidate
        asked_alike = (first.engine.identity, first.rendering) == (second.engine.identity, second.rendering)
        if asked_alike and (second.model.weights == first.model.weights or self._is_one_name()):
            self._say(for_terminal(f"candidate and baseline are the same model, {second.model.name}", None))

    def origins(self, probes: Sequence[Probe]) -> tuple[Origin, ...]:
        """Return where the answers of each side and of the judge came from, given what the probes proved."""
        sides: dict[Party, Origin] = {
            side: with_proofs(self._origins[side], model, probes) for side, model in self._models().items()
        }
        return (*{**self._origins, **sides}.values(), *named_origins(self._used_judges()))

    def adapters(self) -> tuple[tuple[Contender, ModelRef], ...]:
        """Return each adapter whose weights are here, with its base model: what probes can check."""
        chosen = {
            self._sides()[side].model.weights: (self._sides()[side], self._known.read(base_of(self._named[side])).ref)
            for side, model in self._here.items()
            if model.adapter_path is not None
        }
        return tuple(chosen.values())

    @property
    def root(self) -> Path:
        """The folder that paths in the settings are relative to."""
        return self._root

    @property
    def adapter_folder(self) -> Path | None:
        """The folder of the candidate's adapter, or of its job; None where it is neither, or its files are not here."""
        if job := self._named["candidate"].job:
            return Path(job)
        return self._adapter_of("candidate")

    @property
    def trained_folders(self) -> dict[Side, Path]:
        """What a training can have left, by side: the folder of an adapter, else of a whole model, where it is here."""
        found = {side: self._adapter_of(side) or self._folders.get(side) for side in self._named}
        return {side: folder for side, folder in found.items() if folder is not None}

    def _adapter_of(self, side: Side) -> Path | None:
        named = self._named[side]
        return None if named.kind != "here" or named.settings.adapter is None else self._root / named.settings.adapter

    @property
    def replayed_run(self) -> Run | None:
        """The run whose candidate's answers the candidate gives again; None where it is another one."""
        named = self._named["candidate"]
        if named.kind != "saved" or "#" in named.model:
            return None
        return read_run(find_run(self._root / self._config.runs, named.model))

    def changed(self) -> tuple[str, ...]:
        """Return the names of both sides' models here whose files are not the ones any more that this run has read."""
        return changed(tuple(self._here[side] for side in ("baseline", "candidate") if side in self._here))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about the models, and parameters that servers were asked without: lines for the report."""
        asked = [self.candidate, self.baseline, *self.known_judges]
        of_models = [note for model in self._here.values() for note in model.notes]
        moved = moved_between(self._origins, self._models())
        rendered = [note for one in asked for note in told(one)]
        found = [line for _, line in self._noted]
        of_engines = [note for one in asked for note in one.engine.notes]
        return tuple(dict.fromkeys([*of_models, *moved, *rendered, *found, *of_engines]))

    def check(self, suites: Iterable[Suite]) -> None:
        """Check that each side can be given the messages of these suites, and say what changes nothing.

        Raises:
            InputError: a base model has no chat template, or a case can't be sent as plain text.
        """
        is_served_here = not runs_already(self._config.engine)
        for suite in suites:
            for side, contender in self._sides().items():
                found = check(suite, contender, self._folders.get(side), is_served_here=is_served_here)
                for line in (*found, *unlike_training(suite, contender, self._here.get(side))):
                    self._note(side, line)

    @property
    def can_ask_again(self) -> bool:
        """Whether the baseline is a model; a saved run has only one answer to each request."""
        return self.baseline.engine.can_ask_again

    def close(self) -> None:
        """Stop every engine."""
        self._engines.close()

    def _refuse_one_label(self) -> None:
        refuse_one_label([one for side, one in self._models().items() if self._named[side].kind in {"here", "served"}])

    def _is_one_name(self) -> bool:
        """Whether a running server is asked for both sides by one name: by an adapter's folder, and as served:NAME."""
        if not runs_already(self._config.engine) or {one.kind for one in self._named.values()} != {"here", "served"}:
            return False
        first, second = (self._served_as.get(one.weights, one.own_name) for one in self._models().values())
        return first == second

    def _sides(self) -> dict[Side, Contender]:
        return {"baseline": self.baseline, "candidate": self.candidate}

    def _models(self) -> dict[Side, ModelRef]:
        return {"candidate": self.candidate.model, "baseline": self.baseline.model}

    def _contender(self, side: Side, named: Named) -> Contender:
        if named.kind == "saved":
            contender, self._origins[side] = replayed(side, named.model, self._root / self._config.runs)
            return contender
        if named.kind == "hosted":
            return self._of_service(side, named)
        if self._known.is_elsewhere(named):
            return self._by_name(side, named)
        self._here[side] = model = self._known.read(named)
        self._folders[side] = Path(model.base_path)
        return self._from_here(side, named)

    def _from_here(self, party: Party, named: Named) -> Contender:
        """Return a model whose weights are here."""
        model = self._known.read(named)
        self._origins[party] = origin_here(party, model.commit, self._config)
        return Contender(
            model=model.ref,
            engine=self._engine_with(
                (self._known.read(base_of(named)), model), settings_for(self._config.engine, named.settings.args)
            ),
            rendering=rendering_of(named, Path(model.base_path), self._root, model.own_template),
            declared=tuple(dict.fromkeys([*named.declared, *(["chat template"] if model.has_own_text else [])])),
        )

    def _engine_with(self, wanted: Sequence[LocalModel], settings: EngineConfig) -> Engine:
        """Return the one engine of all models that are asked with these settings; another one for a model beyond them.

        A judge can be such a model, where both sides are other models. ``wanted`` is a base model and a model on it.
        """
        asked = [digest(settings_for(self._config.engine, one.settings.args)) for one in self._all_here]
        key = digest(settings)
        together = [one for one, its in zip(self._all_here, asked, strict=True) if its == key]
        models = [self._known.read(each) for one in together for each in (base_of(one), one)]
        if wanted[-1].ref.weights not in {one.ref.weights for one in models}:
            key, models = digest((key, wanted[-1].ref.weights)), [*wanted]
        if key not in self._shared.opened:
            self._shared.opened[key] = self._engines.here(settings, models, len({*asked, key}))
        return self._shared.opened[key]

    def _by_name(self, party: Party, named: Named) -> Contender:
        """Return a model that is only a name at a running server."""
        settings = self._config.engine
        self._origins[party] = origin_by_name(party, settings)
        known = self._known.by_name(named)
        for line in filter(None, (told_by_name(named, self._config), *known.notes)):
            self._note(party, line)
        if party != "judge" and known.base is not None:
            self._folders[party] = known.base
        return Contender(
            model=known.model,
            engine=self._engines.remote(settings),
            rendering=rendering_of(named, known.base, self._root, known.own_template),
            declared=tuple(dict.fromkeys([*named.declared, *UNKNOWN])),
        )

    def _note(self, party: Party, line: str) -> None:
        """Keep something worth a line in the report, and say it once."""
        if (party, line) not in self._noted:
            self._noted.append((party, line))
        self._say_once(line)

    def _say_once(self, line: str) -> None:
        if line not in self._shared.said:
            self._shared.said.add(line)
            self._say(line)

    def _of_service(self, side: Side, named: Named) -> Contender:
        """Return a model that is a name at a service: that of [engine], or the one that it was tuned at."""
        if not named.job:
            return self._hosted(side, named.model, self._config.engine)
        folder = Path(named.job)
        contender = self._hosted(side, named.model, job_engine(folder, self._config))
        if (ends := end_of_base(folder, named.model)) is not None:
            self._origins[side] = msgspec.structs.replace(self._origins[side], base_ends=ends.isoformat())
            self._say_once(told_of_job(folder, datetime.now(UTC).date()))
        return contender

    def _hosted(self, party: Party, model: str, settings: EngineConfig) -> Contender:
        from harness.engines.openai import hosted_model

        self._origins[party] = origin_by_name(party, settings)
        return Contender(model=hosted_model(model), engine=self._engines.remote(settings))
