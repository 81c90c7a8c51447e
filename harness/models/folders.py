"""What is in a folder that is not an adapter, or not a whole one: said so that the user finds the right one."""

import errno
from collections.abc import Iterable
from pathlib import Path

from harness.errors import InputError
from harness.text.visible import for_terminal

CONFIG = "adapter_config.json"
PICKLED_WEIGHTS = ("adapter_model.bin", "adapter_model.pt", "adapter_model.pth", "pytorch_model.bin")
"""Names under which older tools save an adapter's weights. Other pickles next to an adapter are never read."""
CHECKPOINT = "checkpoint-"
MOST_NAMED = 5


def refuse_loops(folder: Path, error: type[InputError]) -> None:
    """Refuse a folder that is, or has in it, a symbolic link that leads back to itself.

    Raises:
        InputError: of the type ``error``; the text names the link.
    """
    for path in (folder, *_entries(folder)):
        if _is_loop(path):
            raise error(f"{path}: a loop of symbolic links; replace it with the file or folder it is for")


def _entries(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return ()


def _is_loop(path: Path) -> bool:
    try:
        path.stat()
    except OSError as problem:
        return problem.errno == errno.ELOOP
    return False


def found_in(folder: Path) -> str:
    """Say what a folder that is not an adapter holds, and what to do: checkpoints are named newest first."""
    if (folder / "config.json").is_file():
        return "it holds a whole model: name it as base in a table [models.NAME] of harness.toml, and write NAME here"
    inside = [path.parent.relative_to(folder).as_posix() for path in folder.glob(f"*/{CONFIG}")]
    if inside:
        named = sorted(sorted(inside), key=_step, reverse=True)[:MOST_NAMED]
        more = f" (and {len(inside) - MOST_NAMED} more)" if len(inside) > MOST_NAMED else ""
        return f"name one of the adapters in it: {', '.join(for_terminal(str(folder / one)) for one in named)}{more}"
    found = sorted(path.name for path in folder.iterdir())
    return f"found {', '.join(found[:MOST_NAMED]) or 'nothing'}; name the folder that PEFT saved the adapter to"


def _step(name: str) -> int:
    """Return the training step of a checkpoint; 0 for another folder."""
    step = name.removeprefix(CHECKPOINT)
    return int(step) if name.startswith(CHECKPOINT) and step.isascii() and step.isdecimal() else 0


def without_weights(folder: Path, weights: str) -> str:
    """Say that a folder with an adapter's configuration has no weights that can be read."""
    pickled = next((name for name in PICKLED_WEIGHTS if (folder / name).is_file()), None)
    if pickled:
        return (
            f"holds its weights in {pickled}, a pickle file, which can run code when it is read; "
            "save the adapter again as safetensors, with PEFT's save_pretrained"
        )
    return f"{weights} is missing; is this an adapter saved by PEFT?"
