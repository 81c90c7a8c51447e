"""What the lost cases of each gate have in common, in sentences; most often there is nothing to say."""

from collections.abc import Iterable, Mapping

import msgspec

from harness.records.compared import Comparison, Row
from harness.records.in_columns import Rows
from harness.records.leaked import NearRows
from harness.records.record import Record
from harness.report.evidence.evidence import Evidence
from harness.text.figures import percent
from harness.text.shown import fact
from harness.verdicts.concentration import Shared, right_somewhere, shared_by_lost
from harness.verdicts.conditions import Kind, Traits

VALUE_LIMIT = 60
LANGUAGES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "ms": "Malay or Indonesian",
    "nl": "Dutch",
    "no": "Norwegian or Danish",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak or Czech",
    "srl": "Serbian, Croatian or Bosnian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""Names of the codes that ``language_of`` gives; any other is shown as it is."""

SENTENCES: dict[Kind, tuple[str, str, str]] = {
    "tag": ("have the tag ", "", "do"),
    "label": ("expect ", "", "do"),
    "language": ("are in ", "", "are"),
    "system": ("have the system message that starts with ", "", "do"),
    "one turn": ("have one user message", "", "do"),
    "turns": ("have ", " user messages or more", "do"),
    "longer": ("have more than ", " characters of user messages", "do"),
    "shorter": ("have at most ", " characters of user messages", "do"),
    "unlike rows": ("have no training row that is ", " alike", "do"),
    "like rows": ("have a training row that is ", " alike or more", "do"),
    "word": ("mention ", "", "do"),
    "phrase": ("mention ", "", "do"),
}
"""What cases of a condition do, before and after its value, and the verb that repeats it."""
QUOTED: frozenset[Kind] = frozenset({"tag", "label", "system", "word", "phrase"})


class SharedView(Record, frozen=True, kw_only=True):
    """One sentence in three parts: the one in the middle is foreign text, or a figure."""

    before: str
    value: str
    after: str


class Search(Record, frozen=True, kw_only=True):
    """What is searched for one gate: the comparison, whole also where slices are gated, and the cases to look at."""

    comparison: Comparison
    rows: tuple[Row, ...]


def searches_of(gates: Iterable[tuple[str, Comparison]]) -> dict[str, Search]:
    """Return the search of each gate that has enough flips, by the gate's name, which its slices share."""
    together: dict[str, list[Comparison]] = {}
    for gate, comparison in gates:
        together.setdefault(gate, []).append(comparison)
    found = {}
    for gate, comparisons in together.items():
        whole = msgspec.structs.replace(comparisons[0], tag="")
        if len(comparisons) > 1:
            rows = {row.case_id: row for comparison in comparisons for row in comparison.rows}
            whole = msgspec.structs.replace(whole, rows=Rows.of(rows.values()))
        if looked_at := right_somewhere(whole):
            found[gate] = Search(comparison=whole, rows=looked_at)
    return found


def shared_of(
    searches: Mapping[str, Search], evidence: Evidence, near: Iterable[NearRows] = ()
) -> dict[str, tuple[SharedView, ...]]:
    """Return for each gate what its lost cases have in common, as far as it is beyond chance.

    Gates of the same comparison share one search. ``near`` says how similar to each case its nearest training row is.
    """
    similar = {one.comparison: one.similar for one in near}
    made: dict[tuple[str, tuple[str, ...]], tuple[SharedView, ...]] = {}
    places = {gate: (one.comparison.key, tuple(row.case_id for row in one.rows)) for gate, one in searches.items()}
    for gate, search in searches.items():
        if places[gate] not in made:
            traits = _with_rows(evidence.traits(search.comparison, search.rows), similar.get(search.comparison.key, {}))
            found = shared_by_lost(search.rows, traits, len({*places.values()})) if traits else ()
            made[places[gate]] = tuple(map(sentence, found))
    return {gate: made[place] for gate, place in places.items()}


def _with_rows(traits: dict[str, Traits] | None, similar: Mapping[str, float]) -> dict[str, Traits] | None:
    if traits is None or not similar:
        return traits
    return {case: msgspec.structs.replace(one, nearest=similar.get(case)) for case, one in traits.items()}


def sentence(shared: Shared) -> SharedView:
    """Return what lost cases have in common as a sentence, with how many others are like them."""
    kind, value = shared.condition.kind, shared.condition.value
    before, after, verb = SENTENCES[kind]
    lost = (
        f"All {shared.all_lost:,}" if shared.lost == shared.all_lost else f"{shared.lost:,} of the {shared.all_lost:,}"
    )
    field = shared.condition.field if kind == "label" else ""
    won = f"; so {verb} {shared.won:,} won" if shared.won else ""
    return SharedView(
        before=f"{lost} lost cases {before}{f'{_shown(field)} ' if field else ''}",
        value=f"“{_shown(value)}”" if kind in QUOTED else _figure(kind, value),
        after=f"{after} ({shared.right:,} of the {shared.all_right:,} that were right before {verb}{won})",
    )


def _figure(kind: Kind, value: str) -> str:
    if kind == "language":
        return LANGUAGES.get(value, f"the language {_shown(value)}")
    if kind in {"unlike rows", "like rows"}:
        return percent(float(value))
    return f"{int(value):,}" if value else ""


def _shown(text: str) -> str:
    """Return foreign text on one line, cut."""
    line = " ".join(text.split())
    return fact(line, VALUE_LIMIT) if len(line) <= VALUE_LIMIT else f"{fact(line[:VALUE_LIMIT], VALUE_LIMIT)}…"
