"""A place that several machines reach: a folder, or a bucket of an object store, through fsspec.

Files there get their name when they are whole, and are never changed, so nobody has to wait for anybody.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.errors import InputError, PlaceError
from harness.text.secrets import Secrets, hide_login, known_secrets
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

INSTALL = "pip install 'tunegate[share]'"
OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "azure"}
"""Their files are whole as soon as they have a name; elsewhere a file is renamed at its end."""
UNFINISHED = ".part"
LONGEST_REASON = 300


class Place:
    """A shared place. Each method raises PlaceError where it can't be reached, or refuses.

    Object stores take their logins from the environment, as their own tools do.

    Raises:
        InputError: the address is none, or a package for it is missing.
    """

    def __init__(self, address: str) -> None:
        self.shown = for_terminal(hide_login(address))
        self._secrets = known_secrets(os.environ, (), (address,))
        self._protocol = address.partition("://")[0] if "://" in address else "file"
        with self._reaching():
            self._files, self._root = _opened(address, self._protocol)
        self.identity = f"{self._protocol}://{self._root}"
        """What is the same however the place is named from here, without a login."""

    def names(self, folder: str) -> frozenset[str]:
        """Return the names of the files in a folder; none where there is no such folder."""
        with self._reaching():
            self._files.invalidate_cache()
            try:
                found = self._files.ls(f"{self._root}/{folder}", detail=False)
            except FileNotFoundError:
                return frozenset()
        return frozenset(PurePosixPath(str(one)).name for one in found if not str(one).endswith(UNFINISHED))

    def put(self, source: Path, name: str) -> None:
        """Copy a file to the place; ``name`` has folders before it, with slashes."""
        target = f"{self._root}/{name}"
        with self._reaching():
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            if self._protocol in OBJECT_STORES:
                self._files.put_file(str(source), target)
                return
            unfinished = f"{target}.{os.getpid()}{UNFINISHED}"
            self._files.put_file(str(source), unfinished)
            self._files.mv(unfinished, target)

    def fetch(self, name: str, target: Path, most: int) -> None:
        """Copy a file from the place, unless it has more than ``most`` bytes."""
        path = f"{self._root}/{name}"
        with self._reaching():
            size = self._files.info(path)["size"]
            if size > most:
                raise PlaceError(
                    f"{self.shown}/{for_terminal(name)}: {size:,} bytes are more than the {most:,} expected"
                )
            self._files.get_file(path, str(target))

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Turn what any driver raises into one error, without the secrets that it may repeat."""
        try:
            yield
        except (InputError, PlaceError):
            raise
        except Exception as problem:  # noqa: BLE001 - each driver raises its own, and none goes on
            raise PlaceError(f"{self.shown}: this place can't be used: {_reason(problem, self._secrets)}") from None


def _opened(address: str, protocol: str) -> "tuple[AbstractFileSystem, str]":
    """Return the file system of an address, and the path of the place in it."""
    try:
        import fsspec
    except ModuleNotFoundError:
        raise InputError(f"a shared place needs the package fsspec: {INSTALL}") from None
    if protocol in OBJECT_STORES:
        _choose_driver(protocol)
    try:
        files, root = fsspec.core.url_to_fs(address, skip_instance_cache=True)
    except ImportError as problem:
        raise InputError(f"{for_terminal(hide_login(address))}: {for_terminal(str(problem))}") from None
    except ValueError as problem:
        raise InputError(
            f"{for_terminal(hide_login(address))}: {for_terminal(str(problem))}; name a folder, or an address such as "
            "s3://BUCKET/FOLDER or gs://BUCKET/FOLDER"
        ) from None
    return files, str(root).rstrip("/")


def _choose_driver(protocol: str) -> None:
    """Have fsspec use obstore for an object store, unless its own driver, as s3fs, is installed."""
    import fsspec

    try:
        fsspec.get_filesystem_class(protocol)
    except (ImportError, ValueError):
        try:
            from obstore.fsspec import register
        except ModuleNotFoundError:
            raise InputError(f"{protocol}:// needs the package obstore: {INSTALL}") from None
        register(protocol)


def _reason(problem: Exception, secrets: Secrets) -> str:
    """Return what a driver says in one line: its first, since some go on with a dump of their own state."""
    first = str(problem).strip().partition("\n")[0] or type(problem).__name__
    if isinstance(problem, FileNotFoundError):
        first = f"not there: {first}"
    return for_terminal(hide_login(secrets.mask(first)), LONGEST_REASON)
