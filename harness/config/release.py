"""[gates], [review], [registry], [drift] and [share]: what a release must show, and what is kept of it."""

from typing import Annotated

import msgspec

from harness.config.kinds import Count
from harness.records.record import Record


class GatesConfig(Record, frozen=True, kw_only=True):
    """[gates]: how gates decide."""

    guarantee: bool = False
    """Whether every ``max_drop`` takes the tests that pass at most 5 % of candidates that are worse, whatever the data:
    for those who must prove it. They need more cases."""
    max_leaked: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many cases can be in the candidate's training rows before the run fails; each is left out of the verdicts."""
    max_regurgitated: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """How many of the training rows that are asked about the candidate can give away, and its base model not, before
    the run fails; set, they are always asked about. Unset, what ``--regurgitation`` finds is only reported."""
    regurgitation_rows: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    """How many training rows are asked about at most, and as many again with personal data."""
    until_decided: bool = False
    """Whether cases are asked in batches, only until each gate is decided, as with ``--until-decided``. ``--ask-all``
    asks all of them all the same, as before a release."""
    order_seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    """The seed of the random order in which cases are then asked. With the same one, the next candidate is asked the
    same cases first, so the baseline's answers are in the store by then."""
    promote_early: bool = False
    """Whether a run that did not ask all cases can promote an adapter."""


class ReviewConfig(Record, frozen=True, kw_only=True):
    """[review]: what people's votes must show, see docs/review.md."""

    min_win_rate: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.45
    """A smaller rate of the candidate's wins, ties half, must be ruled out (one-sided 95 %)."""
    max_unshippable_of_20: Annotated[float, msgspec.Meta(ge=0, le=20)] = 2.0
    """How many of 20 of the candidate's answers reviewers can call not fit to ship; 20 sets no limit."""
    min_agreement: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    """Least Krippendorff's alpha among reviewers; unset sets no limit."""
    min_ballots: Count = 2
    """How many reviewers must have finished."""


class RegistryConfig(Record, frozen=True, kw_only=True):
    """[registry]: where promotions are kept, and whose signatures count; see docs/registry.md."""

    ledger: str | None = None
    """A JSON Lines file in git, for teams that review promotions as pull requests. Unset keeps them in the file
    promotions.sqlite beside the adapters."""
    key_file: str | None = None
    """PEM file with the private key that signs promotions: Ed25519, or ECDSA on a NIST curve. Unset signs none."""
    trusted_keys: tuple[str, ...] = ()
    """PEM files with public keys. Set, every entry must be signed by one of them."""
    mlflow_model: str | None = None
    """The registered model in MLflow that is a copy of the ledger, where MLFLOW_TRACKING_URI names a server. Unset, it
    has the name of the adapter that was promoted first."""


class DriftConfig(Record, frozen=True, kw_only=True):
    """[drift]: what `harness drift` looks at, and what it calls a drift; see docs/drift.md."""

    sample: Annotated[int, msgspec.Meta(ge=100, le=100_000)] = 2000
    """How many requests are drawn from the logs to be looked at."""
    max_input_shift: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.25
    """How well requests can be told from those of the suite or the training data: 0 is not at all, 1 always."""
    max_answer_drop: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.05
    """How much worse a share of the answers can be than at release, such as of those that follow the schema."""
    runs_per_false_alarm: Annotated[int, msgspec.Meta(ge=20, le=100_000)] = 370
    """So many runs without any change have one false alarm at most."""


class ShareConfig(Record, frozen=True, kw_only=True):
    """[share]: where a team keeps runs and answers together; see docs/share.md."""

    place: str | None = None
    """A folder that all machines reach, or an address such as ``s3://BUCKET/FOLDER`` or ``gs://BUCKET/FOLDER``: for
    `harness share push` and `pull`."""
