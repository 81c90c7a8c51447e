"""What is known of the files that an adapter was trained on: how many rows and tokens, what they were mixed of."""

from harness.records.record import Record


class MixedPart(Record, frozen=True, kw_only=True):
    """What a mixture took of one file."""

    name: str
    rows: int
    tokens: int


class Mixed(Record, frozen=True, kw_only=True):
    """What a file of rows was mixed of by ``harness data mix``, with the seed that drew the rows and their order.

    ``digest`` is that of the mixed file's content. ``estimated`` says that tokens were estimated by words.
    """

    digest: str
    parts: tuple[MixedPart, ...]
    seed: int
    estimated: bool


class TrainedFile(Record, frozen=True, kw_only=True):
    """A file of training rows: its name without its folder, the digest of its content, and its rows and tokens.

    ``mixed`` is None for a file that no mixture is known of.
    """

    name: str
    digest: str
    rows: int
    tokens: int
    mixed: Mixed | None = None


class StoppedBy(Record, frozen=True, kw_only=True):
    """A case by whose answers a checkpoint was chosen, so that it proves nothing of it afterwards.

    ``question`` is the digest of what it asks, whatever the case is called and whichever system message it has.
    """

    suite: str
    case: str
    question: str


class CheckedFile(Record, frozen=True, kw_only=True):
    """A file that ``harness data check`` has read, with the digest of its content."""

    name: str
    digest: str
    rows: int


class RowsChecked(Record, frozen=True, kw_only=True):
    """What came out of a check of training rows: how much of each; ``untold`` counts what could not be checked.

    ``page`` is the SHA-256 of the page that the check wrote. ``time`` is ISO 8601 in UTC. ``template_digest`` is that
    of the tokenizer and chat template by which tokens were counted; empty where none were.
    """

    files: tuple[CheckedFile, ...]
    problems: int
    warnings: int
    untold: int
    page: str
    time: str
    template_digest: str = ""
