"""Read and check cases; a suite is its cases and how they are asked."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import UnsetType

from harness.asking import tools as tool_rules
from harness.asking import turns
from harness.errors import CaseFileError
from harness.records.answered import Response
from harness.records.asked import NO_TOOLS, Case, ModelRef, Rendering, Sampling, digest_of_cases
from harness.records.engine import Contender
from harness.records.messages import Message, Tools
from harness.records.record import Json, Record
from harness.records.short import Short
from harness.scorers.reading.reasoning import with_reasoning_apart
from harness.text.jsonl import load_jsonl
from harness.text.regular import read_regular_text
from harness.text.spooled import spooled

LONGEST_ID = 120
Reasoning = Literal["think-tags"]


class Suite(Record, frozen=True, kw_only=True):
    """A set of cases, ready to be asked. ``name`` is for people; ``digest`` covers every word of every case.

    Very many cases are not in memory, and are read as they are needed.
    ``baseline_prompt`` is what a model without an adapter gets in place of a case's system message. ``tools`` can be
    called in every case that names none of its own; ``rendering`` overrules that of the model. ``reasoning`` says how
    the answers' text shows what is only thought; None where nothing of it is in the text.
    """

    name: str
    cases: Sequence[Case]
    sampling: Sampling
    digest: str
    baseline_prompt: tuple[Message, ...] = ()
    tools: Tools = Tools()
    rendering: Rendering = Rendering()
    reasoning: Reasoning | None = None
    continuations: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """By the id of each case, the texts of which it is asked how likely they are; empty where answers are generated."""
    questions: dict[str, tuple[Message, ...]] = msgspec.field(default_factory=dict)
    """By the id of each case that a template joined with its context, what was asked without it; empty for others."""
    short: Short | None = None
    """What the cases stand for where these are those of a short suite; None for the suite as it is."""

    def tools_for(self, case: Case) -> Tools:
        """Return what can be called in a case: its own, else the suite's. Where nothing can be, nothing is chosen."""
        functions = self.tools.functions if isinstance(case.tools, UnsetType) else case.tools
        choice = self.tools.choice if isinstance(case.tool_choice, UnsetType) else case.tool_choice
        return Tools(functions=functions, choice=choice) if functions else NO_TOOLS

    def read(self, response: Response) -> Response:
        """Return an answer as it counts: with ``reasoning="think-tags"``, what is between the tags is no part of it."""
        return with_reasoning_apart(response) if self.reasoning == "think-tags" else response

    def rendering_for(self, contender: Contender) -> Rendering:
        """Return how a model is given this suite's messages: what the suite sets, else what holds for the model."""
        own, model = self.rendering, contender.rendering
        if "raw" in {own.format, model.format}:
            return Rendering(format="raw")
        return Rendering(
            template=model.template if own.template is None else own.template,
            template_args={**model.template_args, **own.template_args},
        )

    def prompt_for(self, model: ModelRef) -> tuple[Message, ...]:
        """Return the prompt that this model gets in addition to the cases; adapters get none."""
        return self.baseline_prompt if model.adapter is None else ()

    def messages_for(self, case: Case, model: ModelRef) -> tuple[Message, ...]:
        """Return what this model is sent for a case."""
        prompt = self.prompt_for(model)
        if not prompt:
            return case.messages
        return (*prompt, *(message for message in case.messages if message.role != "system"))


def with_cases(suite: Suite, cases: Sequence[Case]) -> Suite:
    """Return a suite of some of its cases alone."""
    kept = {case.id for case in cases}
    return msgspec.structs.replace(
        suite,
        cases=spooled(cases, Case),
        digest=digest_of_cases(cases),
        continuations={name: texts for name, texts in suite.continuations.items() if name in kept},
        questions={name: asked for name, asked in suite.questions.items() if name in kept},
    )


def load_suite(path: Path, sampling: Sampling, system: Path | None = None, tags: Collection[str] = ()) -> Suite:
    """Return the suite in ``path``.

    With ``system``, that file's text is the system message of each case; with ``tags``, only cases with one of them
    are in the suite.

    Raises:
        CaseFileError: a file is missing or wrong, or no case has one of the tags.
    """
    cases = spooled(_checked_cases(path), Case)
    if tags:
        known = sorted({tag for case in cases for tag in case.tags})
        cases = spooled((case for case in cases if set(case.tags) & set(tags)), Case)
        if not cases:
            raise CaseFileError(
                f"{path}: no case has a tag of {', '.join(tags)}; its tags are {', '.join(known) or 'none'}"
            )
    if system is not None:
        text = read_system(system)
        cases = spooled((_with_system(case, text, path) for case in cases), Case)
    return Suite(name=path.parent.name, cases=cases, sampling=sampling, digest=digest_of_cases(cases))


def load_cases(path: Path) -> tuple[Case, ...]:
    """Return the checked cases of a JSON Lines file, in its order.

    Raises:
        CaseFileError: the file or a case is wrong; the text starts with ``file:line``.
    """
    return tuple(_checked_cases(path))


def _checked_cases(path: Path) -> Iterator[Case]:
    lines: dict[str, int] = {}
    for number, case in load_jsonl(path, Case, CaseFileError):
        place = f"{path}:{number}"
        check_case(case, place)
        if lines.setdefault(case.id, number) != number:
            raise CaseFileError(
                f"{place}: the id {case.id!r} is already used on line {lines[case.id]}; ids must be unique"
            )
        yield case


def case_line(case: Case) -> bytes:
    """Return a case as a line of a case file, without its line end; what is empty is left out."""
    values = {name: getattr(case, name) for name in case.__struct_fields__}
    empty = {name for name in ("expected", "group") if values[name] is None}
    empty |= {name for name in ("tags", "meta") if not values[name]}
    empty |= {name for name, value in values.items() if value is msgspec.UNSET}
    return msgspec.json.encode({name: value for name, value in values.items() if name not in empty})


def read_system(path: Path) -> str:
    """Return a system message's text without the white space around it, and without an editor's byte-order mark."""
    try:
        text = read_regular_text(path, "utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise CaseFileError(f"{path}: can't be read as the system message: {problem}") from problem
    if not text:
        raise CaseFileError(f"{path}: the system message is empty")
    return text


def with_tools(suite: Suite, tools: Tools, path: Path) -> Suite:
    """Return the suite with tools for each case that names none of its own; ``path`` is that of its case file.

    Raises:
        CaseFileError: a case's choice doesn't fit its tools, or the suite's fits none of them.
    """
    suite = msgspec.structs.replace(suite, tools=tools)
    for case in suite.cases:
        if suite.tools_for(case) == Tools() and isinstance(case.tool_choice, UnsetType):
            continue
        given = msgspec.structs.replace(suite.tools_for(case), choice=_choice(case, tools))
        if problem := tool_rules.problem_of(given):
            raise CaseFileError(f"{path}: case {case.id!r}: {problem}")
    if tools.choice is not None and all(suite.tools_for(case) == Tools() for case in suite.cases):
        raise CaseFileError(f"{path}: the suite has a tool_choice, but no case has tools; add tools='tools.json'")
    return suite


def _choice(case: Case, tools: Tools) -> str | dict[str, Json] | None:
    return tools.choice if isinstance(case.tool_choice, UnsetType) else case.tool_choice


def with_baseline_prompt(suite: Suite, path: Path) -> Suite:
    """Return the suite with a prompt that models without an adapter get in place of each case's system message.

    Raises:
        CaseFileError: as ``read_baseline_prompt``.
    """
    return msgspec.structs.replace(suite, baseline_prompt=read_baseline_prompt(path))


def read_baseline_prompt(path: Path) -> tuple[Message, ...]:
    """Return a prompt for the base model: one system message, examples as turns of user and assistant, or both.

    Raises:
        CaseFileError: the file or a message is wrong; the text starts with ``file:line``.
    """
    messages: list[Message] = []
    place = str(path)
    for number, message in load_jsonl(path, Message, CaseFileError):
        place = f"{path}:{number}"
        allowed = _roles_after(messages)
        if message.role not in allowed:
            raise CaseFileError(
                f"{place}: a message of role {message.role!r}, where {' or '.join(map(repr, allowed))} was expected; "
                "a prompt is one system message, then examples: user, assistant, user, assistant"
            )
        if not message.text.strip() and not message.calls:
            raise CaseFileError(f"{place}: the message is empty")
        messages.append(message)
    if messages[-1].role == "user":
        raise CaseFileError(
            f"{place}: the prompt ends with a user's message; the last example needs its answer, "
            "a message of role 'assistant', because each case's own question follows"
        )
    if problem := turns.problem_in(messages):
        raise CaseFileError(f"{place}: the prompt {problem}")
    return tuple(messages)


def _roles_after(messages: Sequence[Message]) -> tuple[str, ...]:
    if not messages:
        return "system", "user"
    last = messages[-1]
    if last.role == "user":
        return ("assistant",)
    if last.role == "tool":
        return "tool", "assistant"
    return ("tool",) if last.calls else ("user",)


def check_case(case: Case, place: str) -> None:
    """Refuse a case that can't be asked.

    Raises:
        CaseFileError: its id, messages or tools are wrong; the text starts with ``place``.
    """
    if not case.id or len(case.id) > LONGEST_ID or not case.id.isprintable():
        raise CaseFileError(f"{place}: id must be 1 to {LONGEST_ID} printable characters, got {case.id[:40]!r}")
    if not case.messages:
        raise CaseFileError(f"{place}: case {case.id!r} has no messages")
    if case.messages[-1].role not in {"user", "tool"}:
        raise CaseFileError(
            f"{place}: case {case.id!r} ends with a message of role {case.messages[-1].role!r}; "
            "the last one must be the user's or a tool's, because the model's answer follows it"
        )
    if any(message.role == "system" for message in case.messages[1:]):
        raise CaseFileError(f"{place}: case {case.id!r} has a system message that is not the first message")
    if problem := turns.problem_in(case.messages):
        raise CaseFileError(f"{place}: case {case.id!r} {problem}")
    if not isinstance(case.tools, UnsetType) and (problem := tool_rules.problem_in(case.tools)):
        raise CaseFileError(f"{place}: case {case.id!r} has wrong tools: {problem}")


def _with_system(case: Case, text: str, path: Path) -> Case:
    if case.messages[0].role == "system":
        raise CaseFileError(f"{path}: case {case.id!r} has its own system message, and the suite sets one too")
    return msgspec.structs.replace(case, messages=(Message(role="system", content=text), *case.messages))
