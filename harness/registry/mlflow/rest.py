"""Ask MLflow's REST API: records and files over HTTP, and errors in words that show no login.

Nothing is sent twice: what was cut off is looked for by the next copy. Redirects aren't followed: the login would go
along.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import msgspec

from harness.errors import MirrorError
from harness.records.record import UNREADABLE, Json
from harness.registry.mlflow.access import CERTIFICATES, Access
from harness.text.regular import open_regular
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    import ssl

    import httpx2

T = TypeVar("T")
CONNECT_S, ANSWER_S, UPLOAD_S = 5.0, 30.0, 600.0
LARGEST = 32 * 2**20
"""Bytes of an answer."""
ABSENT = "RESOURCE_DOES_NOT_EXIST"
UNKNOWN = 404
LOG_IN = (
    "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, to those of a user who may"
)


class Nothing(msgspec.Struct, frozen=True):
    """An answer of which nothing is needed."""


class _Failure(msgspec.Struct, frozen=True):
    """What MLflow says of a failure."""

    error_code: str = ""
    message: str = ""


class Rest:
    """A server. Every method raises MirrorError where it refuses, can't be reached, or is something else."""

    def __init__(self, access: Access, client: "httpx2.Client") -> None:
        self.address = access.address
        self._access = access
        self._client = client

    def get(self, path: str, kind: type[T], query: Mapping[str, str]) -> T:
        """Return what is at a path."""
        return self._record(f"GET {path}", self._answer("GET", path, query=query), kind)

    def find(self, path: str, kind: type[T], query: Mapping[str, str]) -> T | None:
        """Return what is at a path; None where MLflow says that there is no such thing."""
        answer = self._answer("GET", path, query=query)
        if answer.status_code == UNKNOWN and _failure(answer.content).error_code == ABSENT:
            return None
        return self._record(f"GET {path}", answer, kind)

    def send(self, method: str, path: str, body: Mapping[str, Json], kind: type[T]) -> T:
        """Send a record, and return what is answered."""
        return self._record(f"{method} {path}", self._answer(method, path, body=body), kind)

    def put(self, path: str, content: bytes | Path) -> None:
        """Put a file somewhere, in place of one that is there."""
        if isinstance(content, bytes):
            self._record(f"PUT {path}", self._answer("PUT", path, content=content), Nothing)
            return
        try:
            with open_regular(content) as file:
                self._record(f"PUT {path}", self._answer("PUT", path, content=file), Nothing)
        except OSError as problem:
            raise MirrorError(f"{content}: can't be read: {problem.strerror}") from problem

    def _answer(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Json] | None = None,
        content: bytes | IO[bytes] | None = None,
    ) -> "httpx2.Response":
        import httpx2

        url, timeout = (
            f"{self.address}{path}",
            httpx2.Timeout(ANSWER_S if content is None else UPLOAD_S, connect=CONNECT_S),
        )
        try:
            return self._client.request(method, url, params=query, json=body, content=content, timeout=timeout)
        except httpx2.TransportError as problem:
            why = self._clean(str(problem) or type(problem).__name__)
            raise MirrorError(f"MLflow at {self.address} can't be reached: {why}") from None

    def _record(self, what: str, answer: "httpx2.Response", kind: type[T]) -> T:
        if answer.is_success and len(answer.content) <= LARGEST:
            try:
                return msgspec.json.decode(answer.content or b"{}", type=kind)
            except UNREADABLE:
                raise MirrorError(
                    f"{what} at {self.address}: the answer is not MLflow's; is MLFLOW_TRACKING_URI its address?"
                ) from None
        said, status = _failure(answer.content), answer.status_code
        if status in {401, 403}:
            raise MirrorError(f"MLflow at {self.address} refuses {what}: HTTP {status}; {LOG_IN}", status)
        if status == UNKNOWN and said.error_code != ABSENT:
            raise MirrorError(
                f"{self.address} knows no {what}: it is no MLflow, or a version without it (2.3 and newer have it)",
                status,
            )
        told = self._clean(said.message or answer.text[:2_000])
        raise MirrorError(f"MLflow at {self.address}: {what}: HTTP {status}: {told}", status)

    def _clean(self, text: str) -> str:
        return for_terminal(self._access.secrets.mask(text), 300)


@contextmanager
def asking(access: Access) -> Iterator[Rest]:
    """Give a way to ask a server.

    Raises:
        MirrorError: its certificates can't be read.
    """
    import httpx2

    headers = {"User-Agent": "tunegate"}
    if access.token and not access.login:
        headers["Authorization"] = f"Bearer {access.token}"
    with httpx2.Client(
        headers=headers,
        auth=access.login,
        verify=_verify(access),
        follow_redirects=False,
    ) as client:
        yield Rest(access, client)


def _verify(access: Access) -> "ssl.SSLContext | bool":
    if access.insecure or access.address.lower().startswith("http://"):
        return False  # without TLS there is nothing to verify, and reading all authorities takes a while
    if not access.certificates:
        return True
    import ssl

    try:
        return ssl.create_default_context(cafile=access.certificates)
    except OSError as problem:
        raise MirrorError(f"{CERTIFICATES}: {access.certificates} can't be read: {problem.strerror}") from problem


def _failure(content: bytes) -> _Failure:
    try:
        return msgspec.json.decode(content, type=_Failure)
    except UNREADABLE:
        return _Failure()
