"""How scorers write themselves: as the call that makes them, which is part of every fingerprint."""

from harness.records.record import Record
from harness.scorers.reading.readers import Reader, named, whole


class Called(Record, frozen=True, kw_only=True):
    """A scorer with the call that makes it, from ``written``; other text would make earlier scores incomparable."""

    call: str

    def __repr__(self) -> str:
        """Return the call."""
        return self.call


def written(name: str, read: Reader, *arguments: object, **options: object) -> str:
    """Return the call that makes a scorer; what is left at its default is left out.

    Raises:
        ScorerError: the reader has no name.

    >>> written("contains", whole, "refund", ignore_case=True)
    "contains('refund', ignore_case=True)"
    """
    return written_call(name, "" if read is whole else named(read).__name__, *arguments, **options)


def written_call(name: str, reader: str, *arguments: object, **options: object) -> str:
    """Return the call that makes a scorer, for a reader that has been named; "" is the default."""
    positional = [repr(value) for value in arguments if value is not None]
    by_name = [f"{option}={value!r}" for option, value in options.items() if value not in (None, False, 0)]
    return f"{name}({', '.join((*positional, *by_name, *([f'read={reader}'] if reader else [])))})"
