"""Cases by which a checkpoint was chosen while it was trained: left out of its gates, since they would flatter it.

The manifest beside an adapter, or in a whole model's folder, names them. A baseline that was chosen by cases is
flattered by them too, so these are left out as well.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from harness.asking.cases import Suite
from harness.errors import InputError
from harness.gating.leaked import LeakCheck
from harness.records.asked import Side
from harness.records.leaked import LeakedCase
from harness.records.trained import StoppedBy
from harness.text.visible import for_terminal
from harness.train.manifest import read_manifest
from harness.train.stopping.part import question_of


def check_chosen(folders: Mapping[Side, Path], suites: Sequence[Suite], allowed: AbstractSet[str]) -> LeakCheck:
    """Look for the cases of suites among those that chose a side's checkpoint, given the folders of both sides.

    A case is one of them that asks the same, whatever it is called, or that has the same suite and id, whatever it asks
    now. ``allowed`` has cases that are let in, by id or suite/id.

    Raises:
        InputError: one of these is let in.
    """
    found: dict[tuple[str, str], LeakedCase] = {}
    for side, folder in folders.items():
        manifest = read_manifest(folder)
        for one in _among(manifest.stopped_by if manifest else (), suites, f"{side}'s training"):
            found.setdefault((one.suite, one.case), one)
    for one in found.values():
        if named := {one.case, f"{one.suite}/{one.case}"} & allowed:
            raise InputError(
                f"--allow-leak {for_terminal(min(named))}: the {one.place} chose its checkpoint by it (stop_by): "
                "it proves nothing here, and can't be let in"
            )
    return LeakCheck(leaked=tuple(found.values()))


def _among(stopped_by: Sequence[StoppedBy], suites: Sequence[Suite], place: str) -> list[LeakedCase]:
    names = {(one.suite, one.case) for one in stopped_by}
    questions = {one.question for one in stopped_by}
    return [
        LeakedCase(suite=suite.name, case=case.id, place=place, how="stopping", where="input", similarity=1.0)
        for suite in suites
        if stopped_by
        for case in suite.cases
        if (suite.name, case.id) in names or question_of(case) in questions
    ]
