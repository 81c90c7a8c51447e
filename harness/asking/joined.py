"""The prompt of cases whose answers rest on documents: each case's question and its context, joined by a template."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.asking.cases import Suite
from harness.errors import CaseFileError
from harness.records.asked import Case, digest_of_cases
from harness.records.messages import Message
from harness.scorers.contexts.passages import read_passages
from harness.text.regular import read_regular_text
from harness.text.spooled import spooled
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from jinja2 import Template

CONTEXT = "context"
"""The field of ``meta`` that holds the passages; a case without it has none."""


def with_prompt(suite: Suite, path: Path) -> Suite:
    """Return a suite whose cases' last message is what the template in ``path`` makes of it and of the context.

    The template is Jinja, in a sandbox. It is given ``question``, the text of the last message, ``context``, the list
    of passages, each with ``id`` and ``text``, and ``meta``. What each case asked without its context is in the suite's
    ``questions``.

    Raises:
        CaseFileError: the file is no template, a case's context can't be read, or a prompt can't be rendered.
    """
    template = _template(path)
    cases = spooled((_joined(case, template, path) for case in suite.cases), Case)
    questions = {case.id: case.messages for case in suite.cases}
    return msgspec.structs.replace(suite, cases=cases, digest=digest_of_cases(cases), questions=questions)


def _joined(case: Case, template: "Template", path: Path) -> Case:
    from jinja2 import TemplateError

    from harness.text.templates import render

    *before, last = case.messages
    if last.role != "user":
        raise CaseFileError(
            f"{path}: case {case.id!r} ends with a message of role {last.role!r}; prompt= joins a user's"
        )
    values: Mapping[str, object] = {"question": last.text, CONTEXT: _context(case, path), "meta": case.meta}
    try:
        text = render(template, values).strip()
    except TemplateError as problem:
        raise CaseFileError(f"{path}: case {case.id!r}: {for_terminal(str(problem))}") from problem
    if last.text.strip() not in text:
        raise CaseFileError(
            f"{path}: the prompt of case {case.id!r} lacks its question; the template needs {{{{ question }}}}"
        )
    return msgspec.structs.replace(case, messages=(*before, Message(role="user", content=text)))


def _context(case: Case, path: Path) -> list[dict[str, str]]:
    if case.meta.get(CONTEXT) in (None, [], {}):
        return []
    try:
        passages = read_passages(case.meta[CONTEXT])
    except ValueError as problem:
        raise CaseFileError(f"{path}: case {case.id!r}: its context can't be joined: {problem}") from problem
    return [{"id": one.id, "text": one.text} for one in passages]


def _template(path: Path) -> "Template":
    from jinja2 import StrictUndefined, TemplateError

    from harness.text.templates import BoundedEnvironment, charged, compiled

    try:
        text = read_regular_text(path, "utf-8-sig")
        environment = charged(BoundedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True))
        return compiled(environment, text)
    except (OSError, UnicodeDecodeError) as problem:
        raise CaseFileError(f"{path}: can't be read as the template of the prompt: {problem}") from problem
    except TemplateError as problem:
        line = getattr(problem, "lineno", None)
        raise CaseFileError(
            f"{path}{f':{line}' if line else ''}: not a Jinja template: {for_terminal(str(problem))}"
        ) from problem
