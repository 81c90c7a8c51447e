"""Which adapter is promoted now, which one a name means, and whether its folder still holds what was promoted."""

import re
from collections.abc import Sequence
from pathlib import Path

from harness.errors import NoSuchModel, PromotionRefused
from harness.models.adapter import is_adapter
from harness.models.answering import digest_adapter
from harness.models.digests import DigestFile, remembered
from harness.models.own_text import own_text
from harness.registry.entry import Entry
from harness.text.visible import for_terminal

NAME = re.compile(r"(?P<name>.+?)(?:@(?P<number>\d{1,9}))?", re.ASCII)


def promotions(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the entries that promote: all but those that say that a folder was removed."""
    return tuple(one for one in entries if one.promotion.action != "remove")


def promoted_now(entries: Sequence[Entry]) -> Entry | None:
    """Return the entry whose adapter is promoted: the last that promotes; None where nothing was ever promoted."""
    return next(reversed(promotions(entries)), None)


def origin_of(entries: Sequence[Entry], entry: Entry) -> Entry:
    """Return the entry that first promoted what ``entry`` promotes: another one for a rollback alone."""
    while entry.promotion.back_to:
        entry = entries[entry.promotion.back_to - 1]
    return entry


def before(entries: Sequence[Entry], entry: Entry) -> Entry | None:
    """Return what was promoted before ``entry``'s adapter was: what a rollback leads back to; None before the first.

    Rollbacks are undone promotions, so two in a row lead back two promotions.
    """
    earlier = promoted_now(entries[: origin_of(entries, entry).number - 1])
    return origin_of(entries, earlier) if earlier else None


def named_entry(entries: Sequence[Entry], name: str) -> Entry:
    """Return the entry that ``NAME`` or ``NAME@NUMBER`` means: the last one of an adapter, or the one of that number.

    Raises:
        NoSuchModel: no such adapter was promoted, or not by that entry.
    """
    found = NAME.fullmatch(name)
    wanted, number = (found["name"], found["number"]) if found else (name, None)
    of_name = [one for one in promotions(entries) if one.promotion.adapter.name == wanted]
    chosen = [one for one in of_name if number is None or one.number == int(number)]
    if chosen:
        return chosen[-1]
    shown = for_terminal(f"registry:{name}")
    if of_name:
        raise NoSuchModel(f"{shown}: this adapter was promoted as {', '.join(one.name for one in of_name)} alone")
    known = ", ".join(dict.fromkeys(one.promotion.adapter.name for one in entries)) or "nothing so far"
    raise NoSuchModel(f"{shown}: no adapter of this name was promoted; promoted was {for_terminal(known)}")


def folder_of(entry: Entry, adapters: Path, digest_file: DigestFile = remembered) -> Path:
    """Return the folder of a promoted adapter, which still holds what was promoted; known weights are not read.

    Raises:
        PromotionRefused: it is gone, or holds another adapter now.
    """
    adapter = entry.promotion.adapter
    folder = adapters / adapter.folder
    if not is_adapter(folder):
        raise PromotionRefused(
            f"{folder}: {entry.name} was promoted from here, and the folder is gone; put it back (its digest is "
            f"{adapter.digest[:12]}), or promote another adapter"
        )
    if (here := digest_adapter(folder, digest_file)) != adapter.digest:
        raise PromotionRefused(
            f"{folder}: holds another adapter (digest {here[:12]}) than the one that was promoted as {entry.name} "
            f"(digest {adapter.digest[:12]}); put that one back, or gate and promote this one"
        )
    if own_text(folder, digest_file) != entry.promotion.text.own:
        raise PromotionRefused(
            f"{folder}: its tokenizer or chat template is not the one that was promoted as {entry.name}; put its files "
            "back, or gate and promote it again"
        )
    return folder
