"""Baseline, candidate and judge of one run, from the names of models; engines start when they are first asked."""

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import Suite
from harness.config.whole import HarnessConfig
from harness.gating.judges import named_origins, refuse_self
from harness.gating.naming import Named, base_of, refuse_one_label
from harness.gating.opened_models import OpenedModel, OpenedModels, Say
from harness.gating.origins import addresses, moved_between, runs_already, with_proofs
from harness.gating.renderings import check, told, unlike_training
from harness.gating.used_judges import UsedJudges
from harness.models.digests import DigestFile, remembered
from harness.models.local import LocalModel
from harness.models.unchanged import changed
from harness.records.asked import ModelRef, Side
from harness.records.compared import Probe
from harness.records.engine import Contender
from harness.records.parties import Origin, Party
from harness.records.saved import Run
from harness.runs.folder import read_run
from harness.runs.names import find_run
from harness.text.visible import for_terminal


class Contenders:
    """Baseline, candidate and judge of one run; ``close`` stops their engines. ``beside`` names further candidates.

    ``judges`` are those that were used so far.

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
        self._models = OpenedModels(config, root, run_folder, say, digest_file, beside)
        self.judges = UsedJudges(config.judge.model)
        self.close = self._models.close
        self._noted: list[tuple[Party, str]] = []
        """What was found about the models and the suites' messages."""
        if why := self._models.known.why_baseline:
            self._note("baseline", why)
        self._named: dict[Side, Named] = {"baseline": self._models.baseline, "candidate": self._models.candidate}
        self._opened: dict[Side, OpenedModel] = {side: self._open(side, named) for side, named in self._named.items()}
        self._refuse_one_label()
        self._keep_apart()

    def with_candidate(self, name: str) -> "Contenders":
        """Return the same baseline, judge and engines with another candidate, one of ``beside``."""
        other = copy.copy(self)
        other._take(self._models.known.candidate(name))  # noqa: SLF001 - of the same class
        return other

    def _take(self, candidate: Named) -> None:
        """Take another candidate, in records of its own."""
        self._noted = [(party, line) for party, line in self._noted if party != "candidate"]
        self._named = {**self._named, "candidate": candidate}
        self._opened = {**self._opened, "candidate": self._open("candidate", candidate)}
        self._refuse_one_label()
        self._keep_apart()

    def _open(self, side: Side, named: Named) -> OpenedModel:
        opened = self._models.side(side, named)
        self._noted += [(side, line) for line in opened.notes if (side, line) not in self._noted]
        return opened

    def _keep_apart(self) -> None:
        """Let a saved run's answers be another thing than those that the same model gives now, or gave in another run.

        Otherwise both would be found by the same key, and an engine that changed would answer as it did then.
        """
        baseline, candidate = (self._opened[side].contender for side in ("baseline", "candidate"))
        is_one = baseline.model.weights == candidate.model.weights
        then = {side: one.model if is_one and one.kind == "saved" else "" for side, one in self._named.items()}
        self.baseline = msgspec.structs.replace(baseline, then=then["baseline"])
        self.candidate = msgspec.structs.replace(candidate, then=then["candidate"])

    def judge(self, name: str = "") -> Contender:
        """Return a judge that is used, by default that of the settings.

        Raises:
            InputError, EngineSetupError: as ``judge_to_check``.
        """
        contender, _ = self._judge(name)
        self.judges.use(name, contender)
        return contender

    def judge_to_check(self) -> Contender:
        """Return the judge of the settings, which possibly no test uses: it is none of this run's judges yet.

        Raises:
            InputError, EngineSetupError: its settings are wrong, or it is the candidate itself.
        """
        contender, _ = self._judge("")
        return contender

    def judge_elsewhere(self) -> Contender | None:
        """Return the judge where it is asked at an address at which neither side is; None where it is not."""
        judge, origin = self._judge("")
        sides = {one.origin.address for one in self._opened.values()}
        return judge if judge.engine.runs_elsewhere and origin.address and origin.address not in sides else None

    def _judge(self, name: str) -> tuple[Contender, Origin]:
        """Return a judge; made on demand, so that nothing else needs settings for it."""
        found = self.judges.of(name, self._open_judge)
        refuse_self(found[0], self.candidate.model, self.baseline.model, self._config)
        return found

    def _open_judge(self, name: str) -> OpenedModel:
        opened = self._models.judge(name)
        self._noted += [("judge", line) for line in opened.notes if ("judge", line) not in self._noted]
        return opened

    def announce(self) -> None:
        """Say before the first request which addresses will be asked, and whether both sides are one model."""
        if line := addresses(self._origins(), self._refs(), self._config):
            self._say(line)
        for line in moved_between(self._origins(), self._refs()):
            self._say(line)
        first, second = self.baseline, self.candidate
        asked_alike = (first.engine.identity, first.rendering) == (second.engine.identity, second.rendering)
        if asked_alike and (second.model.weights == first.model.weights or self._is_one_name()):
            self._say(for_terminal(f"candidate and baseline are the same model, {second.model.name}", None))

    def origins(self, probes: Sequence[Probe]) -> tuple[Origin, ...]:
        """Return where the answers of each side and of the judge came from, given what the probes proved."""
        sides = {side: with_proofs(one.origin, one.contender.model, probes) for side, one in self._opened.items()}
        return (*sides.values(), *named_origins(self.judges.used))

    def adapters(self) -> tuple[tuple[Contender, ModelRef], ...]:
        """Return each adapter whose weights are here, with its base model: what probes can check."""
        chosen = {
            self._sides()[side].model.weights: (
                self._sides()[side],
                self._models.known.read(base_of(self._named[side])).ref,
            )
            for side, model in self._here().items()
            if model.adapter_path is not None
        }
        return tuple(chosen.values())

    @property
    def replicas(self) -> str:
        """How many replicas answer now, in words; empty where there are none."""
        return self._models.replicas

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
        found = {side: self._adapter_of(side) or one.folder for side, one in self._opened.items()}
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
        return changed(tuple(self._here().values()))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about the models, and parameters that servers were asked without: lines for the report."""
        asked = [self.candidate, self.baseline, *(judge for judge, _ in self.judges.used)]
        of_models = [note for model in self._here().values() for note in model.notes]
        moved = moved_between(self._origins(), self._refs())
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
                found = check(suite, contender, self._opened[side].folder, is_served_here=is_served_here)
                for line in (*found, *unlike_training(suite, contender, self._opened[side].here)):
                    self._note(side, line)

    @property
    def can_ask_again(self) -> bool:
        """Whether the baseline is a model; a saved run has only one answer to each request."""
        return self.baseline.engine.can_ask_again

    def _refuse_one_label(self) -> None:
        refuse_one_label([one for side, one in self._refs().items() if self._named[side].kind in {"here", "served"}])

    def _is_one_name(self) -> bool:
        """Whether a running server is asked for both sides by one name: by an adapter's folder, and as served:NAME."""
        if not runs_already(self._config.engine) or {one.kind for one in self._named.values()} != {"here", "served"}:
            return False
        first, second = (self._models.served_as.get(one.weights, one.own_name) for one in self._refs().values())
        return first == second

    def _sides(self) -> dict[Side, Contender]:
        return {"baseline": self.baseline, "candidate": self.candidate}

    def _refs(self) -> dict[Side, ModelRef]:
        return {side: self._opened[side].contender.model for side in ("candidate", "baseline")}

    def _here(self) -> dict[Side, LocalModel]:
        return {side: one.here for side, one in self._opened.items() if one.here is not None}

    def _origins(self) -> dict[Party, Origin]:
        return {side: one.origin for side, one in self._opened.items()}

    def _note(self, party: Party, line: str) -> None:
        """Keep something worth a line in the report, and say it once."""
        if (party, line) not in self._noted:
            self._noted.append((party, line))
        self._models.say_once(line)
