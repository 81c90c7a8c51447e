"""How each side is given its messages: the one place where a contender's rendering is made, and its checks."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.asking.cases import Suite
from harness.config.models import ModelConfig
from harness.errors import CaseFileError, ConfigError, NoSuchModel
from harness.gating.naming import Named
from harness.models.local import LocalModel
from harness.models.template_file import read_template, refuse_our_values, unknown_values
from harness.models.tokenizer import usual_template
from harness.records.asked import Rendering
from harness.records.engine import Contender
from harness.records.messages import Tools
from harness.records.record import digest
from harness.text.toml import build
from harness.text.visible import for_terminal
from harness.train.manifest import read_manifest


def rendering_of(named: Named, base: Path | None, root: Path, adapters_own: str | None = None) -> Rendering:
    """Return how a model is given messages: by the template of the settings, else as its own folders say.

    ``base`` is the folder of its base model; None where it is not here. ``adapters_own`` is the template in its own
    adapter's folder, where that differs from the base model's. A file that says the same as the base model's own sets
    nothing, unless the adapter has another.

    Raises:
        ConfigError: the template's file is missing or doesn't compile, or the settings contradict each other.
    """
    where = f"[models.{named.table}]" if named.table else "harness.toml"
    rendering = _rendering(named.settings, root, where)
    if rendering.template is None and rendering.format == "chat":
        return msgspec.structs.replace(rendering, template=adapters_own)
    if base is not None and adapters_own is None and rendering.template == usual_template(base):
        return msgspec.structs.replace(rendering, template=None)
    return rendering


def rendering_of_mark(settings: Mapping[str, object], folder: Path, place: str) -> Rendering:
    """Return what a suite mark says of the messages; its files are in the test's folder.

    Raises:
        InputError: as ``rendering_of``, or a setting has another type.
    """
    return _rendering(build(settings, ModelConfig, place), folder, place)


def check(suite: Suite, contender: Contender, base: Path | None, *, is_served_here: bool) -> tuple[str, ...]:
    """Return notes about how a suite's messages reach a model; ``base`` is its base model's folder, None without one.

    Raises:
        NoSuchModel: the harness would serve a base model without a chat template.
        CaseFileError: a case can't be sent as plain text.
    """
    rendering = suite.rendering_for(contender)
    if rendering.format == "raw":
        _refuse_turns(suite, contender)
        return ()
    own = usual_template(base) if base else None
    text = own if rendering.template is None else rendering.template
    if text is None and base is not None and is_served_here:
        raise NoSuchModel(
            f"{contender.model.base}: this base model has no chat template, so it can be given no messages; name a "
            'file with one, chat_template = "FILE.jinja", or send the text of each case, prompt_format = "raw" '
            "(in harness.toml, or in the suite's mark)"
        )
    unknown = unknown_values(text, rendering.template_args) if text is not None else ()
    if not unknown:
        return ()
    names = ", ".join(map(for_terminal, unknown))
    return (
        f"{contender.model.name}: its chat template doesn't know {names} (template_args): setting it changes nothing",
    )


def unlike_training(suite: Suite, contender: Contender, model: LocalModel | None) -> tuple[str, ...]:
    """Return a note where an adapter is asked with another chat template or other values than it was trained with.

    What it was trained with is in the manifest that ``harness train`` writes beside an adapter.
    """
    manifest = read_manifest(Path(model.adapter_path)) if model and model.adapter_path else None
    if manifest is None:
        return ()
    then, now = manifest.rendering, suite.rendering_for(contender)
    if then == now:
        return ()
    trained, asked = (", ".join(_parts(one)) or "its base model's own chat template" for one in (then, now))
    return (f"{contender.model.name}: asked with {asked}, but trained with {trained}",)


def told(contender: Contender) -> tuple[str, ...]:
    """Return a line about what is set for a model; none where its own folder decides."""
    parts = _parts(contender.rendering)
    return (f"{contender.model.name}: asked with {', '.join(parts)}",) if parts else ()


def _parts(rendering: Rendering) -> list[str]:
    """Return what is set of a rendering, in words."""
    parts = []
    if rendering.format == "raw":
        parts.append("the plain text of each case, without a chat template")
    if rendering.template is not None:
        parts.append(f"a chat template of its own (digest {digest(rendering.template)[:8]})")
    if rendering.template_args:
        parts.append(f"template arguments {msgspec.json.encode(rendering.template_args, order='sorted').decode()}")
    return parts


def _rendering(settings: ModelConfig, folder: Path, where: str) -> Rendering:
    refuse_our_values(settings.template_args, where)
    if settings.prompt_format == "raw":
        if settings.chat_template is not None or settings.template_args:
            raise ConfigError(
                f'{where}: prompt_format = "raw" uses no chat template; leave out chat_template and template_args, '
                "or prompt_format"
            )
        return Rendering(format="raw")
    file = settings.chat_template
    return Rendering(
        template=None if file is None else read_template(folder / file, f"chat_template, {where}"),
        template_args=settings.template_args,
    )


def _refuse_turns(suite: Suite, contender: Contender) -> None:
    for case in suite.cases:
        sent = suite.messages_for(case, contender.model)
        if [message.role for message in sent] != ["user"]:
            roles = ", ".join(message.role for message in sent)
            raise CaseFileError(
                f'suite {suite.name}: case {case.id!r} has the messages {roles}; prompt_format = "raw" sends the text '
                "of one user message: without a template there is no way to write more; leave out system= and "
                "baseline_prompt=, or name a chat_template"
            )
        if suite.tools_for(case) != Tools():
            raise CaseFileError(
                f'suite {suite.name}: case {case.id!r} has tools, which prompt_format = "raw" can\'t tell the model'
            )
