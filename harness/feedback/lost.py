"""Cases of a suite that earlier runs lost: what is asked like them is likely to fail too."""

from collections.abc import Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.records.asked import Case
from harness.runs.folder import read_answers, read_run
from harness.runs.names import folders_in, number_of
from harness.runs.to_label import lost_cases


def lost_in(runs: Path, cases: Sequence[Case], newest: int) -> tuple[Case, ...]:
    """Return the cases that one of the newest runs lost, as they are now; a run that can't be read shows nothing.

    A case that asks something else by now is another case, whatever its id.
    """
    found: dict[str, Case] = {}
    saved = [folder for folder in folders_in(runs) if (folder / "run.json").is_file()]
    for folder in sorted(saved, key=lambda one: number_of(one.name))[-newest:]:
        try:
            lost = {*lost_cases(read_run(folder))} & {case.id for case in cases} - {*found}
            asked = {one.case.id: one.case.messages for one in read_answers(folder)} if lost else {}
        except HarnessError:
            continue
        found |= {case.id: case for case in cases if case.id in lost and asked.get(case.id) == case.messages}
    return tuple(found.values())
