"""Cases that are there more than once: the same, nearly the same, contradicting, or in two suites."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from harness.cases.finding import CaseFile, Finding, Kind
from harness.cases.holding import passages_in
from harness.data.alike.likeness import Near, folded, near_among, near_earlier
from harness.records.asked import Case
from harness.records.messages import Message, in_lines
from harness.records.record import digest
from harness.text.figures import percent
from harness.text.visible import quoted

VERY_NEAR = 0.9
"""Similarity from which on cases that expect different answers are told too: below it they ask different things."""


def find_repeats(file: CaseFile, threshold: float) -> Iterator[Finding]:
    """Yield the cases that repeat an earlier one of their file, or nearly do; those of one group are meant to."""
    first: dict[str, Case] = {}
    as_written: dict[str, Case] = {}
    apart: defaultdict[str, list[Case]] = defaultdict(list)
    for case in file.cases:
        if (known := as_written.setdefault(_written(case), case)).expected != case.expected:
            told = f"asks the same and expects {quoted(case.expected)} here, {quoted(known.expected)} there"
            yield _finding("contradiction", file, known, case, told)
        elif (known := first.setdefault(_asked(case), case)) is not case and known.expected == case.expected:
            yield _finding("duplicate", file, known, case, "asks and expects the same")
        else:
            apart[_around(case)].append(case)
    for cases in apart.values():
        yield from _near_repeats(file, cases, threshold)


def find_leaks(file: CaseFile, others: Sequence[CaseFile], threshold: float) -> Iterator[Finding]:
    """Yield the cases of a file that are in one of the others too, or nearly; of other passages is another one."""
    known = [(other, case) for other in others for case in other.cases]
    shown = [{one.text for one in passages_in(case)} for _, case in known]
    shown_here = [{one.text for one in passages_in(case)} for case in file.cases]

    def counts(place: int, near: Near) -> bool:
        here, there = shown_here[place], shown[near.place]
        return bool(here & there) or not (here or there)

    texts = [text_of(case.messages) for _, case in known]
    for place, near in near_among([text_of(case.messages) for case in file.cases], texts, threshold, counts):
        other, there = known[near.place]
        yield Finding(
            kind="leak",
            where=(other.place(there), file.place(file.cases[place])),
            told=f"in two suites ({percent(near.similarity)} alike); what is tuned on one is not measured by the other",
        )


def find_shown(file: CaseFile, prompt: Sequence[Message], threshold: float) -> Iterator[Finding]:
    """Yield the cases that the baseline's prompt shows as an example, or nearly."""
    shown = [message.text for message in prompt if message.role == "user"]
    for place, _ in near_among([text_of(case.messages) for case in file.cases], shown, threshold):
        yield Finding(
            kind="leak",
            where=(f"{file.name} baseline_prompt", file.place(file.cases[place])),
            told="the baseline's prompt shows this case as an example; take examples from training rows",
        )


def text_of(messages: Sequence[Message]) -> str:
    """Return what is asked as one text: all but the system message."""
    return "\n".join(in_lines(message.text, message.calls) for message in messages if message.role != "system")


def _near_repeats(file: CaseFile, cases: Sequence[Case], threshold: float) -> Iterator[Finding]:
    def counts(place: int, near: Near) -> bool:
        case, earlier = cases[place], cases[near.place]
        is_paraphrase = case.group is not None and case.group == earlier.group
        return not is_paraphrase and (case.expected == earlier.expected or near.similarity >= VERY_NEAR)

    for place, near in near_earlier([text_of(case.messages) for case in cases], threshold, counts):
        known, case = cases[near.place], cases[place]
        also = "the same" if known.expected == case.expected else "another answer"
        told = f"asks nearly the same ({percent(near.similarity)} alike), and expects {also}"
        yield _finding("near-duplicate", file, known, case, told)


def _finding(kind: Kind, file: CaseFile, known: Case, case: Case, told: str) -> Finding:
    return Finding(kind=kind, where=(file.place(known), file.place(case)), told=told)


def _written(case: Case) -> str:
    """Return what is asked, but for white space."""
    return digest((_around(case), [(one.role, " ".join(_said(one).split())) for one in case.messages]))


def _asked(case: Case) -> str:
    """Return what is asked, but for white space and letters' case."""
    return digest((_around(case), [(one.role, folded(_said(one))) for one in case.messages]))


def _around(case: Case) -> str:
    """Return what else decides the answer: system message, tools, passages. Cases that differ in it are apart."""
    system = [message.text for message in case.messages if message.role == "system"]
    return digest(
        (system, passages_in(case), *(one for one in (case.tools, case.tool_choice) if one is not msgspec.UNSET))
    )


def _said(message: Message) -> str:
    return in_lines(message.text, message.calls)
