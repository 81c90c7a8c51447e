"""Logs of each form, written for the tests."""

import json
from pathlib import Path

from harness.data.checks.problem import Problem
from harness.logs.reading import read_logged
from harness.records.logged import Logged


def written(path: Path, *rows: object) -> Path:
    """Write rows as JSON Lines."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def read(*paths: Path, mapping: dict[str, str] | None = None, since: str | None = None) -> list[Logged]:
    """Return the requests in files, in which nothing is wrong."""
    found = list(read_logged(paths, mapping, since))
    assert not [one for one in found if isinstance(one, Problem)]
    return found


def problems(*paths: Path, mapping: dict[str, str] | None = None, since: str | None = None) -> list[Problem]:
    """Return what is wrong with files."""
    return [one for one in read_logged(paths, mapping, since) if isinstance(one, Problem)]


def attributes(**given: object) -> list[dict]:
    """Return attributes as OTLP writes them; of names with underscores in pairs dots are made."""
    return [{"key": key.replace("__", "."), "value": _value(value)} for key, value in given.items()]


def _value(value: object) -> dict:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": _value(one)} for key, one in value.items()]}}
    return {"stringValue": value}


def span(key: str, given: list[dict], **more: object) -> dict:
    """Return a span of two seconds."""
    times = {"startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000002000000000"}
    return {"traceId": "t1", "spanId": key, "name": "chat", **times, "attributes": given, **more}


def spans(*given: dict) -> dict:
    """Return a row of OTLP JSON with spans."""
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(given)}]}]}


def records(*given: dict) -> dict:
    """Return a row of OTLP JSON with log records."""
    return {"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": list(given)}]}]}
