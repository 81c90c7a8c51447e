"""The ledger of promotions as a JSON Lines file that lives in git, where promotions are reviewed as pull requests."""

from pathlib import Path

from harness.errors import RegistryError, StoreError
from harness.text.atomic import locked, write_durably
from harness.text.regular import read_regular
from harness.text.unwritten import unwritten


class JsonlFile:
    """The lines of a ledger in a text file; ``lock`` is a file outside of git that one promoter holds at a time."""

    def __init__(self, path: Path, lock: Path) -> None:
        self.path = path
        self._lock = lock

    def lines(self) -> tuple[tuple[str, bytes], ...]:
        """Return every line with its place, in their order; none where there is no file.

        Raises:
            RegistryError: the file can't be read.
        """
        try:
            content = read_regular(self.path)
        except FileNotFoundError:
            return ()
        except OSError as problem:
            raise RegistryError(f"{self.path}: can't be read: {problem.strerror}") from problem
        found = enumerate(content.splitlines(), start=1)
        return tuple((f"{self.path}:{number}", line) for number, line in found if line.strip())

    def add(self, line: bytes, after: bytes | None) -> bool:
        """Add a line if ``after`` is the last one (None: if there is none), and return whether it was; all or nothing.

        Raises:
            RegistryError: the file can't be written.
        """
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._lock):
                there = [one for _, one in self.lines()]
                if (there[-1] if there else None) != after:
                    return False
                write_durably(self.path, b"".join(one + b"\n" for one in (*there, line)))
        except (OSError, StoreError) as problem:
            why = unwritten(problem) if isinstance(problem, OSError) else problem
            raise RegistryError(f"{self.path}: nothing was added: {why}; give the same command again") from problem
        return True
