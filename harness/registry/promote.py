"""Promote an adapter on the evidence of a run, roll back, remove: each one entry of the ledger, or nothing."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from harness.config.whole import HarnessConfig
from harness.errors import PromotionRefused
from harness.models.adapter import folder_name, is_adapter
from harness.models.answering import digest_adapter
from harness.models.installed import own_version
from harness.records.record import Record
from harness.registry.bound import bound_by
from harness.registry.entry import Entry
from harness.registry.evidence import lacking, refuse_another
from harness.registry.ledger import Ledger
from harness.registry.promoted import before, folder_of, origin_of, promoted_now, promotions
from harness.registry.remove import remove_folder
from harness.registry.statement import PromotedAdapter, Promotion, Statement
from harness.runs.folder import read_run
from harness.text.visible import for_terminal
from harness.train.hosted_manifest import is_model_alone

Clock = Callable[[], dt.datetime]


class Wish(Record, frozen=True, kw_only=True):
    """Who wants to promote, to roll back or to remove, and why; ``override`` lets through what is missing."""

    by: str
    reason: str = ""
    override: bool = False


class Registry:
    """Promotions of a checkout whose harness.toml is in ``root``."""

    def __init__(self, config: HarnessConfig, root: Path, now: Clock) -> None:
        self.ledger = Ledger(config, root)
        self.adapters = root / config.adapters
        self.mlflow_model = config.registry.mlflow_model
        self._root = root
        self._gates = config.gates
        self._now = now

    def find(self, name: str) -> Path:
        """Return the folder of an adapter: by its path, or by its name in the folder of adapters.

        Raises:
            PromotionRefused: there is none, or it is outside of the folder of adapters, where no name would find it.
        """
        places = (self.adapters / name, Path(name))
        folder = next((one for one in places if is_adapter(one)), None)
        if folder is None and (job := next(filter(is_model_alone, places), None)) is not None:
            told = for_terminal(str(job))
            raise PromotionRefused(
                f"{name}: has no weights, only the name of a model, behind which its service can put others: there is "
                "no digest to bind, so it can't be promoted. Name it in harness.toml, "
                f'baseline = "{told}", and the next candidate is compared with it'
            )
        if folder is None:
            raise PromotionRefused(f"{name}: no adapter's folder here, nor in {self.adapters}; check the name")
        if not folder.resolve().is_relative_to(self.adapters.resolve()):
            raise PromotionRefused(
                f"{name}: is outside of {self.adapters}, where promoted adapters are; move the folder there, and "
                "name it by its new place"
            )
        return folder

    def promote(self, folder: Path, run_folder: Path, wish: Wish) -> Entry:
        """Promote the adapter in ``folder`` with a run, and return the entry.

        Raises:
            PromotionRefused: the run does not prove it, or it is promoted already.
            RegistryError: the ledger can't be used, or somebody else promoted in the meantime.
        """
        entries = self.ledger.entries()
        now, run, own = promoted_now(entries), read_run(run_folder), self._known(folder)
        refuse_another(run, folder, own.digest)
        if now is not None and now.promotion.adapter.digest == own.digest:
            raise PromotionRefused(f"{folder}: is what users have already, promoted as {now.name}")
        missing = lacking(run, run_folder.parent, now, self._root, self._gates)
        if missing and not wish.override:
            told = "".join(f"\n  {line}" for line in missing)
            raise PromotionRefused(
                f'{folder}: can\'t be promoted:{told}\nor give --override "REASON", which is kept and always shown'
            )
        said = bound_by(own, folder, run, run_folder, self._root)
        why = wish.reason if missing or not wish.override else ""  # nothing was overridden where nothing was missing
        wish = msgspec.structs.replace(wish, reason=why)
        said = msgspec.structs.replace(said, predicate=msgspec.structs.replace(said.predicate, overridden=missing))
        return self._add(said, entries, wish)

    def roll_back(self, to: int | None, wish: Wish) -> Entry:
        """Promote again what was promoted before the last entry, or by entry ``to``, and return the new entry.

        Raises:
            PromotionRefused: there is nothing to go back to, or its folder is not what was promoted.
            RegistryError: as for ``promote``.
        """
        entries = self.ledger.entries()
        now = promoted_now(entries)
        if now is None:
            raise PromotionRefused("nothing was ever promoted, so there is nothing to roll back")
        target = before(entries, now) if to is None else _numbered(entries, to)
        if target is None:
            raise PromotionRefused(
                f"{now.name} was the first to be promoted, so there is nothing before it; --to ENTRY names another "
                "one (harness adapters list shows them)"
            )
        if target.promotion.adapter.digest == now.promotion.adapter.digest:
            raise PromotionRefused(f"{target.name} is what users have already; harness adapters list shows the others")
        folder_of(target, self.adapters)
        return self._add(_again(target, "rollback"), entries, wish)

    def remove(self, folder: Path, wish: Wish) -> Entry | None:
        """Remove an adapter's folder; one that was promoted only with an override, which an entry then says.

        Raises:
            PromotionRefused: users have it, or a rollback can lead to it.
            RegistryError: as for ``promote``.
            StoreError: it can't be removed.
        """
        entries, own = self.ledger.entries(), self._known(folder)
        of_it = [one for one in promotions(entries) if one.promotion.adapter == own]
        if of_it and not wish.override:
            is_used = of_it[-1] is promoted_now(entries)
            why, first = (
                ("users have it", "promote another one, then ") if is_used else ("a rollback can lead to it", "")
            )
            raise PromotionRefused(
                f"{folder}: {why}: it was promoted as {', '.join(one.name for one in of_it)}; keep it, or {first}give "
                '--force "REASON"'
            )
        entry = self._add(_again(origin_of(entries, of_it[-1]), "remove"), entries, wish) if of_it else None
        remove_folder(folder)
        return entry

    def _add(self, said: Statement, entries: tuple[Entry, ...], wish: Wish) -> Entry:
        """Add a statement behind the entries that were read, by whom and why."""
        last = entries[-1] if entries else None
        promotion: Promotion = msgspec.structs.replace(
            said.predicate,
            number=len(entries) + 1,
            previous=last.digest if last else "",
            time=self._now().isoformat(timespec="seconds"),
            by=wish.by,
            reason=wish.reason,
            version=own_version(),
        )
        return self.ledger.add(msgspec.structs.replace(said, predicate=promotion), last)

    def _known(self, folder: Path) -> PromotedAdapter:
        place = folder.resolve().relative_to(self.adapters.resolve()).as_posix()
        return PromotedAdapter(name=folder_name(folder), folder=place, digest=digest_adapter(folder))


def _numbered(entries: tuple[Entry, ...], number: int) -> Entry:
    if not 1 <= number <= len(entries):
        raise PromotionRefused(f"the ledger has no entry {number}; it has 1 to {len(entries)}")
    return origin_of(entries, entries[number - 1])


def _again(of: Entry, action: Literal["rollback", "remove"]) -> Statement:
    """Return a statement with the facts that the ledger has of an adapter."""
    said = msgspec.structs.replace(of.promotion, action=action, back_to=of.number)
    return msgspec.structs.replace(of.statement, predicate=said)
