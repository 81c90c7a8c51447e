"""What is chosen when a repository is set up; the defaults are those of the questions."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Literal, get_args

from harness.errors import InputError
from harness.records.record import Record
from harness.text.visible import quoted

Task = Literal["labels", "json", "text", "tool-calls", "documents"]
Answers = Literal["transformers", "vllm", "server", "openai"]
CI = Literal["github", "github-forks", "gitlab", "jenkins", "azure", "none"]
TASKS: tuple[Task, ...] = get_args(Task)
ANSWERS: tuple[Answers, ...] = get_args(Answers)
CIS: tuple[CI, ...] = get_args(CI)
EMBEDDED = "smollm2-135m-instruct"


class Choices(Record, frozen=True, kw_only=True):
    """The five choices: what is gated, which model it is based on, what answers, where adapters are, and the CI."""

    task: Task
    base_model: str = EMBEDDED
    answers: Answers = "transformers"
    adapters: str = "adapters"
    ci: CI = "github"

    def __post_init__(self) -> None:
        """Refuse what can't be written into the files.

        Raises:
            InputError: a name is blank or not printable, or the folder of adapters is not inside the repository.
        """
        for name in (self.base_model, self.adapters):
            if not name.strip() or not name.isprintable():
                raise InputError(f"{quoted(name)}: expected a name of printable characters")
        folder = PurePosixPath(self.adapters)
        if folder.is_absolute() or ".." in folder.parts or folder == PurePosixPath():
            raise InputError(f"{quoted(self.adapters)}: the adapters' folder is a path inside the repository")


def chosen(name: str, value: str, known: Iterable[str]) -> str:
    """Return a value that is among those known.

    Raises:
        InputError: it isn't; the text says what ``name`` takes.
    """
    options = tuple(known)
    if value not in options:
        raise InputError(f"{name} takes {', '.join(options)}; got {quoted(value)}")
    return value
