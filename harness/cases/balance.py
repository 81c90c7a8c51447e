"""Tags that cut a suite into slices of very unlike size, or leave cases in none."""

from collections import Counter
from collections.abc import Iterator

from harness.cases.finding import CaseFile, Finding
from harness.text.figures import count, count_cases

RARE = 0.1
"""A slice is small that has less than this share of the largest slice's cases."""
FEW_VALUES = 2
"""A name slices where its tags have at least this many cases each, on average; otherwise they are no more than ids."""


def find_unbalanced(file: CaseFile) -> Iterator[Finding]:
    """Yield the names of tags, ``language`` of ``language-de``, whose slices are unbalanced."""
    names = dict.fromkeys(tag.partition("-")[0] for case in file.cases for tag in case.tags if _has_value(tag))
    for name in names:
        sizes = Counter(tag for case in file.cases for tag in set(case.tags) if _is_of(tag, name))
        inside = sum(any(_is_of(tag, name) for tag in case.tags) for case in file.cases)
        if len(sizes) == 1 or inside < FEW_VALUES * len(sizes):
            continue
        told = [*_small(sizes), *_outside(name, len(file.cases) - inside, inside)]
        if told:
            yield Finding(kind="tags", where=(file.name, name), told="; ".join(told))


def _small(sizes: Counter[str]) -> list[str]:
    (largest, most), *_ = sizes.most_common(1)
    small = [f"{tag} {size}" for tag, size in sorted(sizes.items()) if size < RARE * most]
    return [f"{', '.join(small)} of {largest} {most}: small slices decide next to nothing"] if small else []


def _outside(name: str, outside: int, inside: int) -> list[str]:
    """Say how many cases are in no slice, where most are in one."""
    if not outside or outside > inside:
        return []
    return [f"{count(outside, 'case')} of {count_cases(outside + inside)} without a tag {name}-..., so in no slice"]


def _has_value(tag: str) -> bool:
    name, _, value = tag.partition("-")
    return bool(name and value)


def _is_of(tag: str, name: str) -> bool:
    return tag.partition("-")[0] == name and _has_value(tag)
