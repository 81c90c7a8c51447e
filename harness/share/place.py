"""A place that several machines reach: a folder, or a bucket of an object store, through fsspec.

Files there get their name when they are whole, and are never changed, so nobody has to wait for anybody.
"""

import os
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING
from uuid import uuid4

from harness.errors import InputError, PlaceError, StoreError
from harness.text.secrets import Secrets, hide_login, known_secrets
from harness.text.unwritten import unwritten
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

INSTALL = "pip install 'tunegate[share]'"
OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "azure"}
"""Their files are whole as soon as they have a name; elsewhere a file is renamed at its end."""
ENDPOINTS = {"s3": "AWS_ENDPOINT_URL", "s3a": "AWS_ENDPOINT_URL", "az": "AZURE_STORAGE_ACCOUNT_NAME"}
"""The variable that says at which server a bucket is, or of which account a container."""
UNFINISHED = ".part"
LEFT_OVER_S = 86_400
CHUNK = 1 << 20
LONGEST_REASON = 300


class Unusable(Exception):
    """A file of a place is not as it was written; the text says how, and not which."""


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
        self.identity = _identity(address, self._protocol, self._root)
        """What is the same however the place is named from here, and of no other place; without a login."""

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
            unfinished = f"{target}.{uuid4().hex}{UNFINISHED}"  # processes on two machines can have one number
            try:
                self._files.put_file(str(source), unfinished)
                self._files.mv(unfinished, target)
            except BaseException:
                with suppress(Exception):
                    self._files.rm_file(unfinished)
                raise

    def remove_left_over(self, folder: str) -> None:
        """Remove from a folder what pushes that were killed left unfinished there a day ago."""
        if self._protocol in OBJECT_STORES:
            return
        with self._reaching():
            self._files.invalidate_cache()
            found = self._files.ls(f"{self._root}/{folder}", detail=True)
            written = {one["name"]: one.get("mtime") for one in found if str(one["name"]).endswith(UNFINISHED)}
            now = max((one["mtime"] for one in found if _is_time(one.get("mtime"))), default=0)  # by the place's clock
        for name, time in written.items():
            if _is_time(time) and now - time > LEFT_OVER_S:
                with suppress(Exception):  # somebody else's, or gone
                    self._files.rm_file(name)

    def fetch(self, name: str, target: Path, most: int) -> None:
        """Copy a file from the place.

        Raises:
            Unusable: it is not a file, or has more than ``most`` bytes.
            StoreError: it can't be written here.
        """
        with self.reading(name, most) as source, _written(target) as file:
            left = most
            while chunk := source.read(min(CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:  # it grew meanwhile, or said less than it has
                    raise Unusable(f"it has more than the {most:,} bytes that are read")
                with writing(target.parent):
                    file.write(chunk)

    @contextmanager
    def reading(self, name: str, most: int | None = None) -> Iterator[IO[bytes]]:
        """Open a file of the place.

        Raises:
            Unusable: it is not a file, or has more than ``most`` bytes.
        """
        path = f"{self._root}/{name}"
        with self._reaching():
            self._files.invalidate_cache()
            try:
                info = self._files.info(path)
            except FileNotFoundError:
                raise Unusable("it is not there any longer") from None
            if info.get("type", "file") != "file":
                raise Unusable("it is not a file")
            if most is not None and info["size"] > most:
                raise Unusable(f"it has {info['size']:,} bytes, more than the {most:,} that are read")
            with self._files.open(path, "rb") as source:
                yield source

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Turn what any driver raises into one error, without the secrets that it may repeat."""
        try:
            yield
        except (InputError, PlaceError, StoreError, Unusable, zipfile.BadZipFile):
            raise
        except Exception as problem:  # noqa: BLE001 - each driver raises its own, and none goes on
            raise PlaceError(f"{self.shown}: this place can't be used: {_reason(problem, self._secrets)}") from None


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Tell what goes wrong on this machine apart from what does at a place.

    Raises:
        StoreError: the folder can't be written.
    """
    try:
        yield
    except OSError as problem:
        raise StoreError(f"{folder}: can't be written: {unwritten(problem)}") from problem


@contextmanager
def _written(target: Path) -> Iterator[IO[bytes]]:
    """Open a file of this machine to write."""
    with ExitStack() as open_files:
        with writing(target.parent):
            file = open_files.enter_context(target.open("wb"))
        yield file
        with writing(target.parent):
            file.close()


def _is_time(value: object) -> bool:
    return isinstance(value, int | float)


def _identity(address: str, protocol: str, root: str) -> str:
    """Return what tells a place from all others: the same path is another place at another server."""
    if protocol == "file":
        return f"{protocol}://{root}"
    named = address.partition("://")[2].rpartition("@")[2].rstrip("/")
    server = os.environ.get(ENDPOINTS.get(protocol, ""), "")
    return f"{protocol}://{named}" + (f" at {hide_login(server)}" if server else "")


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
