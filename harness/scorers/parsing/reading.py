"""Parse answers in a process that may only compute for so long. It imports nothing of the harness.

``python reading.py FD`` writes to that file descriptor: an empty line when it is ready, then one line of JSON for each
answer: [] if it parses, [symptom, reason] if not. It reads two lines for each: seconds of computing, and an object
with ``language``, ``dialect`` and ``text``. An answer that takes longer ends the process, by a signal.
"""

import ast
import json
import os
import re
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Any

MOST_BYTES = 4 << 30
DEEPEST = 64
"""Levels of YAML. Aliases that contain themselves have no end of levels."""
_YAML = "tag:yaml.org,2002:"
_NO_PROJECTIONS = ("postgres", "materialize", "risingwave")
"""Dialects in which a SELECT can name no column."""
_STATEMENT_WORDS = (
    "Query Values DDL DML Drop Alter Transaction Commit Rollback Grant Revoke Set Use Pragma Describe Analyze Comment"
    " TruncateTable Show Kill Cache Uncache Refresh LoadData Copy Attach Detach Summarize Export"
)
_STATEMENTS = tuple(_STATEMENT_WORDS.split())
_CELL_END = re.compile(r"(?<!\\)\|")


class Refused(Exception):
    """The answer does not parse: symptom and reason."""


def python(text: str, _dialect: str) -> None:
    """Refuse what the grammar of this Python refuses, and what is only names and constants, such as one word."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as problem:
        line = f" at line {problem.lineno}" if isinstance(problem, SyntaxError) and problem.lineno else ""
        said = problem.msg if isinstance(problem, SyntaxError) else str(problem)
        raise Refused("unparseable Python", f"{said}{line}") from None
    except (RecursionError, MemoryError):
        raise Refused("unparseable Python", "nested too deeply for Python's parser") from None
    if all(isinstance(node, ast.Expr) and _is_bare(node.value) for node in tree.body):
        raise Refused("no Python", "nothing but names or constants")


def _is_bare(value: ast.expr) -> bool:
    """Tell whether an expression is a name, a constant, or such with commas between them: ``Sure, yes`` is one."""
    inner = value.elts if isinstance(value, ast.Tuple) else [value]
    return all(isinstance(one, (ast.Name, ast.Constant)) for one in inner)


def yaml(text: str, _dialect: str) -> None:
    """Refuse what PyYAML's safe loader refuses, a key that is twice in a mapping, and a scalar alone."""
    from yaml import SafeLoader, YAMLError, compose

    try:
        _refuse_depth(text)
        root = compose(text, SafeLoader)
        if root is None or root.id == "scalar":
            raise Refused("no YAML", "no mapping and no list: any sentence is a YAML scalar")
        loader = SafeLoader("")
        for node in _nodes(root):
            _check_yaml(loader, node)
    except YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = getattr(problem, "problem", None) or getattr(problem, "reason", None) or str(problem)
        raise Refused("unparseable YAML", f"{said}{place}") from None
    except (ValueError, RecursionError) as problem:
        raise Refused("unparseable YAML", str(problem)) from None


def _refuse_depth(text: str) -> None:
    from yaml import CollectionEndEvent, CollectionStartEvent, SafeLoader, parse

    depth = 0
    for event in parse(text, SafeLoader):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise Refused("unparseable YAML", f"nested deeper than {DEEPEST} levels")


def _nodes(root: Any) -> Iterator[Any]:  # noqa: ANN401 - PyYAML has no types
    """Yield each node once, however many aliases lead to it."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if node.id == "sequence":
            waiting.extend(node.value)
        elif node.id == "mapping":
            waiting.extend(inner for pair in node.value for inner in pair)


def _check_yaml(loader: Any, node: Any) -> None:  # noqa: ANN401
    place = f" at line {node.start_mark.line + 1}"
    if node.id == "scalar":
        if node.tag not in (f"{_YAML}merge", f"{_YAML}value"):
            loader.construct_object(node)
        return
    if node.tag not in loader.yaml_constructors:
        raise Refused("unparseable YAML", f"the tag {node.tag!r} is unknown{place}")
    if node.id == "mapping":
        _check_keys(node, place)


def _check_keys(node: Any, place: str) -> None:  # noqa: ANN401
    seen = set()
    for key, value in node.value:
        if key.id != "scalar":
            raise Refused("unparseable YAML", f"a key is not a scalar{place}")
        if (key.tag, key.value) in seen:
            raise Refused("unparseable YAML", f"the key {key.value[:80]!r} is twice in one mapping{place}")
        seen.add((key.tag, key.value))
        if key.tag == f"{_YAML}merge":
            merged = value.value if value.id == "sequence" else [value]
            if any(one.id != "mapping" for one in merged):
                raise Refused("unparseable YAML", f"`<<` merges what is not a mapping{place}")


def sql(text: str, dialect: str) -> None:
    """Refuse what sqlglot can't parse in a dialect, and what is an expression and not a statement."""
    import sqlglot
    from sqlglot import errors, expressions

    try:
        found = [one for one in sqlglot.parse(text, read=dialect or None) if one is not None]
    except errors.SqlglotError as problem:
        said = re.sub(r"\x1b\[\d*m", "", str(problem)).split("\n")[0]
        raise Refused("unparseable SQL", said) from None
    except RecursionError:
        raise Refused("unparseable SQL", "nested too deeply for sqlglot") from None
    known = tuple(kind for name in _STATEMENTS if (kind := getattr(expressions, name, None)))
    if not found or not all(isinstance(one, (*known, expressions.Command)) for one in found):
        raise Refused("no SQL", "not a statement")
    for one in found:
        if isinstance(one, expressions.Update) and not one.expressions:
            raise Refused("unparseable SQL", "an UPDATE without SET")
        if dialect not in _NO_PROJECTIONS and any(not inner.expressions for inner in one.find_all(expressions.Select)):
            raise Refused("unparseable SQL", "a SELECT of nothing")
    if any(isinstance(one, expressions.Command) for one in found):
        raise Refused("SQL not checked", "sqlglot does not know this statement in this dialect")


def markdown_table(text: str, _dialect: str) -> None:
    """Refuse what is not exactly one table of GitHub's Markdown, and rows of different length."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    blocks = [token for token in parser.parse(text) if token.level == 0 and token.nesting >= 0]
    tables = [token for token in blocks if token.type == "table_open"]
    if not tables:
        raise Refused("no Markdown table", "no table in the answer")
    if len(blocks) > 1:
        raise Refused("more than a table", f"the answer has {len(blocks)} blocks, wanted the table alone")
    rows = [line for line in text.split("\n") if line.strip()]
    lengths = [_cells(row) for row in rows]
    for number, length in enumerate(lengths, 1):
        if length != lengths[0]:
            raise Refused("rows of different length", f"row {number} has {length} cells, the first has {lengths[0]}")


def _cells(row: str) -> int:
    row = row.strip()
    ends = [found.start() for found in _CELL_END.finditer(row)]
    return len(ends) + 1 - (0 in ends) - (len(row) - 1 in ends and len(row) > 1)


PARSERS = {"python": python, "yaml": yaml, "sql": sql, "markdown-table": markdown_table}


def main() -> None:
    """Answer until the input ends."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = MOST_BYTES if hard == resource.RLIM_INFINITY else min(hard, MOST_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    with os.fdopen(int(sys.argv[1]), "wb") as replies:
        replies.write(b"\n")
        replies.flush()
        lines = iter(sys.stdin.buffer.readline, b"")
        for seconds, given in zip(lines, lines, strict=False):
            asked = json.loads(given)
            signal.setitimer(signal.ITIMER_VIRTUAL, float(seconds))
            try:
                PARSERS[asked["language"]](asked["text"], asked["dialect"])
                reply: list[str] = []
            except Refused as refused:
                reply = [str(part) for part in refused.args]
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            replies.write(json.dumps(reply).encode() + b"\n")
            replies.flush()


if __name__ == "__main__":
    main()
