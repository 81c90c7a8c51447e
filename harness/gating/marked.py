"""From a ``suite`` mark to its suite: which cases a test uses and how they are asked."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from harness.asking.cases import Reasoning, Suite, load_suite, with_baseline_prompt, with_tools
from harness.asking.continuations import with_continuations
from harness.asking.joined import with_prompt
from harness.asking.tools import checked_choice, load_tools
from harness.errors import InputError
from harness.gating.renderings import rendering_of_mark
from harness.records.asked import Sampling
from harness.records.messages import Tools
from harness.text.toml import build

RENDERING = ("chat_template", "template_args", "prompt_format")
"""What a mark can say of how messages become text."""


def suite_of_mark(place: str, folder: Path, mark: pytest.Mark) -> Suite:
    """Return the suite that a mark describes; errors start with ``place``, and paths lead from ``folder``.

    Raises:
        InputError: the mark, or a file that it names, is wrong.
    """
    settings = dict(mark.kwargs)
    system, tags = settings.pop("system", None), settings.pop("tags", ())
    prompt, of_baseline = settings.pop("prompt", None), settings.pop("baseline_prompt", None)
    if len(mark.args) != 1:
        raise InputError(f"{place}: pytest.mark.suite takes one case file, got {len(mark.args)}")
    rendering = {name: settings.pop(name) for name in RENDERING if name in settings}
    continuations = settings.pop("continuations", None)
    if continuations is not None and settings:
        raise InputError(
            f"{place}: pytest.mark.suite has continuations=, so nothing is generated and {min(settings)}= has no "
            "meaning; leave it out, or write a mark of its own for this test"
        )
    tools, choice = settings.pop("tools", None), settings.pop("tool_choice", None)
    reasoning = settings.pop("reasoning", None)
    sampling = build(settings, Sampling, f"{place}: pytest.mark.suite")
    suite = load_suite(folder / mark.args[0], sampling, folder / system if system else None, tags)
    suite = with_prompt(suite, folder / prompt) if prompt else suite
    functions = load_tools(folder / tools) if tools else ()
    given = Tools(functions=functions, choice=checked_choice(choice, f"{place}: pytest.mark.suite"))
    suite = with_tools(suite, given, folder / mark.args[0])
    if reasoning is not None:
        suite = msgspec.structs.replace(suite, reasoning=_reasoning(reasoning, place))
    if rendering:
        how = rendering_of_mark(rendering, folder, f"{place}: pytest.mark.suite")
        suite = msgspec.structs.replace(suite, rendering=how)
    suite = with_baseline_prompt(suite, folder / of_baseline) if of_baseline else suite
    return suite if continuations is None else with_continuations(suite, continuations, place)


def _reasoning(given: object, place: str) -> Reasoning:
    known = get_args(Reasoning)
    if given not in known:
        raise InputError(f"{place}: pytest.mark.suite: reasoning is {known[0]!r} or left out, got {given!r:.80}")
    return given  # type: ignore[return-value]
