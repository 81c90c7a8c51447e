"""What a run was made of: the files of its suites, sealed tests, and the files of another tool."""

from harness.records.record import Record


class ImportedFile(Record, frozen=True, kw_only=True):
    """A file of another tool: its name, without its folder, and the SHA-256 of its content."""

    name: str
    sha256: str


class Imported(Record, frozen=True, kw_only=True):
    """What a run was made of that has another tool's answers: the tool, with its version where known, and its files."""

    tool: str
    files: tuple[ImportedFile, ...]


class SuiteFile(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A file that a suite is made of, seen from the folder of harness.toml, and the SHA-256 of its content.

    ``tests`` counts the tests in it that were asked: 0 for what is only beside them. ``deselected`` counts those that
    pytest left out: by its command line, by its settings, or by a plugin.
    """

    path: str
    sha256: str
    tests: int = 0
    deselected: int = 0


class SealedTest(Record, frozen=True, kw_only=True):
    """A test set whose cases nobody shall read: what its seal says once the run has ended.

    ``judged`` counts the candidates that it has judged, this one included. ``unsealed`` has the reason and the day of
    each look at its cases. ``problem`` says why this run could not be noted in the seal; empty where it was.
    """

    suite: str
    judged: int
    unsealed: tuple[tuple[str, str], ...] = ()
    problem: str = ""
