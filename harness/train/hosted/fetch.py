"""What a job left: its table of metrics, and the adapter's weights where the service gives them.

Weights are files of a checkpoint (``result_files``, as Nebius Token Factory has them) or of the job, by the names that
PEFT gives them. Nothing else is fetched: no pickle, no whole model.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import TrainingError
from harness.models.adapter import check_adapter, is_adapter
from harness.models.folders import CONFIG
from harness.models.plain import WEIGHTS
from harness.text.progress import say
from harness.text.visible import for_terminal
from harness.train.hosted.api import Api
from harness.train.hosted.seen import File, Job, Kept
from harness.train.hosted.sending import TRIES, NoAnswer

PARTS = re.compile(r"adapter_model-\d+-of-\d+\.safetensors")
TEXTS = frozenset(
    {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja"}
)
LARGEST_TABLE = 100_000_000
LARGEST_WEIGHTS = 32 * 2**30
"""Bytes of one file."""


def fetch_tables(api: Api, job: Job, work: Path) -> Iterator[bytes]:
    """Yield the CSV tables among a job's result files."""
    for file in _files(api, job.result_files or ()):
        if Path(file.filename or "").suffix.lower() == ".csv":
            to = work / "metrics.csv"
            _fetch(api, file, to, LARGEST_TABLE)
            yield to.read_bytes()
            to.unlink()


def fetch_weights(api: Api, job: Job, kept: Sequence[Kept], folder: Path) -> bool:
    """Write the adapter into a folder; tell whether the service gave one. The last checkpoint that has files counts.

    Raises:
        AdapterError: what it gave is no adapter that can be used.
        TrainingError: a file can't be had whole.
    """
    with_files = [one.result_files for one in kept if one.result_files]
    for ids in (*with_files[:-2:-1], job.result_files or ()):
        wanted = {Path(file.filename or "").name: file for file in reversed(list(_files(api, ids)))}
        wanted = {name: file for name, file in wanted.items() if _is_of_adapter(name)}
        if CONFIG not in wanted or not any(name.endswith(".safetensors") for name in wanted):
            continue
        for name, file in wanted.items():
            say(f"  fetching {for_terminal(name)}")
            _fetch(api, file, folder / name, LARGEST_WEIGHTS)
        if is_adapter(folder):
            check_adapter(folder)
            return True
    return False


def _fetch(api: Api, file: File, to: Path, most: int) -> None:
    """Download a file whole: one that ends before its size is asked for again."""
    for _ in range(TRIES):
        api.download(file.id, to, most)
        if file.bytes is None or to.stat().st_size == file.bytes:
            return
    raise TrainingError(
        f"{api.address}: file {file.id} comes with {to.stat().st_size:,} bytes, and should have {file.bytes:,}; run "
        "the same command again later: nothing is trained again"
    )


def _files(api: Api, ids: Sequence[str]) -> Iterator[File]:
    """Yield what is known of files; one that the service doesn't know any more is told."""
    for file_id in ids:
        try:
            yield api.file(file_id)
        except NoAnswer as problem:
            if problem.status != 404:
                raise
            say(f"  result file {for_terminal(file_id)} is not there any more")


def _is_of_adapter(name: str) -> bool:
    return name in {CONFIG, WEIGHTS, *TEXTS} or PARTS.fullmatch(name) is not None
