"""Apply JSON schemas in a process that may only compute for so long. Nothing of the harness is imported.

``python applying.py FD`` writes to that file descriptor, since anybody's start-up code can print: an empty line when it
is ready, then one line of JSON for each answer: [] if it follows the schema, [path, message] if not. It reads three
lines for each: seconds of computing, the rules (see ``compiled``), and the answer as JSON. An answer that takes longer
ends the process, by a signal that nobody handles.
"""

import decimal
import functools
import json
import os
import resource
import signal
import sys
from typing import Any

import jsonschema_rs
import regress

MOST_BYTES = 4 << 30
BACKTRACKED = "harness:pattern"
"""The keyword in place of ``pattern`` for what only regress can search for."""


class Backtracked:
    """The text matches a pattern. jsonschema-rs makes one for each ``BACKTRACKED`` in a schema."""

    def __init__(self, _schema: object, pattern: str, _path: object) -> None:
        self.pattern = regress.Regex(pattern, "u")
        self.text = pattern

    def validate(self, value: object) -> None:
        """Raise a ValueError for a text without the pattern."""
        if isinstance(value, str) and self.pattern.find(value) is None:
            raise ValueError(f'{json.dumps(value, ensure_ascii=False)} does not match "{self.text}"')


@functools.lru_cache(maxsize=64)
def compiled(rules: str) -> jsonschema_rs.Validator:
    """Return what validates by these rules, which are ``Rules`` as JSON.

    Raises:
        jsonschema_rs.ValidationError: it is not a schema, or a reference that it reaches is broken.
    """
    given = read_json(rules)

    def local(uri: str) -> Any:  # noqa: ANN401 - a JSON document
        return given["remotes"][uri.removesuffix("#")]

    return jsonschema_rs.validator_for(
        given["schema"],
        base_uri=given["base"],
        retriever=local,
        registry=_specification() if given["specification"] else None,
        validate_formats=given["formats"],
        pattern_options=jsonschema_rs.RegexOptions(),
        keywords={BACKTRACKED: Backtracked},
    )


@functools.cache
def _specification() -> jsonschema_rs.Registry:
    """Return the schemas of all drafts; jsonschema-rs has at hand only those of the schema's own draft."""
    from jsonschema_specifications import REGISTRY

    return jsonschema_rs.Registry([(uri, REGISTRY[uri].contents) for uri in REGISTRY if "draft-03" not in uri])


def read_json(text: str) -> Any:  # noqa: ANN401 - any value of JSON
    """Return a value with its numbers as they are written: as doubles, 4.9e25 is not a multiple of 1e24."""
    return json.loads(text, parse_float=decimal.Decimal)


def _reply(rules: str, validator: jsonschema_rs.Validator, answer: str) -> list[Any]:
    try:
        validator.validate(read_json(answer))
    except jsonschema_rs.ValidationError as problem:
        return [problem.instance_path, _in_the_schemas_words(problem.message, rules)]
    return []


def _in_the_schemas_words(message: str, rules: str) -> str:
    """Return a message with patterns as the schema writes them, at its end or in a schema of ``not`` at its start."""
    patterns = json.loads(rules)["patterns"]
    for rewritten, written in patterns.items():
        told = f'" does not match "{rewritten}"'
        if message.endswith(told):
            return f'{message.removesuffix(told)}" does not match "{written}"'
    schema, forbids, answer = message.partition("} is not allowed for ")
    if forbids and schema.startswith("{"):
        schema = schema.replace(json.dumps(BACKTRACKED), '"pattern"')
        for rewritten, written in patterns.items():
            schema = schema.replace(json.dumps(rewritten), json.dumps(written))
    return schema + forbids + answer


def main() -> None:
    """Answer until the input ends."""
    _limit_memory()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    with os.fdopen(int(sys.argv[1]), "wb") as replies:
        replies.write(b"\n")
        replies.flush()
        lines = iter(sys.stdin.buffer.readline, b"")
        for seconds, rules, answer in zip(lines, lines, lines, strict=False):
            validator = compiled(rules.decode())
            signal.setitimer(signal.ITIMER_VIRTUAL, float(seconds))
            reply = _reply(rules.decode(), validator, answer.decode())
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            replies.write(json.dumps(reply).encode() + b"\n")
            replies.flush()


def _limit_memory() -> None:
    """Allow so much memory, or less where the system allows less."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = MOST_BYTES if hard == resource.RLIM_INFINITY else min(hard, MOST_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
