"""Every setting of harness.toml, read from the types in config/ and the docstrings under their fields."""

import ast
import functools
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType

import msgspec
from msgspec import inspect as types

from harness.config.engine import EngineConfig, RayConfig
from harness.config.models import ModelConfig, NamedJudge
from harness.config.prices import Price, Prices, TrainingPrice
from harness.config.rows import DataConfig, LogMapping
from harness.config.whole import HarnessConfig
from harness.records.record import Json, Record
from harness.settings.written import as_toml

FREE: Mapping[str, tuple[tuple[str, type[msgspec.Struct]], ...]] = {
    "engine": (("engine", EngineConfig), ("engine.ray", RayConfig)),
    "models": (("models.NAME", ModelConfig),),
    "judges": (("judges.NAME", NamedJudge),),
    "logs": (("logs.mapping", LogMapping),),
    "data": (("data", DataConfig), ('data.prices."NAME"', TrainingPrice)),
    "prices": (("prices", Prices), ('prices."MODEL"', Price)),
}
"""The tables that hold tables, or whose keys are names: what is in each, by the field that holds it."""
PLAIN: Mapping[type[types.Type], str] = {
    types.StrType: "text",
    types.BoolType: "true or false",
    types.IntType: "whole number",
    types.FloatType: "number",
}
MOST_KINDS = 2
"""Of more kinds than these the words are "any value"."""
LIMITS = (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below"))


class Setting(Record, frozen=True, kw_only=True):
    """One key of harness.toml."""

    key: str
    kind: str
    """What can be written there, in words."""
    default: str | None
    """As it would be written; None where the default is to leave it out."""
    meaning: str


class Table(Record, frozen=True, kw_only=True):
    """One table of harness.toml; its name is empty for the keys above all tables."""

    name: str
    meaning: str
    settings: tuple[Setting, ...]


def described_tables() -> tuple[Table, ...]:
    """Return every table with its settings, the keys above all tables first."""
    fields = msgspec.structs.fields(HarnessConfig)
    inner: list[tuple[str, object]] = [
        pair for field in fields for pair in FREE.get(field.name, ((field.name, field.type),))
    ]
    pairs = [("", HarnessConfig), *inner]
    return tuple(
        _table(name, kind) for name, kind in pairs if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    )


def _table(name: str, kind: type[msgspec.Struct]) -> Table:
    told = inspect.cleandoc(kind.__doc__ or "")
    meaning = told.partition("]: ")[2] or told
    settings = tuple(_settings_of(kind))
    return Table(name=name, meaning=_plain(meaning[:1].upper() + meaning[1:]), settings=settings)


def _settings_of(kind: type[msgspec.Struct]) -> Iterator[Setting]:
    told = attribute_docstrings(sys.modules[kind.__module__])[kind.__name__]
    for field, known in zip(msgspec.structs.fields(kind), _struct_type(kind).fields, strict=True):
        if field.name in FREE or isinstance(known.type, types.StructType):
            continue
        default = field.default
        if default is msgspec.NODEFAULT:  # a field without any must be set
            default = None if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        yield Setting(
            key=field.encode_name,
            kind=in_words(known.type),
            default=None if default is None else as_toml(msgspec.to_builtins(default)),
            meaning=_plain(told[field.name]),
        )


def _struct_type(kind: type[msgspec.Struct]) -> types.StructType:
    found = types.type_info(kind)
    assert isinstance(found, types.StructType)  # noqa: S101 - what msgspec returns for a struct
    return found


@functools.cache
def attribute_docstrings(module: ModuleType) -> Mapping[str, Mapping[str, str]]:
    """Return for each class of a module what the text under each of its fields says, on one line."""
    classes = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ClassDef)]
    return {one.name: dict(_texts_under(one)) for one in classes}


def _texts_under(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(node.body, node.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())


def _plain(text: str) -> str:
    """Return a docstring with one backtick where reStructuredText has two, on one line."""
    return re.sub("`{2}", "`", " ".join(text.split()))


def in_words(kind: types.Type) -> str:
    """Return what can be written for a type.

    >>> in_words(types.type_info(bool)), in_words(types.type_info(tuple[str, ...]))
    ('true or false', 'list of texts')
    """
    match kind:
        case types.StrType() | types.BoolType():
            return PLAIN[type(kind)]
        case types.IntType() | types.FloatType():
            return f"{PLAIN[type(kind)]}{_limits(kind)}"
        case types.LiteralType(values=values):
            return f"one of {', '.join(map(as_toml, values))}"
        case types.VarTupleType(item_type=inner):
            return f"list of {_several(in_words(inner))}"
        case types.DictType(value_type=inner):
            return f"table of {_several(in_words(inner))}"
        case types.UnionType(types=several):
            there = [one for one in several if not isinstance(one, types.NoneType)]
            return " or ".join(map(in_words, there)) if len(there) <= MOST_KINDS else "any value"
    raise TypeError(f"no words for {kind!r}")


def _several(words: str) -> str:
    return {"text": "texts", "any value": "any values"}.get(words, f"values, each {words}")


def _limits(kind: types.IntType | types.FloatType) -> str:
    found: list[tuple[str, Json]] = [(word, getattr(kind, name)) for name, word in LIMITS]
    return "".join(f" {word} {as_toml(limit)}" for word, limit in found if limit is not None)
