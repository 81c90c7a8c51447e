"""What an adapter's own folder has of the files that make tokens of messages, each with its digest."""

from pathlib import Path

from harness.models.digests import DigestFile, remembered
from harness.models.tokenizer import tokenizer_files
from harness.records.made_of import SuiteFile


def own_text(folder: Path, digest_file: DigestFile = remembered) -> tuple[SuiteFile, ...]:
    """Return the tokenizer's and the chat template's files in a folder, by name, in an order that never changes."""
    return tuple(SuiteFile(path=one.name, sha256=digest_file(one)) for one in tokenizer_files(folder))
