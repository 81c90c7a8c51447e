"""What a set of rows is made by, checked before a model is opened: seeds, template, scorers, protected cases."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import load_cases, read_system
from harness.cases.passable import UsedSuite
from harness.config.rows import LogMapping
from harness.data.seal import seal_of
from harness.errors import ConfigError
from harness.records.asked import Case, digest_of_cases
from harness.records.engine import Contender
from harness.records.record import Record, digest
from harness.scorers.scoring import describe
from harness.teacher.config import TeacherConfig
from harness.teacher.request import Planned, plan, read_template
from harness.teacher.seeds import ANY_FORM, Seeds, case_file, digest_of_seeds, read_seeds
from harness.teacher.selfcheck import SelfCheck
from harness.teacher.sift import Sifter


class Prepared(Record, frozen=True, kw_only=True):
    """All that decides the rows, but for the teacher. ``place`` is teacher.toml, to whose folder paths are relative.

    ``suites`` are the protected cases by the name of their suite; ``used`` what checks answers.
    """

    config: TeacherConfig
    place: Path
    seeds: Seeds
    template: str
    system: str
    suites: Mapping[str, tuple[Case, ...]]
    used: tuple[UsedSuite, ...]

    @property
    def output(self) -> Path:
        """The file of the rows."""
        return self.place.parent / self.config.output

    def sifter(self) -> tuple[Sifter, SelfCheck]:
        """Return what takes answers, and the scorers that it asks."""
        check = SelfCheck(self.used, keep_refusals=self.config.keep_refusals)
        return Sifter(self.config, self.system, check, self.suites), check

    def plan(self, teacher: Contender) -> list[Planned]:
        """Return every request in its order.

        Raises:
            ConfigError: as ``request.plan``.
        """
        path = self.place.parent / self.config.template
        return plan(self.seeds.seeds, self.config, self.template, path, teacher)

    def settings_digest(self, teacher: Contender) -> str:
        """Return the digest of what decides the rows and their order. How many, and for how much, does not."""
        free = msgspec.structs.replace(self.config, rows=1, budget=None, max_rejected=0.0, output="", base_url=None)
        scorers = [describe(scorer) for one in self.used for scorer in one.scorers]
        cases = {name: digest_of_cases(cases) for name, cases in self.suites.items()}
        seeds = digest_of_seeds(self.seeds.seeds)
        asked = (teacher.model.weights, teacher.model.own_name, teacher.engine.identity, teacher.rendering)
        return digest([free, self.template, self.system, seeds, scorers, cases, asked])


def prepare(
    config: TeacherConfig,
    place: Path,
    used: Sequence[UsedSuite],
    suites: Mapping[str, tuple[Case, ...]],
    mapping: LogMapping = ANY_FORM,
) -> Prepared:
    """Return what a set is made by; ``suites`` are the protected cases, and ``used`` what tests say of suites.

    ``mapping`` is that of [logs.mapping] in harness.toml.

    Raises:
        InputError: a file is missing or wrong; or rows would hold the protected cases that are their seeds.
    """
    folder = place.parent
    seeds = read_seeds(config, folder, mapping)
    checking = _checking(config, folder, used)
    suites = _with_seeds(config, folder, suites)
    return Prepared(
        config=config,
        place=place,
        seeds=seeds,
        template=read_template(folder / config.template),
        system=read_system(folder / config.system) if config.system is not None else "",
        suites=suites,
        used=checking,
    )


def _checking(config: TeacherConfig, folder: Path, used: Sequence[UsedSuite]) -> tuple[UsedSuite, ...]:
    if config.checked_by is None:
        return ()
    own = (folder / config.checked_by).resolve()
    found = tuple(one for one in used if one.path.resolve().parent == own)
    if not found:
        raise ConfigError(f"{own}: no test here has a suite mark; checked_by names the folder of one suite")
    return found


def _with_seeds(
    config: TeacherConfig, folder: Path, suites: Mapping[str, tuple[Case, ...]]
) -> Mapping[str, tuple[Case, ...]]:
    """Return the protected cases, those that rows are made after among them.

    Raises:
        ConfigError: they are the questions of the rows themselves, or they are sealed.
    """
    file = case_file(config.seeds, folder)
    if file is None:
        return suites
    if seal_of(file).exists():
        raise ConfigError(f"{file}: these cases are sealed, and a teacher would be shown them; take other seeds")
    own = {case.id: case for case in load_cases(file)}
    if config.reply == "row":
        return (
            suites if any(_same(own, cases) for cases in suites.values()) else {**suites, str(file): (*own.values(),)}
        )
    questions = {_asked(case) for cases in suites.values() for case in cases}
    if both := [case.id for case in own.values() if _asked(case) in questions]:
        raise ConfigError(
            f"{file}: case {both[0]!r} is protected ({len(both):,} of {len(own):,} are), and its answer would be a "
            'training row; set reply = "row", which makes new questions, or take cases outside of `protected`'
        )
    return suites


def _same(own: Mapping[str, Case], cases: Sequence[Case]) -> bool:
    return {_asked(case) for case in own.values()} <= {_asked(case) for case in cases}


def _asked(case: Case) -> tuple[str, ...]:
    return tuple(" ".join(one.text.split()).casefold() for one in case.messages if one.role != "system")
