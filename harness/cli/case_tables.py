"""What ``harness cases`` prints of findings and cases: lines that read well at 60 columns, and without a terminal."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from harness.cases.finding import KINDS, CaseFile, Finding, Kind
from harness.cases.holding import CONTEXT, passages_in
from harness.records.asked import Case
from harness.records.messages import in_lines
from harness.records.record import Json
from harness.text.figures import count
from harness.text.visible import for_terminal, quoted

MOST = 20
"""Findings of one kind that are told one by one."""
INDENT = "  "
MEANING: dict[Kind, str] = {
    "no-answer": "no answer can pass",
    "contradiction": "the same question, two answers",
    "duplicate": "the same case twice",
    "near-duplicate": "nearly the same case",
    "leak": "in two places that must be apart",
    "tags": "unbalanced tags",
}


def print_lines(lines: Iterable[Text]) -> None:
    """Print lines on standard output: in colour on a terminal, plain elsewhere."""
    console = Console(highlight=False, markup=False)
    for line in lines:
        console.print(line, soft_wrap=True)


def finding_lines(
    findings: Sequence[Finding], accepted: int, needless: Sequence[str], files: Sequence[CaseFile]
) -> Iterator[Text]:
    """Return the findings by kind, each with the line that would accept it, and a last line that sums up."""
    width = Console().width
    for kind in KINDS:
        of_kind = [finding for finding in findings if finding.kind == kind]
        if not of_kind:
            continue
        yield Text(f"{MEANING[kind]}: {len(of_kind):,}", style="bold")
        for finding in of_kind[:MOST]:
            yield Text(INDENT + for_terminal(finding.key, None), style="yellow")
            for line in textwrap.wrap(for_terminal(finding.told, 400), max(width - 4, 20), break_on_hyphens=False):
                yield Text(INDENT * 2 + line)
        if len(of_kind) > MOST:
            yield Text(f"{INDENT}and {len(of_kind) - MOST:,} more; --json has them all")
    for line in needless:
        yield Text(f"accepted, but not found any more: {for_terminal(line, None)}")
    cases = sum(len(file.cases) for file in files)
    told = f"{count(cases, 'case')} in {count(len(files), 'file')}: {count(len(findings), 'finding')}"
    yield Text(f"{told}{f', {accepted:,} accepted' if accepted else ''}")


def case_lines(case: Case) -> Iterator[Text]:
    """Return a whole case: who says what, what is expected, and the rest of it."""
    yield Text(for_terminal(case.id, None), style="bold")
    facts = [f"tags: {', '.join(case.tags)}"] * bool(case.tags) + [f"group: {case.group}"] * (case.group is not None)
    yield from (Text(INDENT + for_terminal(fact, None), style="dim") for fact in facts)
    for message in case.messages:
        yield from _block(message.role, in_lines(message.text, message.calls))
    passages = passages_in(case)
    for passage in passages:
        yield from _block(f"document {for_terminal(passage.id, None)}", passage.text)
    yield from _block("expected", _shown(case.expected))
    if meta := {name: value for name, value in case.meta.items() if not passages or name != CONTEXT}:
        yield from _block("meta", quoted(meta, None))


def list_lines(file: CaseFile, cases: Sequence[Case]) -> Iterator[Text]:
    """Return what a case file has: a line for each case, then its tags, groups and what is expected."""
    width = Console().width
    for case in cases:
        asked = next((message.text for message in reversed(case.messages) if message.text), "")
        name = for_terminal(case.id, max(width // 2, 12))
        yield Text.assemble((name, "bold"), " ", for_terminal(asked, max(width - len(name) - 1, 20)))
    tags = Counter(tag for case in cases for tag in case.tags)
    if tags:
        told = "tags: " + ", ".join(f"{for_terminal(tag)} {number:,}" for tag, number in tags.most_common())
        yield from (Text(line) for line in textwrap.wrap(told, max(width, 20), break_on_hyphens=False))
    groups = {case.group for case in cases} - {None}
    expected = sum(case.expected is not None for case in cases)
    rest = f", {count(len(groups), 'group')}" * bool(groups)
    yield Text(f"{count(len(cases), 'case')} of {len(file.cases):,}, {expected:,} with an expected answer{rest}")


def _block(name: str, text: str) -> Iterator[Text]:
    lines = text.splitlines() or [""]
    yield Text(f"{INDENT}{name}", style="cyan")
    yield from (Text(INDENT * 2 + for_terminal(line, None)) for line in lines)


def _shown(expected: Json) -> str:
    if expected is None:
        return "(nothing)"
    return expected if isinstance(expected, str) else quoted(expected, None)
