"""The cases of suites, prepared to be looked for in training rows."""

import functools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from harness.data.alike.frame import Frame, frame_of
from harness.data.alike.minhash import signatures
from harness.data.alike.runs import RUN, SHORTEST, runs_of, words_in
from harness.data.leaks.units import Unit, units_of_case
from harness.records.asked import Case

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEW = 3
"""Cases that can share words in a row: in more these are the suite's wording, no case's own. A group counts as one."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One text of a case: its input, the last of several turns, or its expected answer."""

    suite: str
    case: Case
    unit: Unit

    @property
    def cluster(self) -> tuple[str, str]:
        """Its group, or the case itself where it has none."""
        return self.suite, self.case.group or f"\0{self.case.id}"


class KnownTexts:
    """All texts of all cases of suites, by suite; ``frames`` are what the rows were signed without."""

    def __init__(self, suites: Mapping[str, Sequence[Case]], frames: Sequence[Frame]) -> None:

        self.texts: list[Known] = []
        for name, cases in suites.items():
            all_frames = (*frames, own_frame(cases, frames))
            for case in cases:
                self.texts += [Known(suite=name, case=case, unit=unit) for unit in units_of_case(case, all_frames)]
        self.by_key: defaultdict[int, list[int]] = defaultdict(list)
        for place, text in enumerate(self.texts):
            if text.unit.key is not None:
                self.by_key[text.unit.key].append(place)
        self.near = [place for place, text in enumerate(self.texts) if text.unit.has_words]
        self.signed = signatures([self.texts[place].unit.plain for place in self.near])
        answers = Counter({text.unit.key: 0 for text in self.texts})
        for key, _ in {(text.unit.key, text.cluster) for text in self.texts if text.unit.where == "output"}:
            answers[key] += 1
        self.is_usual = [text.unit.where == "output" and answers[text.unit.key] > 1 for text in self.texts]
        """Whether a text is an answer that several cases expect, as of a label: it is no case's own."""

    @functools.cached_property
    def short(self) -> "RunTable":
        """Runs of 8 words."""
        return RunTable([self._runs(text, SHORTEST) for text in self.texts], [text.cluster for text in self.texts])

    @functools.cached_property
    def long(self) -> "RunTable":
        """Runs of 13 words, and shorter ones, which can be the whole of a row; none with 8 words that are common."""
        import numpy as np

        runs = []
        for place, text in enumerate(self.texts):
            is_common = ~np.isin(self._runs(text, SHORTEST), self.short.of(place))
            before = np.concatenate([[0], np.cumsum(is_common)])
            kept = []
            for length in range(SHORTEST, RUN + 1):
                some, inside = self._runs(text, length), length - SHORTEST + 1
                kept.append(some[before[inside:][: len(some)] == before[: len(some)]])
            runs.append(np.concatenate(kept))
        return RunTable(runs, [text.cluster for text in self.texts])

    @staticmethod
    def _runs(text: Known, length: int) -> "NDArray[np.uint64]":
        return runs_of(words_in(text.unit.plain), length)


class RunTable:
    """Hashed runs of texts, and the texts that have each, without those that texts of more than 3 clusters have."""

    def __init__(self, runs: "Sequence[NDArray[np.uint64]]", clusters: Sequence[tuple[str, str]]) -> None:
        import numpy as np

        having: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
        for cluster, some in zip(clusters, runs, strict=True):
            for run in some.tolist():
                having[run].add(cluster)
        common = {run for run, those in having.items() if len(those) > FEW}
        self._of = [np.array(sorted(set(some.tolist()) - common), dtype=np.uint64) for some in runs]
        pairs = sorted((run, place) for place, some in enumerate(self._of) for run in some.tolist())
        self.runs = np.array([run for run, _ in pairs], dtype=np.uint64)
        self.texts = np.array([place for _, place in pairs], dtype=np.int64)

    def of(self, text: int) -> "NDArray[np.uint64]":
        """Return the runs of a text."""
        return self._of[text]


def own_frame(cases: Sequence[Case], frames: Sequence[Frame] = ()) -> Frame:
    """Return the frame that the inputs of cases have beside ``frames``."""
    return frame_of([unit.plain for case in cases for unit in units_of_case(case, frames) if unit.where == "input"])
