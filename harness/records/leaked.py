"""What cases, answers and a candidate's training rows have in common, as a run keeps it."""

from typing import Literal

import msgspec

from harness.records.record import Record


class LeakedCase(Record, frozen=True, kw_only=True):
    """A case of a suite that is in the candidate's training rows: it is left out of all verdicts, unless ``allowed``.

    Candidates of one asking are judged by the same cases: ``of_another`` says that another one was trained on it.

    ``place`` is the row, as ``file:line``. ``how`` is "same" (but for case, white space and punctuation), "near",
    "passage" (words in a row) or "meaning". "stopping" is a case in no row, by which a side's training chose its
    checkpoint (``stop_by``); ``place`` then says whose. ``where`` says which part of the case it is. ``sure`` is False
    where an estimate alone says so: such a case stays in.
    """

    suite: str
    case: str
    place: str
    how: Literal["same", "near", "passage", "meaning", "stopping"]
    where: Literal["input", "output"]
    similarity: float
    sure: bool = True
    allowed: bool = False
    of_another: bool = False

    @property
    def is_left_out(self) -> bool:
        """Whether the case is left out of all verdicts."""
        return self.sure and not self.allowed

    @property
    def counts(self) -> bool:
        """Whether the case is left out, and counts against the candidate."""
        return self.is_left_out and not self.of_another and self.how != "stopping"


class GivenAway(Record, frozen=True, kw_only=True):
    """How many texts of one kind came out of the candidate and of its base model, asked to go on from the same prompts.

    ``of`` is "rows", drawn from all; "personal", rows with personal data; or "canaries", planted so many times.
    ``asked`` counts those that both answered, ``unanswered`` the others. ``low`` and ``high`` are the 95 % interval of
    the share that comes out of the candidate beyond its base model. ``exposure`` is in bits, the mean over canaries of
    log2 of how many secrets were compared over the rank of the planted one; None where likelihoods are not known.
    """

    of: Literal["rows", "personal", "canaries"]
    repeats: int = 0
    asked: int
    unanswered: int = 0
    candidate: int
    base: int
    low: float
    high: float
    exposure: float | None = None
    base_exposure: float | None = None


class Regurgitated(Record, frozen=True, kw_only=True):
    """One training row that the candidate repeats: ``what`` of it, and how that reads with personal data hidden.

    ``what`` is "words", or what the personal data is called. ``by_base`` says whether its base model repeats it too.
    """

    place: str
    what: str
    shown: str
    by_base: bool


class Regurgitation(Record, frozen=True, kw_only=True):
    """How much of its training rows a candidate gives away, and of which rows ``source`` that is.

    ``problem`` says why something was not measured; empty where all was.
    """

    source: str
    given: tuple[GivenAway, ...] = ()
    rows: tuple[Regurgitated, ...] = ()
    problem: str = ""

    @property
    def beyond_base(self) -> int:
        """How many rows the candidate repeats and its base model doesn't."""
        return len({one.place for one in self.rows if not one.by_base})


class NearRow(Record, frozen=True, kw_only=True):
    """A training row whose input is near a lost case's. ``similarity`` is the Jaccard similarity of character 5-grams.

    ``meaning`` is the cosine by which the row asks the same in other words; 0 where it doesn't, or where that was not
    looked for.
    ``asked`` and ``answer`` are the beginnings of its input and output, with personal data masked; both are empty where
    only the row's signature is known, or where nothing can mask them. ``is_right`` says whether the comparison's scorer
    takes the row's answer as right for the case; None where that is not known. ``is_repeated`` says that the candidate
    answered as the row does.
    """

    place: str
    similarity: float
    meaning: float = 0.0
    asked: str = ""
    answer: str = ""
    is_right: bool | None = None
    is_repeated: bool = False


class NearCase(Record, frozen=True, kw_only=True):
    """A lost case with its nearest training rows, the nearest first; none where no row shares anything with it."""

    case: str
    rows: tuple[NearRow, ...]


class NearRows(Record, frozen=True, kw_only=True):
    """The training rows near the lost cases of the comparison with this key.

    ``similar`` has the similarity of the nearest row for each case that a side had right, by id; it is empty where
    these were too many to look for. A case that is too short to be compared is in neither.
    """

    comparison: str
    lost: tuple[NearCase, ...]
    similar: dict[str, float] = msgspec.field(default_factory=dict)
