"""[prices] and [data.prices]: what answers cost, and what hosted training does."""

import msgspec

from harness.config.kinds import Amount
from harness.records.record import Record


class Price(Record, frozen=True, kw_only=True):
    """[prices."MODEL"]: for each million tokens read and written, or for each hour of a server paid by time."""

    input: Amount | None = None
    """For a million tokens that the model reads."""
    output: Amount | None = None
    """For a million tokens that the model writes."""
    per_hour: Amount | None = None
    """For an hour of a server that is paid by time, in place of the other two."""

    def __post_init__(self) -> None:
        """Refuse half a price, and two."""
        tokens = self.input is not None and self.output is not None
        if tokens == (self.per_hour is not None) or (self.input is None) != (self.output is None):
            raise ValueError("a price is input and output for each million tokens, or per_hour alone")


class Prices(Record, frozen=True, kw_only=True):
    """[prices]: what answers cost, in one currency; see docs/efficiency.md."""

    currency: str = "USD"
    """What the prices are in, as it is shown beside them."""
    models: dict[str, Price] = msgspec.field(default_factory=dict)


class TrainingPrice(Record, frozen=True, kw_only=True):
    """[data.prices."NAME"]: what hosted training takes. Prices change: copy yours from your provider's page."""

    per_million: Amount
    """For a million tokens that are trained on; each epoch counts."""
    currency: str = "USD"
    """What the price is in."""
    as_of: str = ""
    """The day of the price, such as "2026-11-27"; it is shown beside what it comes to."""
