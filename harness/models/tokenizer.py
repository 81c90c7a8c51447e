"""Which files of a folder decide how messages become tokens, and in what an adapter's differ from the base model's.

PEFT and TRL usually save the tokenizer with the adapter, often written differently from the base model's files: so
their meaning is compared, not their bytes.
"""

import fnmatch
from pathlib import Path

import msgspec

from harness.errors import AdapterError
from harness.models.foreign import reading
from harness.text.visible import for_terminal

TEMPLATE = "chat_template.jinja"
SETTINGS = "tokenizer_config.json"
VOCABULARY = "tokenizer.json"
SPECIAL = "special_tokens_map.json"
ADDED = "added_tokens.json"
TEMPLATES = "additional_chat_templates"
FIRST = (TEMPLATE, SETTINGS, VOCABULARY)
VOCABULARIES = (
    *("tokenizer.*.json", "*.model", "tokenizer.model.*", "*.spm", "*.tiktoken", "*.tokenizer", "tekken.json"),
    *("vocab*.json", "*_vocab.json", "vocab.txt", "dict.txt", "merges.txt", "bpe.codes"),
    *("byte_maps.json", "emoji.json", "normalizer.json", "word_shape.json", "word_pronunciation.json"),
)
"""The names under which the tokenizers of transformers and vLLM look for their vocabularies."""
OTHERS = (SPECIAL, ADDED, "chat_template.json", f"{TEMPLATES}/*.jinja", *VOCABULARIES)
DECIDING = ("model", "added_tokens", "normalizer", "pre_tokenizer", "decoder")
"""The parts of tokenizer.json that turn the text of a chat into tokens; the others cut, pad, and put a token in front,
which chat templates don't use."""
ENDS = ("bos_token", "eos_token")
"""Special tokens that templates name, and that end an answer; a padding token is only for training."""
DEFAULT = "default"
"""The name of the chat template that is used where none is asked for by its name."""

Json = dict[str, object]


def tokenizer_files(folder: Path) -> tuple[Path, ...]:
    """Return the files in ``folder`` that decide how messages become tokens, in an order that never changes."""
    known = [folder / name for name in FIRST if (folder / name).is_file()]
    found = {path for pattern in OTHERS for path in folder.glob(pattern) if path.is_file()}
    return (*known, *sorted(found.difference(known)))


def own_template(adapter: Path, base: Path) -> str | None:
    """Return the chat template of an adapter's folder where it differs from the base model's; None if it does not.

    Raises:
        AdapterError: it can't be read, or there are several.
    """
    own, theirs = chat_templates(adapter), chat_templates(base)
    if all(theirs.get(name) == template for name, template in own.items()):
        return None
    if list(own) != [DEFAULT]:
        raise AdapterError(
            f"{adapter}: has the chat templates {', '.join(map(for_terminal, own))}, which differ from the base "
            f"model's, and only one can be used; save the one of its training as {TEMPLATE}, and remove the others"
        )
    return own[DEFAULT]


def other_tokenizer(adapter: Path, base: Path) -> str | None:
    """Say in what the tokenizer of an adapter's folder differs from the base model's; None if it does not.

    Raises:
        AdapterError: it can't be read.
    """
    own = {path.relative_to(adapter).as_posix() for path in tokenizer_files(adapter)}
    return (_other_special(adapter, base) or _other_vocabulary(adapter, base, own)) if own else None


def has_vocabulary(folder: Path) -> bool:
    """Return whether a folder has a whole tokenizer, not only settings or added tokens."""
    return any(_is_vocabulary(path.name) for path in tokenizer_files(folder))


def _is_vocabulary(name: str) -> bool:
    return name == VOCABULARY or any(fnmatch.fnmatch(name, one) for one in VOCABULARIES)


def most_tokens(folder: Path) -> int:
    """Return the number of tokens that a folder's tokenizer knows, by the largest number of one; 0 if none is known."""
    numbers = [number for number in _known_tokens(folder).values() if isinstance(number, int)]
    return max(numbers, default=-1) + 1


def chat_templates(folder: Path) -> dict[str, str]:
    """Return the chat templates in effect by name, as transformers reads them: files win over tokenizer_config.json."""
    files = {"default": folder / TEMPLATE, **{path.stem: path for path in (folder / TEMPLATES).glob("*.jinja")}}
    found = {name: _read_text(path) for name, path in files.items() if path.is_file()}
    if not found:
        settings = _read(folder / "chat_template.json") | _read(folder / SETTINGS)
        value = settings.get("chat_template")
        pairs = [(one.get("name"), one.get("template")) for one in _tables(value)]
        pairs += [("default", value)] if isinstance(value, str) else []
        found = {str(name): str(template) for name, template in pairs}
    # Jinja reads all kinds of line ends the same way, and drops the last one.
    return {name: text.replace("\r\n", "\n").removesuffix("\n") for name, text in found.items()}


def usual_template(folder: Path) -> str | None:
    """Return the chat template that a model's folder uses where none is named; None where it has none."""
    return chat_templates(folder).get(DEFAULT)


def _other_special(adapter: Path, base: Path) -> str | None:
    own, theirs = _special_tokens(adapter), _special_tokens(base)
    for name in ENDS:
        if own[name] is not None and own[name] != theirs[name]:
            return f"its {name} is {own[name]!r}, the base model's {theirs[name]!r}"
    return None


def _special_tokens(folder: Path) -> dict[str, str | None]:
    settings = _read(folder / SPECIAL) | _read(folder / SETTINGS)
    values = {name: settings.get(name) for name in ENDS}
    # Saved as a text, or as a table with flags.
    contents = {name: value.get("content") if isinstance(value, dict) else value for name, value in values.items()}
    return {name: None if value is None else str(value) for name, value in contents.items()}


def _other_vocabulary(adapter: Path, base: Path, own: set[str]) -> str | None:
    """Compare tokenizer.json where both have it, because loaders prefer it; else every vocabulary file of both."""
    names = sorted(filter(_is_vocabulary, own))
    shared = [name for name in names if (base / name).is_file()]
    if names and not shared:
        return f"it has {names[0]}, which can't be compared: the base model has no such file"
    for name in [VOCABULARY] if VOCABULARY in shared else shared:
        if not _are_same(adapter / name, base / name):
            return f"its {name} differs from the base model's"
    added, known = _added_tokens(adapter), _known_tokens(base)
    other = next((token for token, number in added.items() if known.get(token) != number), None)
    return f"the base model's has no token {other!r} with that number" if other else None


def _are_same(own: Path, theirs: Path) -> bool:
    if own.read_bytes() == theirs.read_bytes():
        return True
    if own.name == VOCABULARY:
        return _deciding(_read(own)) == _deciding(_read(theirs))
    if own.suffix == ".json":
        return _read(own) == _read(theirs)
    if own.suffix == ".txt":
        return _lines(own) == _lines(theirs)
    return False


def _deciding(content: Json) -> object:
    """Return the deciding parts of a tokenizer.json, the same for every version of the library that wrote it."""
    return _without_defaults({name: content.get(name) for name in DECIDING})


def _without_defaults(value: object) -> object:
    if isinstance(value, dict):
        set_keys = {key: one for key, one in value.items() if one is not None and one is not False}
        return {key: _joined(one) if key == "merges" else _without_defaults(one) for key, one in set_keys.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_without_defaults(one) for one in value]
    return value


def _joined(merges: object) -> object:
    """Return merges as older files have them, "left right"; today they are pairs."""
    return [" ".join(pair) if isinstance(pair, list) else pair for pair in merges] if isinstance(merges, list) else None


def _added_tokens(folder: Path) -> dict[str, object]:
    """Return the numbers of the tokens that were added to a vocabulary."""
    table = _read(folder / SETTINGS).get("added_tokens_decoder")
    listed = table.items() if isinstance(table, dict) else ()
    decoder = {
        str(one.get("content")): int(number) for number, one in listed if isinstance(one, dict) and number.isdecimal()
    }
    return {**_read(folder / ADDED), **decoder}


def _known_tokens(folder: Path) -> dict[str, object]:
    content = _read(folder / VOCABULARY)
    model = content.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocabulary, list):  # pieces with their scores, in the order of their numbers
        vocabulary = {str(piece[0]): number for number, piece in enumerate(vocabulary) if isinstance(piece, list)}
    known = vocabulary if isinstance(vocabulary, dict) else {}
    added = {str(one.get("content")): one.get("id") for one in _tables(content.get("added_tokens"))}
    return {**known, **_read(folder / "vocab.json"), **added, **_added_tokens(folder)}


def _tables(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _lines(path: Path) -> list[str]:
    return [line for line in _read_text(path).splitlines() if line and not line.startswith("#version")]


def _read(path: Path) -> Json:
    """Return the JSON object in a file; an empty one where there is no file."""
    if not path.is_file():
        return {}
    with reading(f"{path}: not readable as a JSON object:", AdapterError):
        return msgspec.json.decode(path.read_bytes(), type=dict[str, object])


def _read_text(path: Path) -> str:
    with reading(f"{path}: not readable as text:", AdapterError):
        return path.read_text(encoding="utf-8")
