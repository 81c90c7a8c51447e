"""Parts of model cards in Hugging Face's format, and the card of a merged model.

https://huggingface.co/docs/hub/model-cards. The values of a card's front matter, which is YAML, are written as JSON.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from harness.records.record import Record
from harness.records.trained import TrainedFile
from harness.text.figures import count
from harness.text.visible import for_markdown, for_terminal
from harness.train.hosted_manifest import JobManifest, told_settings
from harness.train.manifest import Manifest

CARD = "README.md"
UNKNOWN_DATA = "Its folder has no manifest of `harness train`, so its training data is not known."
NO_LICENSE = "No license is stated here. That of the base model applies to what was made from it."


class Facts(Record, frozen=True, kw_only=True):
    """What the front matter says of a model: each empty where it is not known.

    ``base`` is the base model's name on a hub, ``commit`` its commit there; ``relation`` is how the hub calls what was
    made from it: "adapter", or "finetune" for a whole model.
    """

    library: str
    relation: str
    tags: tuple[str, ...]
    base: str = ""
    commit: str = ""
    license: str = ""


def front_matter(facts: Facts, more: Iterable[str] = ()) -> Iterator[str]:
    """Yield the lines of a card's front matter; ``more`` are lines of its own."""
    fields: Mapping[str, object] = {
        "license": facts.license,
        "base_model": facts.base,
        "base_model_revision": facts.commit,
        "base_model_relation": facts.relation if facts.base else "",
        "library_name": facts.library,
        "pipeline_tag": "text-generation",
        "tags": list(facts.tags),
    }
    yield "---"
    yield from (f"{name}: {as_json(value)}" for name, value in fields.items() if value)
    yield from more
    yield "---"


def training_lines(manifest: Manifest | None) -> Iterator[str]:
    """Yield what a card says of the training: its rows by digest, steps, and the settings that matter most."""
    if manifest is None:
        yield UNKNOWN_DATA
        return
    yield from _file_lines(manifest.files)
    if not manifest.files:
        yield f"- digest of the rows: `{manifest.train_digest}`"
    settings = manifest.settings
    rate, seed = settings.learning_rate, settings.seed
    yield f"- {manifest.step:,} steps, {manifest.tokens:,} tokens, learning rate {rate:g}, seed {seed}"


def job_lines(job: JobManifest) -> Iterator[str]:
    """Yield what a card says of a training at a service."""
    yield from _file_lines(job.files)
    yield f"- trained at {md(job.base_url)}, job {md(job.job)}, with {md(told_settings(job))}"


def _file_lines(files: Sequence[TrainedFile]) -> Iterator[str]:
    yield from (f"- {md(file.name)}: {count(file.rows, 'row')}, digest `{file.digest}`" for file in files)
    for file in files:
        parts = file.mixed.parts if file.mixed else ()
        yield from (f"  - of {md(part.name)}: {count(part.rows, 'row')}" for part in parts)


def checkpoint_card(
    name: str, facts: Facts, made_of: Sequence[str], manifest: Manifest | None, evaluated: Sequence[str]
) -> str:
    """Return the card of a merged model; ``made_of`` says of what, ``evaluated`` how the adapter was evaluated."""
    lines = [*front_matter(facts), "", f"# {md(name)}", "", *(md(line) for line in made_of), ""]
    lines += ["## Training data", "", *training_lines(manifest), "", "## Evaluation", "", *evaluated, ""]
    return "\n".join([*lines, *([] if facts.license else ["## License", "", NO_LICENSE, ""])])


def as_json(value: object) -> str:
    """Return a value as JSON, which YAML reads too."""
    return msgspec.json.encode(value).decode()


def md(text: str) -> str:
    """Return a text that others wrote, safe to show in Markdown."""
    return for_markdown(for_terminal(text, 400))
