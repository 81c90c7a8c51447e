"""Turn the names of two models into contenders. Nothing is started here: engines start when they are first asked."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harness.asking.cases import Suite
from harness.config import EngineConfig, HarnessConfig
from harness.errors import ConfigError, InputError, NoSuchModel
from harness.gating.local_engines import Engines, settings_for
from harness.gating.local_models import LocalModels
from harness.gating.naming import (
    BASE,
    FORMS,
    HOSTED,
    Named,
    base_of,
    check_tables,
    default_baseline,
    meaning,
    refuse_one_label,
    served_names,
)
from harness.gating.origins import (
    addresses,
    judge_engine,
    key_names,
    moved_between,
    origin_by_name,
    origin_here,
    runs_already,
    with_proofs,
)
from harness.gating.renderings import check, rendering_of, told, unlike_training
from harness.gating.replayed import replayed
from harness.gating.served import UNKNOWN, folder_of, is_elsewhere, known_by_name, suggest, told_by_name
from harness.models.adapter import FILES, adapters_in
from harness.models.digests import DigestFile, remembered
from harness.models.local import LocalModel
from harness.records.asked import Contender, Engine, ModelRef, Side
from harness.records.compared import Probe
from harness.records.record import digest
from harness.records.saved import Origin, Party
from harness.text.visible import for_terminal

Say = Callable[[str], None]
LISTED = 5
"""Number of names that are listed when the folder of adapters has other files but no adapter."""


class Contenders:
    """Baseline, candidate and judge of one run; ``close`` stops their engines.

    Both sides that are here share one engine if their settings are the same; a judge named ``base`` uses it too. So do
    all that are asked elsewhere with the same settings.

    Raises:
        InputError: a name leads to no model, or an adapter can't be served.
    """

    def __init__(
        self, config: HarnessConfig, root: Path, run_folder: Path, say: Say, digest_file: DigestFile = remembered
    ) -> None:
        check_tables(config)
        self._config = config
        self._root = root
        self._say = say
        self._models_here = LocalModels(root, say, digest_file)
        self._served_as: dict[tuple[str, ...], str] = {}
        self._engines = Engines(run_folder, say, key_names(config), self._served_as)
        self.known_judge: Contender | None = None
        """None until a rubric needs it."""
        name = newest_adapter(root / config.adapters) if config.candidate is None else config.candidate
        candidate = meaning("candidate", name, config, root)
        named: dict[Side, Named] = {
            "baseline": default_baseline(candidate, config, root)
            if config.baseline is None
            else meaning("baseline", config.baseline, config, root),
            "candidate": candidate,
        }
        self._noted: list[str] = []
        """What was found about the models and the suites' messages."""
        here = [side for side, one in named.items() if not self._is_elsewhere(one) and one.kind == "here"]
        self._named = {side: named[side] for side in here}
        self._here: dict[Side, LocalModel] = {side: self._read(one) for side, one in self._named.items()}
        self._bases = {side: self._models_here.read(base_of(one)) for side, one in self._named.items()}
        refuse_one_label([model.ref for model in self._here.values()])
        self._served_as |= served_names([(one, self._here[side].ref) for side, one in self._named.items()])
        self._folders = {side: Path(model.base_path) for side, model in self._here.items()}
        self._opened: dict[str, Engine] = {}
        """By the digest of their settings: the engines of models that are here."""
        self._origins: dict[Party, Origin] = {}
        self.baseline = self._contender("baseline", named["baseline"])
        self.candidate = self._contender("candidate", named["candidate"])

    def judge(self) -> Contender:
        """Return the judge; made on demand, so that a suite without a judge needs no settings for it."""
        if self.known_judge is None:
            self.known_judge = self._open_judge()
        return self.known_judge

    def _open_judge(self) -> Contender:
        settings = self._config.judge
        if settings.model == BASE:
            if settings.base_url is not None:
                raise ConfigError(
                    "[judge] base_url is only for hosted models, but model = 'base' is asked as the sides are; "
                    'name the model at that address: model = "openai:MODEL"'
                )
            named = meaning("judge", BASE, self._config, self._root)
            if named.settings.prompt_format == "raw":
                raise ConfigError(
                    '[judge] model = "base": a judge is asked in messages, and prompt_format = "raw" sends none; name '
                    'a hosted judge, model = "openai:MODEL", or a chat_template for the base model'
                )
            if self._is_elsewhere(named):
                return self._by_name("judge", named)
            model = self._models_here.read(named)
            self._origins["judge"] = origin_here("judge", model.commit, self._config)
            return Contender(
                model=model.ref,
                engine=self._engine_with(model, settings_for(self._config.engine, ())),
                rendering=rendering_of(named, Path(model.base_path), self._root),
            )
        if not settings.model.startswith(HOSTED):
            raise NoSuchModel(f"[judge] model = {settings.model!r}: expected base or openai:MODEL")
        meaning("judge", settings.model, self._config, self._root)
        return self._hosted("judge", settings.model.removeprefix(HOSTED), judge_engine(self._config))

    def announce(self) -> None:
        """Say before the first request which addresses will be asked, and whether both sides are one model."""
        if line := addresses(self._origins, self._models(), self._config):
            self._say(line)
        for line in moved_between(self._origins, self._models()):
            self._say(line)
        first, second = self.baseline, self.candidate
        asked_alike = (first.engine.identity, first.rendering) == (second.engine.identity, second.rendering)
        if asked_alike and second.model.weights == first.model.weights:
            self._say(for_terminal(f"candidate and baseline are the same model, {second.model.name}", None))

    def origins(self, probes: Sequence[Probe]) -> tuple[Origin, ...]:
        """Return where the answers of each side and of the judge came from, given what the probes proved."""
        sides: dict[Party, Origin] = {
            side: with_proofs(self._origins[side], model, probes) for side, model in self._models().items()
        }
        return tuple({**self._origins, **sides}.values())

    def adapters(self) -> tuple[tuple[Contender, ModelRef], ...]:
        """Return each adapter whose weights are here, with its base model: what probes can check."""
        sides: dict[Side, Contender] = {"baseline": self.baseline, "candidate": self.candidate}
        chosen = {
            sides[side].model.weights: (sides[side], self._bases[side].ref)
            for side, model in self._here.items()
            if model.adapter_path is not None
        }
        return tuple(chosen.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about the models, and parameters that servers were asked without: lines for the report."""
        asked = [self.candidate, self.baseline, *([self.known_judge] if self.known_judge else [])]
        of_models = [note for model in self._here.values() for note in model.notes]
        moved = moved_between(self._origins, self._models())
        of_engines = [note for one in asked for note in one.engine.notes]
        rendered = [note for one in asked for note in told(one)]
        return tuple(dict.fromkeys([*of_models, *moved, *rendered, *self._noted, *of_engines]))

    def check(self, suites: Iterable[Suite]) -> None:
        """Check that each side can be given the messages of these suites, and say what changes nothing.

        Raises:
            InputError: a base model has no chat template, or a case can't be sent as plain text.
        """
        sides: dict[Side, Contender] = {"baseline": self.baseline, "candidate": self.candidate}
        is_served_here = not runs_already(self._config.engine)
        for suite in suites:
            for side, contender in sides.items():
                found = check(suite, contender, self._folders.get(side), is_served_here=is_served_here)
                self._note(*found, *unlike_training(suite, contender, self._here.get(side)))

    @property
    def can_ask_again(self) -> bool:
        """Whether the baseline is a model; a saved run has only one answer to each request."""
        return self.baseline.engine.can_ask_again

    def close(self) -> None:
        """Stop every engine."""
        self._engines.close()

    def _models(self) -> dict[Side, ModelRef]:
        return {"candidate": self.candidate.model, "baseline": self.baseline.model}

    def _contender(self, side: Side, named: Named) -> Contender:
        if named.kind == "saved":
            contender, self._origins[side] = replayed(side, named.model, self._root / self._config.runs)
            return contender
        if named.kind == "hosted":
            return self._hosted(side, named.model, self._config.engine)
        if side not in self._here:
            return self._by_name(side, named)
        model = self._here[side]
        self._origins[side] = origin_here(side, model.commit, self._config)
        settings = settings_for(self._config.engine, named.settings.args)
        return Contender(
            model=model.ref,
            engine=self._engine_with(model, settings),
            rendering=rendering_of(named, self._folders[side], self._root),
            declared=named.declared,
        )

    def _is_elsewhere(self, named: Named) -> bool:
        return is_elsewhere(named, self._config, self._root)

    def _read(self, named: Named) -> LocalModel:
        """Return a model that is here; where it isn't, say whether a running server has one of that name.

        Raises:
            InputError: there is no such model, or it can't be used.
        """
        try:
            return self._models_here.read(named)
        except InputError as problem:
            suggest(named, problem, self._config, self._root)
            raise

    def _by_name(self, party: Party, named: Named) -> Contender:
        """Return a model that is only a name at a running server."""
        settings = self._config.engine
        self._origins[party] = origin_by_name(party, settings)
        try:
            model, served_as = known_by_name(named, self._root)
        except InputError as problem:
            suggest(named, problem, self._config, self._root)
            raise
        if served_as is not None:
            self._served_as[model.weights] = served_as
        if line := told_by_name(named, self._config):
            self._note(line)
        base = folder_of(named.settings.base, self._root) if named.settings.base else None
        if party != "judge" and base is not None:
            self._folders[party] = base
        return Contender(
            model=model,
            engine=self._engines.remote(settings),
            rendering=rendering_of(named, base, self._root),
            declared=tuple(dict.fromkeys([*named.declared, *UNKNOWN])),
        )

    def _note(self, *lines: str) -> None:
        """Say something worth a line in the report too, once."""
        for line in lines:
            if line not in self._noted:
                self._noted.append(line)
                self._say(line)

    def _engine_with(self, model: LocalModel, settings: EngineConfig) -> Engine:
        """Return the one engine of all models that are asked with these settings; another one for a model beyond them.

        A judge can be such a model, where both sides are on other base models.
        """
        asked = {
            side: digest(settings_for(self._config.engine, one.settings.args)) for side, one in self._named.items()
        }
        key = digest(settings)
        together = [(self._bases[side], self._here[side]) for side, one in asked.items() if one == key]
        models = [each for pair in together for each in pair]
        if model.ref.weights not in {one.ref.weights for one in models}:
            key, models = f"{key} {model.base_path}", [model]
        if key not in self._opened:
            self._opened[key] = self._engines.here(settings, models, len({*asked.values(), key}))
        return self._opened[key]

    def _hosted(self, party: Party, model: str, settings: EngineConfig) -> Contender:
        from harness.engines.openai import hosted_model

        self._origins[party] = origin_by_name(party, settings)
        return Contender(model=hosted_model(model), engine=self._engines.remote(settings))


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
