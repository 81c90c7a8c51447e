"""Bring MLflow up to what the ledger says: a version for each promotion, and aliases for what is promoted.

Everything carries the digest of its entry from the moment it exists, so that a copy that was cut off anywhere goes on
where it was, and a copy of what is there changes nothing.
"""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import HarnessError, MirrorError
from harness.records.record import Record
from harness.registry.entry import Entry
from harness.registry.mlflow.rest import UNKNOWN
from harness.registry.mlflow.server import Model, RunInfo, Server, Tag
from harness.registry.mlflow.shown import description_of, figures_of, files_of, model_name, params_of, time_ms
from harness.registry.promoted import before, origin_of, promoted_now
from harness.runs.metrics import PROJECT
from harness.text.figures import count
from harness.text.visible import for_terminal

ENTRY, LEDGER, LAST, REMOVED, LACKS = (
    f"{PROJECT}.{name}" for name in ("entry", "ledger", "last_entry", "removed", "lacks")
)
"""Tags: the digest of the entry that a run and a version are of, and of the first entry of the ledger that a model is
of; the number of the entry that was copied last; why an adapter was removed; which files a version lacks, and why."""
PROMOTED, PREVIOUS = "promoted", "previous"
DISABLED = 503
UNSERVED = "this server leaves files to a store of its own, so there are none with it (mlflow server --serve-artifacts)"


class Copied(Record, frozen=True, kw_only=True):
    """What MLflow has now: the versions by their aliases, empty where there is none, and how many versions are new.

    ``lacks`` says what could not be copied.
    """

    address: str
    model: str
    added: int
    promoted: str
    previous: str
    lacks: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """All of it on one line."""
        new = f"{count(self.added, 'version')} added" if self.added else "nothing new"
        previous = f", previous is version {self.previous}" if self.previous else ""
        lacks = "".join(f"; {one}" for one in self.lacks)
        line = f"{new}; promoted is version {self.promoted}{previous}{lacks}"
        return for_terminal(f"MLflow at {self.address}, model {self.model}: {line}", 1_000)


class Source(Record, frozen=True, kw_only=True):
    """What is copied: a ledger's entries, the folders of adapters and runs, and the model's name if one was chosen."""

    entries: tuple[Entry, ...]
    adapters: Path
    runs: Path
    model: str | None = None


def copy_ledger(source: Source, server: Server) -> Copied:
    """Bring a server up to a ledger with at least one entry.

    Raises:
        MirrorError: the server refuses, can't be reached, or has the model of another ledger under this name.
    """
    name, entries = model_name(source.entries, source.model), source.entries
    model = _model(name, entries, server)
    there = tuple(server.versions(name))
    known = {tag.value: one.version for one in there for tag in one.tags if tag.key == ENTRY}
    removed = {one.version for one in there for tag in one.tags if tag.key == REMOVED}
    new, lacks = [one for one in entries if one.promotion.action == "promote" and one.digest not in known], []
    for entry in new:
        known[entry.digest], lack = _add(name, entry, source, server)
        lacks += [f"version {known[entry.digest]} of {entry.name}: {lack}"] if lack else []
    for entry in entries:
        version = known[origin_of(entries, entry).digest]
        if entry.promotion.action == "remove" and version not in removed:
            reason = f"{entry.promotion.time[:10]}: {entry.promotion.reason}"
            server.tag_version(name, version, REMOVED, for_terminal(reason, 1_000))
    aliases = _aliases(entries, known)
    lacks += _move(name, aliases, model, server)
    if _tag(model.tags, LAST) != str(len(entries)):
        server.tag_model(name, LAST, str(len(entries)))
    return Copied(
        address=server.address,
        model=name,
        added=len(new),
        promoted=aliases[PROMOTED],
        previous=aliases[PREVIOUS],
        lacks=tuple(lacks),
    )


def _model(name: str, entries: tuple[Entry, ...], server: Server) -> Model:
    """Return the registered model of a ledger, which is made where there is none."""
    model = server.model(name)
    if model is None:
        server.create_model(
            name, {LEDGER: entries[0].digest}, "A copy of a ledger of promotions, which is kept elsewhere."
        )
        return Model()
    if _tag(model.tags, LEDGER) != entries[0].digest:
        raise MirrorError(
            f"MLflow at {server.address} has a model {name} that is not of this ledger, so it was left as it is; set "
            "[registry] mlflow_model to another name"
        )
    last = _tag(model.tags, LAST)
    if last.isascii() and last.isdecimal() and int(last) > len(entries):
        raise MirrorError(
            f"MLflow at {server.address} has entry {last} of this ledger, which ends with entry {len(entries)} here, "
            "so it was left as it is; get the newest ledger (git pull), and give harness adapters mirror again"
        )
    return model


def _add(name: str, entry: Entry, source: Source, server: Server) -> tuple[str, str]:
    """Add the version of an entry; return its number, and what it lacks."""
    experiment = server.experiment(PROJECT)
    said = entry.promotion
    tags = {ENTRY: entry.digest, "outcome": said.run.outcome, "commit": said.run.commit}
    run = server.run_tagged(experiment, ENTRY, entry.digest)
    if run is None:
        run = server.create_run(experiment, f"promotion of {entry.name}", time_ms(entry), tags)
    lacks = _put_files(run, entry, source, server)
    server.log(run, figures_of(entry, source.runs), params_of(entry))
    server.finish(run, time_ms(entry))
    of_version = {
        ENTRY: entry.digest,
        f"{PROJECT}.number": str(entry.number),
        f"{PROJECT}.adapter": said.adapter.digest,
        f"{PROJECT}.base": said.base.digest,
        f"{PROJECT}.run": said.run.id,
    }
    if said.overridden:
        of_version[f"{PROJECT}.overridden"] = for_terminal(said.reason, 1_000)
    if lacks:
        of_version[LACKS] = lacks
    return server.create_version(name, run, of_version, description_of(entry)), lacks


def _put_files(run: RunInfo, entry: Entry, source: Source, server: Server) -> str:
    """Send the files of an entry; return what is lacking, and why."""
    if not server.keeps_files_of(run):
        return UNSERVED
    try:
        for name, content in files_of(entry, source.adapters, source.runs):
            server.put(run, name, content)
    except MirrorError as problem:
        if problem.status == DISABLED and "serve-artifacts" in str(problem):
            return UNSERVED
        raise
    except HarnessError as problem:
        return for_terminal(f"without the adapter's files: {problem}", 500)
    return ""


def _aliases(entries: tuple[Entry, ...], known: Mapping[str, str]) -> dict[str, str]:
    now = promoted_now(entries)
    earlier = before(entries, now) if now else None
    return {
        PROMOTED: known[origin_of(entries, now).digest] if now else "",
        PREVIOUS: known[earlier.digest] if earlier else "",
    }


def _move(name: str, aliases: Mapping[str, str], model: Model, server: Server) -> list[str]:
    """Let the aliases name their versions; return what could not be done."""
    there = {one.alias: one.version for one in model.aliases}
    try:
        for alias, version in aliases.items():
            if version and there.get(alias) != version:
                server.set_alias(name, alias, version)
            elif not version and alias in there:
                server.remove_alias(name, alias)
    except MirrorError as problem:
        if problem.status != UNKNOWN:
            raise
        return ["this server has no aliases, which came with MLflow 2.3"]
    return []


def _tag(tags: tuple[Tag, ...], key: str) -> str:
    return next((one.value for one in tags if one.key == key), "")
