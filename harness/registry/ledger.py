"""The ledger of promotions of a checkout: the one truth about which adapter is promoted."""

from pathlib import Path

from harness.config.whole import HarnessConfig
from harness.errors import ConfigError, RegistryError
from harness.registry.dsse import Signature, TrustedKey, keyid_of, load_private_key, load_trusted_key, sign
from harness.registry.entry import Entry, checked, line_of
from harness.registry.jsonl_file import JsonlFile
from harness.registry.sqlite_file import SqliteFile
from harness.registry.statement import Statement, encoded

FILE = "promotions.sqlite"
LOCK = "promotions.lock"
LINES = "SELECT line FROM entries ORDER BY number"


class Ledger:
    """Where promotions are kept, by the settings of a checkout whose harness.toml is in ``root``.

    Raises:
        ConfigError: the file or a key that [registry] names can't be used.
    """

    def __init__(self, config: HarnessConfig, root: Path) -> None:
        named, adapters = config.registry.ledger, root / config.adapters
        if named is not None and not named.endswith(".jsonl"):
            raise ConfigError(f"[registry] ledger = {named!r}: a ledger in git is a JSON Lines file; name it *.jsonl")
        database = SqliteFile(adapters / FILE)
        self._file = database if named is None else JsonlFile(root / named, adapters / LOCK)
        self._before = database if named is not None else None
        self._key_file = root / config.registry.key_file if config.registry.key_file else None
        self._trusted_files = tuple(root / name for name in config.registry.trusted_keys)

    def entries(self) -> tuple[Entry, ...]:
        """Return every entry, the oldest first; the whole chain is checked, and the signatures where keys are trusted.

        Raises:
            RegistryError: the ledger can't be read, or is not as it was written.
            ConfigError: a trusted key can't be read.
        """
        lines = self._file.lines()
        if not lines and self._before is not None and self._before.lines():
            there, here = self._before.path, self._file.path
            raise RegistryError(
                f"{here}: is empty, and {there} has the promotions so far; move them, and then the database away: "
                f"sqlite3 {there} '{LINES}' > {here}"
            )
        return checked(lines, self.trusted_keys() if lines else ())

    def trusted_keys(self) -> tuple[TrustedKey, ...]:
        """Return the keys whose signatures count; none where no setting names any.

        Raises:
            ConfigError: one can't be read.
        """
        return tuple(load_trusted_key(path) for path in self._trusted_files)

    def add(self, statement: Statement, last: Entry | None) -> Entry:
        """Sign a statement where a key is set, add it behind ``last``, and return its entry; all or nothing.

        Raises:
            RegistryError: somebody else added one in the meantime, or the ledger can't be written.
            ConfigError: a key can't be read, or nobody would trust the one that signs.
        """
        payload = encoded(statement)
        line = line_of(payload, self._signatures(payload))
        if not self._file.add(line, last.line if last else None):
            there = self.entries()
            if not there:
                raise RegistryError(f"{self._file.path}: the ledger is gone since it was read; restore it from a copy")
            newest = there[-1]
            raise RegistryError(
                f"{newest.place}: {newest.promotion.by} promoted {newest.name} in the meantime, so nothing was added; "
                "compare yours with that one, and promote again"
            )
        return self.entries()[statement.predicate.number - 1]

    def _signatures(self, payload: bytes) -> tuple[Signature, ...]:
        if self._key_file is None:
            if self._trusted_files:
                raise ConfigError("[registry] trusted_keys wants signatures: set key_file to the key that signs yours")
            return ()
        key = load_private_key(self._key_file)
        trusted = self.trusted_keys()
        if trusted and (own := keyid_of(key.public_key())) not in {one.keyid for one in trusted}:
            names = ", ".join(f"{one.name} ({one.keyid[:12]})" for one in trusted)
            raise ConfigError(
                f"[registry] key_file = {self._key_file.name!r}: its key {own[:12]} is none of trusted_keys: {names}; "
                "add its public key there, or sign with one of them"
            )
        return (sign(payload, key),)
