"""teacher.toml: the settings of one set of generated rows, with their only defaults."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from harness.asking.cases import Reasoning
from harness.config.kinds import Count, Parameter
from harness.errors import ConfigError
from harness.records.asked import Sampling
from harness.records.budget import Budget, read_budget
from harness.records.record import Record
from harness.text.toml import load_toml

SEEDS = ("instructions", "file", "cases", "documents", "logs")


class SeedsConfig(Record, frozen=True, kw_only=True):
    """[seeds]: what rows are made of; exactly one of these is set."""

    instructions: tuple[str, ...] = ()
    """Texts, each a seed."""
    file: str | None = None
    """JSON Lines with a ``text`` in each, and optionally ``id`` and ``meta`` for the template."""
    cases: str | None = None
    """A case file, or the folder of a suite. With ``reply = "answer"`` the file must be outside of ``protected``."""
    documents: str | None = None
    """A folder of .txt, .md and .rst files, or one file; long ones are cut between paragraphs."""
    logs: tuple[str, ...] = ()
    """Production logs of any known form, or folders of them; personal data in them is masked."""
    passage_characters: Count = 4000
    """Longest piece of a document that is one seed."""

    def __post_init__(self) -> None:
        """Refuse no seeds, and two kinds of them."""
        given = [name for name in SEEDS if getattr(self, name)]
        if len(given) != 1:
            told = f"got {' and '.join(given)}" if given else "got none"
            raise ValueError(f"[seeds] has one of {', '.join(SEEDS)}; {told}")


class TeacherSampling(Record, frozen=True, kw_only=True):
    """[sampling]: how the teacher's answers are drawn; each variant of a seed has a seed number of its own."""

    temperature: Annotated[float, msgspec.Meta(ge=0)] = 0.8
    top_p: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    max_tokens: Count = 512


class TeacherConfig(Record, frozen=True, kw_only=True):
    """The whole of teacher.toml. Paths are relative to the file."""

    output: str
    """File of the rows, JSON Lines of chat messages; what else is known of them is in files beside it."""
    teacher: str
    """A model, named as for gates: ``openai:MODEL``, ``base``, an adapter's folder, ``served:NAME``, a table's NAME."""
    template: str
    """File with a Jinja template that makes a seed's request; docs/data-generate.md lists what it is given."""
    seeds: SeedsConfig
    rows: Count
    """How many rows are wanted: no more are made, and asking ends with the last one."""
    reply: Literal["answer", "row"] = "answer"
    """What the teacher replies: the answer to a seed's own question, or a new row as JSON with input and output."""
    variants: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    """How often each seed is asked at most."""
    system: str | None = None
    """File with the system prompt of rows that have none."""
    base_url: str | None = None
    """Address of the teacher's server, up to and including ``/v1``; unset asks as harness.toml says."""
    api_key_env: str | None = None
    """Name of the variable with the key for ``base_url``; as under [judge] of harness.toml."""
    allow_plain_http: bool = False
    """As under [engine] of harness.toml."""
    leave_out: tuple[Parameter, ...] = ()
    """Parameters that the teacher's server does not accept; as under [engine] of harness.toml."""
    reasoning: Reasoning | None = None
    """"think-tags" where the teacher thinks between tags in its text: that is no part of a row."""
    sampling: TeacherSampling = TeacherSampling()
    checked_by: str | None = None
    """Folder of the suite whose scorers check each answer, schemas among them; unset checks what any answer must be."""
    keep_refusals: bool = False
    """Whether an answer that refuses can be a row, where the model is to learn to refuse."""
    protected: tuple[str, ...] = ("suites",)
    """Folders of suites, or case files, whose cases must not be in rows; () where there are none."""
    near: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.7
    """Likeness from which on a row is nearly an earlier one, and rejected: Jaccard similarity of character 5-grams."""
    budget: Annotated[int, msgspec.Meta(ge=0)] | str | None = None
    """The most that the whole set can cost: a sum such as "5.00USD", with a price under [prices] of harness.toml, or a
    number of calls. Unset sets no limit."""
    max_rejected: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.1
    """Share of rows that people can reject; a higher one must be ruled out before the rows are used."""
    seed: int = 0
    """Orders the seeds, and numbers the samplings; another one gives other rows."""

    def __post_init__(self) -> None:
        """Refuse a budget that can't be read, and documents that would have to be answered."""
        if self.budget is not None:
            try:
                read_budget(str(self.budget))
            except ValueError as problem:
                raise ValueError(f"`budget`: {problem}") from problem
        if self.reply == "answer" and self.seeds.documents is not None:
            raise ValueError('a document asks nothing that could be answered; set reply = "row"')

    @property
    def most(self) -> Budget | None:
        """The budget; None where there is none."""
        return None if self.budget is None else read_budget(str(self.budget))

    def sampling_of(self, variant: int) -> Sampling:
        """Return how a variant of a seed is drawn; the first is 0."""
        own = self.sampling
        return Sampling(
            temperature=own.temperature, top_p=own.top_p, max_tokens=own.max_tokens, seed=self.seed + variant
        )


def load_teacher_config(path: Path) -> TeacherConfig:
    """Return the settings in ``path``.

    Raises:
        ConfigError: the file is missing or wrong; the text names the key.
    """
    return load_toml(path, TeacherConfig, ConfigError)
