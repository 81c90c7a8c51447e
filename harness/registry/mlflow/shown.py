"""What MLflow shows of an entry: tags, parameters, figures with intervals, a description, and files."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import ConfigError, HarnessError
from harness.models.digests import recomputed
from harness.records.record import Json
from harness.registry.dsse import envelope
from harness.registry.entry import Entry
from harness.registry.files import adapter_files
from harness.registry.promoted import folder_of
from harness.registry.statement import Finding
from harness.registry.told import entry_lines
from harness.runs.folder import read_run
from harness.runs.metrics import metric_name, metrics_of, plain
from harness.runs.test_ids import title
from harness.text.figures import number, signed
from harness.text.visible import for_markdown, for_terminal

NAME = re.compile(r"[\w -]+(\.[\w -]+)*", re.ASCII)
LONGEST = 4_000
"""Characters of a description; MLflow's older databases take 5,000."""
LONGEST_VALUE = 250
"""Characters of a parameter's value, which older versions cut or refuse beyond."""
STATEMENT = "promotion.dsse.json"


def model_name(entries: tuple[Entry, ...], chosen: str | None) -> str:
    """Return the name of the registered model: the chosen one, else that of the first adapter, as MLflow takes it.

    Raises:
        ConfigError: MLflow would refuse the chosen one.
    """
    if chosen and not NAME.fullmatch(chosen):
        raise ConfigError(
            f"[registry] mlflow_model = {chosen!r}: MLflow takes letters, digits, spaces, _ and -, with dots between"
        )
    return chosen or plain(entries[0].promotion.adapter.name).replace("/", "_").replace(".", "_").strip() or "adapter"


def time_ms(entry: Entry) -> int:
    """Return when an entry was made, in milliseconds since 1970."""
    return int(dt.datetime.fromisoformat(entry.promotion.time).timestamp() * 1_000)


def params_of(entry: Entry) -> Mapping[str, str]:
    """Return what an entry binds, as short texts."""
    said = entry.promotion
    told = {
        "adapter": said.adapter.name,
        "adapter digest": said.adapter.digest,
        "base model": said.base.name,
        "base digest": said.base.digest,
        "base commit": said.base.commit,
        "run": said.run.id,
        "baseline": said.run.baseline_name,
        "judge": said.run.judge,
        "suites commit": said.run.commit,
        "rows": said.training.train if said.training else "",
        "harness": said.version,
    }
    return {name: for_terminal(value, LONGEST_VALUE) for name, value in told.items() if value}


def figures_of(entry: Entry, runs: Path) -> list[Mapping[str, Json]]:
    """Return the figures of an entry's run, all of them where its record is still there, else those that are bound."""
    folder = record_of(entry, runs)
    found = metrics_of(read_run(folder)) if folder else _bound(entry.promotion.run.findings)
    when = time_ms(entry)
    return [{"key": key, "value": value, "timestamp": when, "step": 0} for key, value in dict(found).items()]


def record_of(entry: Entry, runs: Path) -> Path | None:
    """Return the folder of an entry's run; None where it is gone, or holds something else now."""
    folder = runs / entry.promotion.run.id
    try:
        return folder if recomputed(folder / "run.json") == entry.promotion.run.digest else None
    except (HarnessError, OSError):
        return None


def files_of(entry: Entry, adapters: Path, runs: Path) -> Iterator[tuple[str, bytes | Path]]:
    """Yield what goes along, by name: the statement, the run's record and report, the adapter's files.

    Raises:
        PromotionRefused: the adapter's folder is gone, or holds another one now.
        AdapterError: it lacks a file.
    """
    yield STATEMENT, envelope(entry.payload, entry.signatures)
    if folder := record_of(entry, runs):
        yield from ((name, folder / name) for name in ("run.json", "report.html") if (folder / name).is_file())
    adapter = folder_of(entry, adapters)
    yield from ((f"adapter/{one.relative_to(adapter).as_posix()}", one) for one in adapter_files(adapter))


def description_of(entry: Entry) -> str:
    """Return what an entry says, as Markdown: who, when and why, on what evidence, and the gates with intervals."""
    lines = [f"- {_md(line)}" for line in entry_lines(entry)]
    rows = [_row(one) for one in entry.promotion.run.findings]
    text = "\n".join(lines)[: LONGEST // 2]
    head = "| gate | adapter | difference | 95 % | outcome |\n| --- | --- | --- | --- | --- |"
    shown = rows
    while shown and len(text) + len(head) + sum(map(len, shown)) + len(shown) > LONGEST - 100:
        shown = shown[:-1]
    more = f"\n\nand {len(rows) - len(shown)} more gates" if len(shown) < len(rows) else ""
    return "\n".join([text, "", head, *shown]) + more if rows else text


def _row(one: Finding) -> str:
    name = f"{title(one.test_id)}: {one.scorer}{f' on {one.tag}' if one.tag else ''}"
    bounds = (
        f"{signed(one.low)} to {signed(one.high)}" if one.low is not None and one.high is not None else "not paired"
    )
    outcome = f"{one.outcome}{' (advisory)' if one.advisory else ''}"
    cells = (_md(name), number(one.candidate), signed(one.difference), bounds, outcome)
    return f"| {' | '.join(cells)} |"


def _bound(findings: tuple[Finding, ...]) -> Iterator[tuple[str, float]]:
    for one in findings:
        name = metric_name(one.test_id, one.scorer, one.tag)
        values = {"candidate_mean": one.candidate, "difference_mean": one.difference}
        values |= {"difference_low": one.low, "difference_high": one.high}
        yield from ((f"{name}/{which}", value) for which, value in values.items() if value is not None)


def _md(text: str) -> str:
    return for_markdown(for_terminal(text, 300))
