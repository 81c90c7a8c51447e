"""Which cases of a file are shown."""

from collections.abc import Collection

from harness.cases.finding import CaseFile
from harness.cases.holding import passages_in
from harness.data.alike.likeness import folded
from harness.errors import InputError
from harness.records.asked import Case
from harness.records.messages import in_lines
from harness.text.visible import for_terminal


def chosen(file: CaseFile, ids: Collection[str], tags: Collection[str], text: str) -> tuple[Case, ...]:
    """Return the cases with one of the ids, all of the tags, and a text in them; what is empty limits nothing.

    Raises:
        InputError: an id or a tag is not in the file.
    """
    known = {case.id for case in file.cases}
    if strange := [one for one in ids if one not in known]:
        raise InputError(
            f"{file.path}: no case {for_terminal(strange[0])!r}; harness cases show {file.path} lists them"
        )
    all_tags = {tag for case in file.cases for tag in case.tags}
    if strange := [one for one in tags if one not in all_tags]:
        named = ", ".join(sorted(all_tags)) or "none"
        raise InputError(f"{file.path}: no case has the tag {for_terminal(strange[0])!r}; its tags are {named}")
    wanted = folded(text)
    return tuple(
        case
        for case in file.cases
        if (not ids or case.id in ids) and set(tags) <= set(case.tags) and wanted in folded(_all_text(case))
    )


def _all_text(case: Case) -> str:
    said = (in_lines(message.text, message.calls) for message in case.messages)
    return "\n".join((*said, *(one.text for one in passages_in(case))))
