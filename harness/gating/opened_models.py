"""From a name to a model that can be asked, with its engine and where its answers come from.

Nothing is started here: engines start when they are first asked.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.config.engine import EngineConfig
from harness.config.whole import HarnessConfig
from harness.engines.http.endpoint import address_of
from harness.gating.hosted_job import end_of_base, job_engine, told_of_job
from harness.gating.judges import HostedJudge, can_go_on, judge_of
from harness.gating.known_models import KnownModels
from harness.gating.local_engines import Engines, settings_for
from harness.gating.naming import Named, base_of
from harness.gating.origins import key_names, origin_by_name, origin_here
from harness.gating.renderings import rendering_of
from harness.gating.replayed import replayed
from harness.gating.served import UNKNOWN, names_at_server, told_by_name
from harness.models.digests import DigestFile
from harness.models.local import LocalModel
from harness.records.asked import Side
from harness.records.engine import Contender, Engine
from harness.records.parties import Origin, Party
from harness.records.record import digest
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal

Say = Callable[[str], None]


class OpenedModel(NamedTuple):
    """A model that can be asked, where its answers come from, and what was found about it: lines for the report."""

    contender: Contender
    origin: Origin
    notes: tuple[str, ...] = ()
    here: LocalModel | None = None
    """A side whose weights are here."""
    folder: Path | None = None
    """The folder of a side's base model where there is one."""


class OpenedModels:
    """What all candidates of one asking share: the names of all models, and their engines.

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
        digest_file: DigestFile,
        beside: Sequence[str],
    ) -> None:
        self._config = config
        self._root = root
        self._say = say
        self._said: set[str] = set()
        self._opened: dict[str, Engine] = {}
        """By the digest of its settings."""
        self.known = KnownModels(config, root, say, digest_file)
        self.candidate = self.known.candidate(config.candidate)
        self.baseline = self.known.baseline_of(self.candidate)
        if self.known.why_baseline:
            self.say_once(self.known.why_baseline)
        candidates = [self.candidate, *(self.known.candidate(other) for other in beside)]
        elsewhere = [self.known.is_elsewhere(one) for one in (self.baseline, *candidates)]
        pairs = list(zip((self.baseline, *candidates), elsewhere, strict=True))
        self._all_here = tuple(one for one, is_there in pairs if one.kind == "here" and not is_there)
        """Every name of this asking whose weights are here."""
        models = [self.known.read(one) for one in self._all_here]
        there = [(one, self.known.by_name(one)) for one, is_there in pairs if is_there]
        here = [(one, model.ref) for one, model in zip(self._all_here, models, strict=True)]
        self.served_as = names_at_server(here, there, config.engine)
        texts = [LocalModel(ref=one.model, base_path=str(one.base)) for _, one in there if one.base is not None]
        self._engines = Engines(run_folder, say, key_names(config), self.served_as, [*models, *texts])
        self.close = self._engines.close

    @property
    def replicas(self) -> str:
        """How many replicas answer now, in words; empty where there are none."""
        return self._engines.replicas

    def side(self, side: Side, named: Named) -> OpenedModel:
        """Return a side of a name."""
        if named.kind == "saved":
            return OpenedModel(*replayed(side, named.model, self._root / self._config.runs))
        if named.kind == "hosted":
            return self._of_service(side, named)
        if self.known.is_elsewhere(named):
            return self._by_name(side, named)
        model = self.known.read(named)
        return self._from_here(side, named)._replace(here=model, folder=Path(model.base_path))

    def judge(self, name: str) -> OpenedModel:
        """Return the judge of a name in the settings.

        Raises:
            InputError, EngineSetupError: its settings are wrong.
        """
        meant = judge_of(name, self._config, self.known)
        if isinstance(meant, HostedJudge):
            told: tuple[str, ...] = ()
            if name not in {self._config.judge.model, *self._config.judges}:  # those were said before the first request
                address = hide_login(address_of(meant.settings))
                told = self._noted(for_terminal(f"{address} was asked for the judge {meant.model}", None))
            judge = self._hosted("judge", meant.model, meant.settings)
            goes_on = msgspec.structs.replace(judge.contender, goes_on=can_go_on(meant.settings))
            return judge._replace(contender=goes_on, notes=told)
        return self._by_name("judge", meant) if self.known.is_elsewhere(meant) else self._from_here("judge", meant)

    def say_once(self, line: str) -> None:
        """Say a line that possibly was said of another candidate."""
        if line not in self._said:
            self._said.add(line)
            self._say(line)

    def _from_here(self, party: Party, named: Named) -> OpenedModel:
        """Return a model whose weights are here."""
        model = self.known.read(named)
        contender = Contender(
            model=model.ref,
            engine=self._engine_with(
                (self.known.read(base_of(named)), model), settings_for(self._config.engine, named.settings.args)
            ),
            rendering=rendering_of(named, Path(model.base_path), self._root, model.own_template),
            declared=tuple(dict.fromkeys([*named.declared, *(["chat template"] if model.has_own_text else [])])),
        )
        return OpenedModel(contender, origin_here(party, model.commit, self._config))

    def _engine_with(self, wanted: Sequence[LocalModel], settings: EngineConfig) -> Engine:
        """Return the one engine of all models that are asked with these settings; another one for a model beyond them.

        A judge can be such a model, where both sides are other models. ``wanted`` is a base model and a model on it.
        """
        asked = [digest(settings_for(self._config.engine, one.settings.args)) for one in self._all_here]
        key = digest(settings)
        together = [one for one, its in zip(self._all_here, asked, strict=True) if its == key]
        models = [self.known.read(each) for one in together for each in (base_of(one), one)]
        if wanted[-1].ref.weights not in {one.ref.weights for one in models}:
            key, models = digest((key, wanted[-1].ref.weights)), [*wanted]
        if key not in self._opened:
            self._opened[key] = self._engines.here(settings, models, len({*asked, key}))
        return self._opened[key]

    def _by_name(self, party: Party, named: Named) -> OpenedModel:
        """Return a model that is only a name at a running server."""
        settings = self._config.engine
        known = self.known.by_name(named)
        told = self._noted(*filter(None, (told_by_name(named, self._config), *known.notes)))
        contender = Contender(
            model=known.model,
            engine=self._engines.remote(settings),
            rendering=rendering_of(named, known.base, self._root, known.own_template),
            declared=tuple(dict.fromkeys([*named.declared, *UNKNOWN])),
        )
        return OpenedModel(contender, origin_by_name(party, settings), told, folder=known.base)

    def _of_service(self, side: Side, named: Named) -> OpenedModel:
        """Return a model that is a name at a service: that of [engine], or the one that it was tuned at."""
        if not named.job:
            return self._hosted(side, named.model, self._config.engine)
        folder = Path(named.job)
        opened = self._hosted(side, named.model, job_engine(folder, self._config))
        if (ends := end_of_base(folder, named.model)) is not None:
            opened = opened._replace(origin=msgspec.structs.replace(opened.origin, base_ends=ends.isoformat()))
            self.say_once(told_of_job(folder, datetime.now(UTC).date()))
        return opened

    def _hosted(self, party: Party, model: str, settings: EngineConfig) -> OpenedModel:
        from harness.engines.openai import hosted_model

        contender = Contender(model=hosted_model(model), engine=self._engines.remote(settings))
        return OpenedModel(contender, origin_by_name(party, settings))

    def _noted(self, *lines: str) -> tuple[str, ...]:
        """Say each line once, and return them for the report."""
        for line in lines:
            self.say_once(line)
        return lines
