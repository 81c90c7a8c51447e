"""What a push and a pull would copy between this machine and a shared place."""

from pathlib import Path

from harness.asking.store import STORE_FILE
from harness.asking.store.database import has_store
from harness.asking.store.exchange import count_answers
from harness.records.record import Record
from harness.share.answers import PART, parts_there
from harness.share.known import known_file, known_of
from harness.share.place import Place
from harness.share.runs import runs_here, runs_there


class Waiting(Record, frozen=True, kw_only=True):
    """Runs by name, answers that the place lacks, and parts of answers that were not read here."""

    runs_to_push: tuple[str, ...]
    runs_to_pull: tuple[str, ...]
    answers_to_push: int
    parts_to_pull: int
    most_per_part: int = PART


def waiting(runs: Path, place: Place) -> Waiting:
    """Compare this machine with a place; nothing is copied.

    Raises:
        PlaceError: the place can't be reached, or refuses.
    """
    here, there, store = runs_here(runs), runs_there(place), runs / STORE_FILE
    with known_of(known_file(runs), place.identity) as known:
        return Waiting(
            runs_to_push=tuple(sorted(here - there)),
            runs_to_pull=tuple(sorted(there - here)),
            answers_to_push=count_answers(store, without=known) if has_store(store) else 0,
            parts_to_pull=len(parts_there(place) - known.parts()),
        )
