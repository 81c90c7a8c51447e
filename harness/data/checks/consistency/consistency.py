"""Consistency: answers under one system prompt that have another form than nearly all others under it.

The rule is the same for each kind: with ``FEWEST`` answers or more, a way that at most ``MINORITY`` of them have is
an oversight, and its rows are named. Where two ways are more frequent than that, the file is mixed by design, which is
told once, and only of forms.
"""

from collections.abc import Iterator, Sequence

from harness.data.checks.consistency.forms import asks_for_form, form_of, has_headings, has_stop, key_style
from harness.data.checks.consistency.kept import Kept, share
from harness.data.checks.consistency.keys import Keys
from harness.data.checks.consistency.languages import Languages
from harness.data.checks.consistency.prompts import Asked, Prompts
from harness.data.checks.consistency.traits import Trait, Traits
from harness.data.checks.needed import need
from harness.data.checks.personal.personal import masked
from harness.data.checks.problem import Kind, Problem
from harness.data.row import DataRow
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import Json
from harness.scorers.scoring import score_one
from harness.text.visible import quoted

FORM = Trait(kind="mixed-form", beside=frozenset({("prose", "a label")}))
STYLE = Trait(kind="key-style", of="answers' keys")
HEADINGS = Trait(kind="headings", of="long answers")
STOPS = Trait(kind="full-stop", of="one-line answers")
ALIGN = "bring these rows into the form of the others, or say in their prompt that it differs"
KINDS = (
    Kind(name="system-prompt", title="System prompts that differ", remedy="use one system prompt, word for word"),
    Kind(
        name="suite-system-prompt",
        title="System prompts that no suite uses",
        remedy="train with the prompt that users and suites have, word for word",
    ),
    Kind(name="mixed-form", title="Mixed forms of answers", remedy=ALIGN),
    Kind(name="key-style", title="Mixed styles of keys", remedy=ALIGN),
    Kind(name="keys", title="Keys that come and go", remedy="give every answer the same keys; write null for no value"),
    Kind(name="label-spelling", title="Labels in several spellings", remedy="write each label in one way"),
    Kind(name="headings", title="Markdown headings in few answers", remedy=ALIGN),
    Kind(name="full-stop", title="Full stops in few answers", remedy=ALIGN),
    Kind(name="language", title="Answers in another language", remedy="translate the answer, or ask for the language"),
    Kind(name="schema", title="Answers that break the suite's schema", remedy="correct the answer: it can't pass"),
)
LABELS = 1_000
"""Labels in several spellings are looked for among so many different ones; with more, they are no labels."""
FEWEST_SPELLED = 5
"""Rows with the main spelling, from which on a short answer is a label: two answers of one word can be any."""
SPELLED = 200
"""Rows that are named for each spelling of a label."""
_BETWEEN = str.maketrans("", "", " _-<>\"'")
PROMPTS = 100
"""System prompts whose answers' keys and labels are counted."""


class Consistency:
    """The check of all kinds above, against ``suites`` where some are given."""

    def __init__(self, suites: Sequence[Asked] = ()) -> None:
        need("detect_secrets", "phonenumbers")
        self._suites = tuple(suites)
        self._prompts = Prompts(suites)
        self._traits = Traits()
        self._languages = Languages()
        self._labels: dict[str, dict[str, Kept]] = {}
        self._keys: dict[str, Keys] = {}

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Yield where an answer breaks the schema of a suite with its system prompt, and note the rest."""
        system, output = row.system, row.output
        self._prompts.see(row)
        for suite in self._suites:
            if suite.answers and system in suite.systems and output:
                yield from _broken(row, suite)
        if not output or row.messages[-1].role != "assistant" or row.messages[-1].calls:
            return
        form, value = form_of(output)
        if system or not asks_for_form(row.messages[-2].text if len(row.messages) > 1 else ""):
            self._note(row, system, form, output)
        if isinstance(value, dict):
            self._note_keys(row, system, value)
        if form == "a label":
            self._note_label(row, output.strip())
        if form == "prose":
            self._languages.see(row)

    def finish(self) -> Iterator[Problem]:
        """Yield the rows that differ from nearly all others, and once what is mixed."""
        yield from self._prompts.finish()
        yield from self._traits.mixed(FORM)
        for trait in (FORM, STYLE, HEADINGS, STOPS):
            yield from self._traits.uneven(trait)
        for keys in self._keys.values():
            yield from keys.problems()
        yield from self._spellings()
        yield from self._languages.finish()

    def _note(self, row: DataRow, system: str, form: str, output: str) -> None:
        """Note the ways of an answer."""
        add, place = self._traits.add, row.place
        add(system, FORM, form, place)
        if form == "prose":
            if (headings := has_headings(output)) is not None:
                add(system, HEADINGS, "with headings" if headings else "without headings", place)
            if (stop := has_stop(output)) is not None:
                add(system, STOPS, "with a full stop" if stop else "without a full stop", place)

    def _note_keys(self, row: DataRow, system: str, value: dict[str, Json]) -> None:
        if style := key_style(value):
            self._traits.add(system, STYLE, style, row.place)
        if system in self._keys or len(self._keys) < PROMPTS:
            self._keys.setdefault(system, Keys()).add(row.place, value)

    def _note_label(self, row: DataRow, label: str) -> None:
        folded = label.casefold().rstrip(".").translate(_BETWEEN)
        if len(folded) < 2 or not folded[0].isalpha() or not folded.isalnum():  # numbers and symbols are what they are
            return
        if folded in self._labels or len(self._labels) < LABELS:
            self._labels.setdefault(folded, {}).setdefault(label, Kept(SPELLED)).add(row.place)

    def _spellings(self) -> Iterator[Problem]:
        """Yield the rarer spellings of each label."""
        if len(self._labels) >= LABELS:
            return
        for spellings in self._labels.values():
            total = sum(kept.count for kept in spellings.values())
            main = max(spellings, key=lambda one: spellings[one].count)
            if spellings[main].count < FEWEST_SPELLED:
                continue
            for spelling, kept in spellings.items():
                if spelling != main:
                    told = f"the label is written {quoted(spelling)}, and as {quoted(main)} in "
                    told += share(spellings[main].count, total)
                    yield Problem(kind="label-spelling", places=kept.places, told=told)


def _broken(row: DataRow, suite: Asked) -> Iterator[Problem]:
    """Yield how an answer breaks a suite's schema."""
    if suite.answers is None:
        return
    score = score_one(
        suite.answers, Case(id="row", messages=row.messages[:-1]), Response(request_key="row", text=row.output)
    )
    if score.value is not None and score.value < 1:
        reason = score.reason or "it breaks the schema"
        if form_of(row.output)[0] in {"prose", "a label", "broken JSON"}:
            reason = "it is not JSON"
        told = f"the answer can't pass the suite {suite.name}: {masked(reason)}"
        yield Problem(kind="schema", places=(row.place,), told=told)
