"""What a promotion says: an in-toto Statement (version 1) that binds an adapter to what proves it.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md. What is not known is left out. Digests under the
name ``sha256`` are those of one file each; the others are made of several files, as docs/registry.md tells.
"""

from typing import Literal

import msgspec

from harness.records.compared import Outcome
from harness.records.made_of import SealedTest, SuiteFile
from harness.records.record import Record
from harness.records.trained import RowsChecked, TrainedFile


class Subject(Record, frozen=True, kw_only=True):
    """A file of the adapter, by which other tools know what the statement is about."""

    name: str
    digest: dict[str, str]


class PromotedAdapter(Record, frozen=True, kw_only=True):
    """The adapter: ``folder`` is seen from the folder of adapters, ``digest`` is that of configuration and weights."""

    name: str
    folder: str
    digest: str


class PromotedBase(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The base model that the run asked it on; ``commit`` is known of one from a hub."""

    name: str
    digest: str
    commit: str = ""


class Text(Record, frozen=True, kw_only=True, omit_defaults=True):
    """How messages became tokens. ``digest`` covers the tokenizer and the chat template.

    ``own`` are the adapter's own files of both; ``rendering`` is the digest of what settings named in their place.
    """

    digest: str
    own: tuple[SuiteFile, ...] = ()
    rendering: str = ""


class Training(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Where the adapter came from: digests of its rows, of the settings, and the check of the rows where there was one.

    ``time`` is when the training ended; the rest of its manifest is bound by ``manifest``, the SHA-256 of that file.
    """

    manifest: str
    train: str
    validation: str = ""
    settings: str
    time: str
    files: tuple[TrainedFile, ...] = ()
    checked: RowsChecked | None = None


class Finding(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What one gate found. The difference and its bounds are candidate less baseline; None where nothing was paired."""

    test_id: str
    scorer: str
    tag: str = ""
    outcome: Outcome
    advisory: bool = False
    candidate: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    accepted: tuple[str, ...] = ()


class Evidence(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The run: ``digest`` is the SHA-256 of its run.json, ``baseline`` the digest of the adapter it compared with.

    ``known_by`` says what shows that this adapter answered, as in ``records.parties.Origin``. ``among`` is the number
    of adapters that were asked together, from which this one was chosen.
    """

    id: str
    digest: str
    time: str
    outcome: Outcome
    among: int = 1
    baseline_name: str
    baseline: str = ""
    commit: str = ""
    known_by: str = ""
    judge: str = ""
    findings: tuple[Finding, ...] = ()
    pinned: dict[str, int] = msgspec.field(default_factory=dict)
    """How many tests of single cases had each outcome."""


class Promotion(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The predicate: what is promoted, on which evidence, by whom, when and why.

    ``previous`` is the digest of the entry before; empty for the first. ``back_to`` is the entry whose facts a rollback
    repeats, which promotes its adapter again, or the removal of its folder. ``overridden`` has what was missing and let
    through, and ``reason`` why. ``time`` is ISO 8601 in UTC.
    """

    action: Literal["promote", "rollback", "remove"]
    number: int
    previous: str = ""
    back_to: int = 0
    time: str
    by: str
    reason: str = ""
    overridden: tuple[str, ...] = ()
    adapter: PromotedAdapter
    base: PromotedBase
    text: Text
    training: Training | None = None
    suites: tuple[SuiteFile, ...] = ()
    sealed: tuple[SealedTest, ...] = ()
    run: Evidence
    version: str = ""
    """That of the harness."""


class Statement(Record, frozen=True, kw_only=True):
    """The whole statement, with the names that in-toto gives its parts."""

    type: Literal["https://in-toto.io/Statement/v1"] = msgspec.field(
        name="_type", default="https://in-toto.io/Statement/v1"
    )
    subject: tuple[Subject, ...]
    predicate_type: Literal["https://tunegate.invalid/promotion/v1"] = msgspec.field(
        name="predicateType",  # a name and no address: nobody can own it by buying a domain
        default="https://tunegate.invalid/promotion/v1",
    )
    predicate: Promotion


def encoded(statement: Statement) -> bytes:
    """Return a statement as the bytes that are signed and kept."""
    return msgspec.json.encode(statement, order="deterministic")
