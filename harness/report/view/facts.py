"""The facts of a run in words: what was compared, how, with what, how long, and how to run it again."""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime

from harness.records.asked import ModelRef
from harness.records.parties import Usage
from harness.records.record import Record
from harness.records.saved import Run
from harness.report.view.leaked import CHOSEN_TITLE, chosen_in_words, leaks_in_words
from harness.report.view.leaked import TITLE as LEAKED_TITLE
from harness.report.view.sealed import told
from harness.report.view.short import asked_of
from harness.report.view.trained import trained_on
from harness.report.view.trust import answered_by, end_of, party, proof, reloading
from harness.text.figures import NOTHING
from harness.text.secrets import hide_login
from harness.text.shown import fact
from harness.text.visible import hide_paths

DIGEST_SHOWN = 16

Pairs = tuple[tuple[str, str], ...]
"""Names with their values."""


class UsageTable(Record, frozen=True, kw_only=True):
    """What the answers took: one column for each side, one row for each figure."""

    sides: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


class Facts(Record, frozen=True, kw_only=True):
    """All facts of a run."""

    command: str
    models: tuple[tuple[str, str, str], ...]
    settings: Pairs
    versions: Pairs
    timings: Pairs
    usage: UsageTable | None


def facts_of(run: Run) -> Facts:
    """Return the facts of a run."""
    return Facts(
        command=command_line(run.command),
        models=_models(run.baseline, run.candidate),
        settings=_settings(run),
        versions=tuple((fact(name, 80), fact(version, 200)) for name, version in sorted(run.versions.items())),
        timings=tuple((fact(name, 80), _duration(seconds)) for name, seconds in run.timings.items()),
        usage=_usage(run.usage),
    )


def command_line(command: Sequence[str]) -> str:
    """Return the command as typed in a shell; the program by its name, without any absolute path.

    >>> command_line(["/home/ada/.venv/bin/pytest", "suites/", "--candidate", "adapters/a b"])
    "pytest suites/ --candidate 'adapters/a b'"
    """
    if not command:
        return ""
    program = command[0].replace("\\", "/").rpartition("/")[2]
    return fact(shlex.join([program, *(hide_paths(hide_login(word)) for word in command[1:])]), 4_000)


def readable(time: str) -> str:
    """Write a time for people; a text that is not a time stays as it is."""
    try:
        moment = datetime.fromisoformat(time).astimezone(UTC)
    except (ValueError, OverflowError):
        return fact(time, 80)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _models(baseline: ModelRef, candidate: ModelRef) -> tuple[tuple[str, str, str], ...]:
    return (
        ("Adapter", fact(baseline.adapter or "none", 200), fact(candidate.adapter or "none", 200)),
        ("Adapter digest", _short(baseline.known_digest or None), _short(candidate.known_digest or None)),
        ("Base model", fact(baseline.base, 200), fact(candidate.base, 200)),
        ("Base model digest", _short(baseline.base_digest), _short(candidate.base_digest)),
        ("Chat template digest", _short(baseline.template_digest), _short(candidate.template_digest)),
    )


def _settings(run: Run) -> Pairs:
    return (
        ("Run", fact(run.id, 120)),
        *([("Number", f"{run.number:,}")] if run.number else []),
        ("Time", readable(run.time)),
        *(
            [("Commit", fact(run.commit, 80) + (", with changed files" if run.commit.endswith("+") else ""))]
            if run.commit
            else []
        ),
        *([("Settings", fact(hide_paths(run.settings), 400))] if run.settings else []),
        ("Engine", fact(run.engine, 400) or NOTHING),
        ("Judge", fact(run.judge, 400) or "none"),
        ("Fingerprint", fact(run.fingerprint, 200) or NOTHING),
        *((f"Answers of the {party(origin.party, origin.name)}", answered_by(origin)) for origin in run.origins),
        *(
            (
                f"Base model of the {party(origin.party, origin.name)}",
                f"fetched from a hub, commit {fact(origin.commit, 80)}",
            )
            for origin in run.origins
            if origin.commit
        ),
        *(
            (f"Base model of the {party(origin.party, origin.name)}", f"retired at its service on {ends}")
            for origin in run.origins
            if (ends := end_of(origin)) is not None
        ),
        *(("Reloading", line) for line in reloading(run)),
        *((f"Proof that {fact(probe.adapter, 80)} answered", proof(probe)) for probe in run.probes),
        *([(LEAKED_TITLE, leaks)] if (leaks := leaks_in_words(run)) else []),
        *([(CHOSEN_TITLE, chosen)] if (chosen := chosen_in_words(run)) else []),
        *((f"Trained on {fact(one.name, 120)}", trained_on(one, run.trained_on)) for one in run.trained_on),
        *((f"Short suite {fact(one.suite, 80)}", asked_of(one)) for one in run.short),
        *((f"Sealed test {fact(one.suite, 80)}", told(one)) for one in run.sealed),
        *(("Note", fact(note, 400)) for note in run.notes),
    )


def _usage(usage: Sequence[Usage]) -> UsageTable | None:
    if not usage:
        return None
    rows = (
        ("Answers", [f"{one.answers:,}" for one in usage]),
        ("of them from the store", [f"{one.stored:,}" for one in usage]),
        ("Failed calls", [f"{one.failed:,}" for one in usage]),
        ("Tokens in", [_figure(one.tokens_in, 0) for one in usage]),
        ("Tokens out", [_figure(one.tokens_out, 0) for one in usage]),
        ("Seconds an answer, median", [_figure(one.p50_s, 2) for one in usage]),
        ("Seconds an answer, 95 % below", [_figure(one.p95_s, 2) for one in usage]),
        ("Tokens out a second", [_figure(one.tokens_per_s, 1) for one in usage]),
        ("Cost", [f"{_figure(one.cost, 4)} {fact(one.currency, 12)}".rstrip() for one in usage]),
    )
    shown = [row for row in rows if row[0] != "Cost" or any(one.cost is not None for one in usage)]
    return UsageTable(
        sides=tuple(party(one.side.capitalize(), one.name) for one in usage),
        rows=tuple((name, tuple(values)) for name, values in shown),
    )


def _figure(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"


def _short(digest: str | None) -> str:
    return NOTHING if digest is None else fact(digest, 200) if len(digest) < 64 else f"{digest[:DIGEST_SHOWN]}…"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
