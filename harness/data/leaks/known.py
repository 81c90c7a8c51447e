"""The cases of suites, prepared to be looked for in training rows."""

import functools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

import msgspec

from harness.data.alike.frame import Frame, frame_of
from harness.data.alike.minhash import signatures
from harness.data.alike.runs import RUN, SHORTEST, runs_of, words_in
from harness.data.leaks.units import Unit, units_of_case
from harness.records.asked import Case
from harness.stats.combinations import combinations

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
    """Hashed runs of texts, and the texts that have each, without those that texts of more than 3 clusters have.

    ``runs`` and ``texts`` have an item for each run of each text, in the order of the runs.
    """

    def __init__(self, runs: "Sequence[NDArray[np.uint64]]", clusters: Sequence[tuple[str, str]]) -> None:
        import numpy as np

        all_runs = np.concatenate([*runs, np.empty(0, dtype=np.uint64)])
        texts = np.repeat(np.arange(len(runs)), [len(some) for some in runs])
        numbers = dict(zip(dict.fromkeys(clusters), count(), strict=False))
        cluster_of = np.fromiter((numbers[cluster] for cluster in clusters), dtype=np.int64, count=len(clusters))
        distinct, having = np.unique(_pairs(all_runs, cluster_of[texts])[0], return_counts=True)
        is_own = ~np.isin(all_runs, distinct[having > FEW])
        self.runs, self.texts = _pairs(all_runs[is_own], texts[is_own])
        in_order = np.argsort(self.texts, kind="stable")
        self._by_text = self.runs[in_order]
        self._ends = np.searchsorted(self.texts[in_order], np.arange(len(runs) + 1))

    def of(self, text: int) -> "NDArray[np.uint64]":
        """Return the runs of a text, each once, in order."""
        return self._by_text[self._ends[text] : self._ends[text + 1]]


def _pairs(runs: "NDArray[np.uint64]", having: "NDArray[np.int64]") -> "tuple[NDArray[np.uint64], NDArray[np.int64]]":
    """Return each pair of a run and what has it once, in the order of both."""
    order, starts = combinations(having, runs)
    pairs = order[starts]
    return runs[pairs], having[pairs]


def own_frame(cases: Sequence[Case], frames: Sequence[Frame] = ()) -> Frame:
    """Return the frame that the inputs of cases have beside ``frames``."""
    return frame_of([unit.plain for case in cases for unit in units_of_case(case, frames) if unit.where == "input"])
