"""Which files of a base model are read, by their names, and what to do about a model that has no weights among them."""

import errno
import fnmatch
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from harness.errors import NoSuchModel
from harness.models.tokenizer import OTHERS, TEMPLATE, TEMPLATES
from harness.text.visible import for_terminal

CONFIG = "config.json"
INDEX = "model.safetensors.index.json"
WEIGHTS = "*.safetensors"
PLAIN = frozenset({"model.safetensors", INDEX})
MISTRAL = "consolidated*.safetensors"
"""The weights a second time, in Mistral's own format: not read where one of PLAIN is there."""
READ = ("*.json", WEIGHTS, TEMPLATE, *OTHERS)
CODE = ("*.py",)
"""More patterns, for a model whose own code ``--trust-remote-code`` lets run."""
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
GGUF = "*.gguf"


def read_of(names: Iterable[str], more: Sequence[str] = ()) -> tuple[str, ...]:
    """Return which files of a base model are read, small ones first; ``more`` are patterns of other files.

    >>> read_of(["model.safetensors", "config.json", "pytorch_model.bin", "onnx/config.json", "README.md", "code.py"])
    ('config.json', 'model.safetensors')
    """
    found = [name for name in names if any(_fits(name, pattern) for pattern in (*READ, *more))]
    weights = weights_of(found)
    return (*sorted(name for name in found if not _fits(name, WEIGHTS)), *weights)


def text_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return which files decide how a base model is given its messages: all that are read but its weights.

    >>> text_of(["model.safetensors", "config.json", "tokenizer.json"])
    ('config.json', 'tokenizer.json')
    """
    return tuple(name for name in read_of(names) if not _fits(name, WEIGHTS) and name != INDEX)


def weights_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the files that hold a base model's weights.

    >>> weights_of(["model-1.safetensors", "model.safetensors.index.json", "consolidated.safetensors"])
    ('model-1.safetensors',)
    """
    known = sorted(names)
    is_twice = not PLAIN.isdisjoint(known)
    return tuple(name for name in known if _fits(name, WEIGHTS) and not (is_twice and _fits(name, MISTRAL)))


def without_weights(names: Iterable[str]) -> str:
    """Say about a model without safetensors weights what it holds in their place, and what to do."""
    known = sorted(names)
    gguf = next((name for name in known if _fits(name, GGUF)), None)
    pickle = next((name for name in known if any(_fits(name, pattern) for pattern in PICKLES)), None)
    if gguf:
        return (
            f"its weights are in a GGUF file ({for_terminal(gguf)}), which vLLM can't serve and adapters can't be "
            "merged into; use the model that it was made from, with safetensors weights"
        )
    if pickle:
        return (
            f"its weights are pickles ({for_terminal(pickle)}), which can run code when they are read, so they never "
            "are; use a copy with safetensors weights, or load it where you trust it and save it with save_pretrained"
        )
    return "no transformers model with safetensors weights here"


def refuse_lost_links(folder: Path, more: Sequence[str] = ()) -> None:
    """Refuse a base model with a symbolic link that leads nowhere in the place of a file that would be read.

    ``more`` are patterns of other files, as for ``read_of``.

    Raises:
        NoSuchModel: there is one; left out in silence, it would be another model.
    """
    for path in sorted([*folder.glob("*"), *folder.glob(f"{TEMPLATES}/*")]):
        if not path.is_symlink() or not read_of([path.relative_to(folder).as_posix()], more):
            continue
        try:
            path.stat()
        except OSError as problem:
            how = "a loop of symbolic links" if problem.errno == errno.ELOOP else "a symbolic link to nothing"
            raise NoSuchModel(f"{path}: {how}; copy the file itself here, or fetch the model again") from None


def _fits(name: str, pattern: str) -> bool:
    """Tell whether a path in a model's folder fits a pattern, in which a star is a part of one name."""
    path, wanted = PurePosixPath(name), PurePosixPath(pattern)
    return path.parent == wanted.parent and fnmatch.fnmatchcase(path.name, wanted.name)
