"""What a teacher is asked: each seed's request, made by a template in a sandbox, and all requests in their order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import ConfigError
from harness.records.asked import Request
from harness.records.engine import Contender
from harness.records.messages import Message, Tools
from harness.records.record import Record
from harness.teacher.config import TeacherConfig
from harness.teacher.seeds import Seed
from harness.text.regular import read_regular_text
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from jinja2 import Template


class Planned(Record, frozen=True, kw_only=True):
    """A request about a seed; the first variant is 0."""

    seed: Seed
    variant: int
    request: Request


def plan(seeds: Sequence[Seed], config: TeacherConfig, template: str, path: Path, teacher: Contender) -> list[Planned]:
    """Return every request in the order of asking: each seed once, then each of them again.

    ``template`` is the text of the template in ``path``. It is given ``seed`` with ``id``, ``text``, ``messages`` and
    ``meta``, ``variant`` from 1, and ``variants``.

    Raises:
        ConfigError: it is no template, or can't be rendered, or all variants of a seed would be the same request.
    """
    compiled = _compiled(template, path)
    planned = [_planned(seed, variant, config, compiled, path, teacher) for variant, seed in _turns(seeds, config)]
    first, second = planned[0], planned[len(seeds)] if config.variants > 1 else None
    if second and not config.sampling.temperature and first.request.messages == second.request.messages:
        raise ConfigError(
            f"{path}: variants = {config.variants} with temperature = 0 asks the same thing each time; set a "
            "temperature, or use {{ variant }} in the template"
        )
    return planned


def read_template(path: Path) -> str:
    """Return the text of a template.

    Raises:
        ConfigError: the file is missing, or not UTF-8.
    """
    try:
        return read_regular_text(path, "utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; `template` names the file with the request's template") from None
    except OSError as problem:
        raise ConfigError(f"{path}: can't be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{path}: not UTF-8 at byte {problem.start}; save the file as UTF-8") from problem


def _turns(seeds: Sequence[Seed], config: TeacherConfig) -> Iterator[tuple[int, Seed]]:
    for variant in range(config.variants):
        for seed in seeds:
            yield variant, seed


def _planned(  # noqa: PLR0913, PLR0917 - each is a fact of its own
    seed: Seed, variant: int, config: TeacherConfig, template: "Template", path: Path, teacher: Contender
) -> Planned:
    is_answer = config.reply == "answer"
    turns = [one for one in seed.case.messages[:-1] if one.role != "system"] if is_answer else []
    asked = Message(role="user", content=_rendered(template, seed, variant, config.variants, path))
    tools = seed.case.tools if is_answer and not isinstance(seed.case.tools, msgspec.UnsetType) else ()
    request = Request(
        case_id=f"{seed.id}/{variant + 1}",
        model=teacher.model,
        engine=teacher.engine.identity,
        messages=(*turns, asked),
        sampling=config.sampling_of(variant),
        repeat=variant,
        tools=Tools(functions=tools),
        rendering=teacher.rendering,
    )
    return Planned(seed=seed, variant=variant, request=request)


def _rendered(template: "Template", seed: Seed, variant: int, variants: int, path: Path) -> str:
    from jinja2 import TemplateError

    from harness.text.templates import render

    messages = [{"role": one.role, "content": one.text} for one in seed.case.messages]
    values = {"id": seed.id, "text": seed.text, "messages": messages, "meta": seed.case.meta}
    try:
        text = render(template, {"seed": values, "variant": variant + 1, "variants": variants}).strip()
    except TemplateError as problem:
        raise ConfigError(f"{path}: the seed {seed.id!r}: {for_terminal(str(problem))}") from problem
    if not text:
        raise ConfigError(f"{path}: nothing is left of the request of the seed {seed.id!r}")
    return text


def _compiled(text: str, path: Path) -> "Template":
    from jinja2 import StrictUndefined, TemplateError

    from harness.text.templates import BoundedEnvironment, charged, compiled

    try:
        environment = charged(BoundedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True))
        return compiled(environment, text)
    except TemplateError as problem:
        line = getattr(problem, "lineno", None)
        place = f"{path}{f':{line}' if line else ''}"
        raise ConfigError(f"{place}: not a Jinja template: {for_terminal(str(problem))}") from problem
