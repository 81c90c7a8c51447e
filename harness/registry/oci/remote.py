"""Ask an OCI registry: blobs, manifests and referrers of one repository. Logins are the part of the package oras."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import msgspec

from harness.errors import InputError, MirrorError
from harness.records.record import UNREADABLE
from harness.registry.oci.login import INSTALL, Login
from harness.registry.oci.manifests import INDEX, MANIFEST, Descriptor, Index
from harness.registry.oci.reference import Reference
from harness.text.regular import open_regular
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    import requests

LARGEST = 4 * 2**20
"""Bytes of a manifest, which registries take at most."""
CHUNK = 2**20
"""Bytes that are read at once."""
NO_REFERRERS = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % INDEX.encode()
FOUND, ABSENT, UNAUTHORISED = 200, 404, {401, 403}


class Remote:
    """A repository. Every method raises MirrorError where the registry refuses, can't be reached, or is something else.

    Raises:
        InputError: the package oras is not installed, or docker's configuration can't be read.
    """

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        with self._reaching():
            self._login = Login(reference)

    def has_blob(self, blob: Descriptor) -> bool:
        """Tell whether a blob is there."""
        return bool(self._ask("HEAD", self._url("blobs", blob.digest)).status_code == FOUND)

    def put_blob(self, blob: Descriptor, content: bytes | Path) -> None:
        """Send a blob, unless it is there."""
        if self.has_blob(blob):
            return
        what = f"taking {blob.digest[:19]}"
        begun = self._accepted(what, self._ask("POST", self._url("blobs", "uploads/")))
        where = urljoin(self._url("blobs", "uploads/"), begun.headers.get("Location", ""))
        where += f"{'&' if urlsplit(where).query else '?'}digest={blob.digest}"
        kind = {"Content-Type": "application/octet-stream"}
        self._accepted(what, self._ask("PUT", where, kind, content))

    def get_blob(self, blob: Descriptor, file: IO[bytes]) -> None:
        """Write a blob into a file, after which its size and digest are those of its descriptor."""
        found, size = sha256(), 0
        answer = self._ask("GET", self._url("blobs", blob.digest), streams=True)
        with self._reaching(), self._accepted(f"giving {blob.digest[:19]}", answer):
            for chunk in answer.iter_content(CHUNK):
                size += len(chunk)
                if size > blob.size:
                    break
                found.update(chunk)
                file.write(chunk)
        if size != blob.size or f"sha256:{found.hexdigest()}" != blob.digest:
            raise MirrorError(
                f"{self.reference.shown}: what the registry gave as {blob.digest[:19]} has another digest: it was cut "
                "or changed; nothing was kept of it"
            )

    def find_manifest(self, name: str) -> bytes | None:
        """Return a manifest, or an index, by its tag or digest; None where there is none."""
        answer = self._ask("GET", self._url("manifests", name), {"Accept": f"{MANIFEST}, {INDEX}"})
        if answer.status_code == ABSENT:
            return None
        content = bytes(self._accepted(f"giving {name}", answer).content[: LARGEST + 1])
        if len(content) > LARGEST:
            raise MirrorError(f"{self.reference.shown}: the manifest {for_terminal(name)} is too large")
        if name.startswith("sha256:") and f"sha256:{sha256(content).hexdigest()}" != name:
            raise MirrorError(f"{self.reference.shown}: what the registry gave as {name[:19]} has another digest")
        return content

    def put_manifest(self, name: str, content: bytes, kind: str = MANIFEST) -> bool:
        """Send a manifest, and return whether the registry keeps lists of referrers by itself."""
        answer = self._ask("PUT", self._url("manifests", name), {"Content-Type": kind}, content)
        return "OCI-Subject" in self._accepted(f"taking the manifest {name[:19]}", answer).headers

    def referrers(self, subject: str) -> tuple[Descriptor, ...]:
        """Return the manifests that are about another one, from the registry's list or from the tag in its place."""
        answer = self._ask("GET", self._url("referrers", subject), {"Accept": INDEX})
        content = answer.content if answer.status_code == FOUND else self.find_manifest(_tag_of(subject))
        return self._listed(content).manifests

    def add_referrer(self, subject: str, referrer: Descriptor) -> None:
        """Note that a manifest is about another one, where the registry keeps no such lists: under a tag."""
        there = self.find_manifest(_tag_of(subject))
        if referrer.digest not in {one.digest for one in self._listed(there).manifests}:
            whole = msgspec.json.decode(there or NO_REFERRERS)  # as it is: what others wrote there stays
            whole["manifests"].append(referrer)
            self.put_manifest(_tag_of(subject), msgspec.json.encode(whole), INDEX)

    def _listed(self, content: bytes | None) -> Index:
        try:
            return msgspec.json.decode(content or NO_REFERRERS, type=Index)
        except UNREADABLE:
            raise MirrorError(f"{self.reference.shown}: the list of what is about an artifact can't be read") from None

    def _url(self, kind: str, name: str) -> str:
        return f"{self.reference.address}/v2/{self.reference.repository}/{kind}/{name}"

    def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | Path | None = None,
        *,
        streams: bool = False,
    ) -> "requests.Response":
        """Ask, and once more with a login where one is wanted; it goes to the registry's own host alone."""
        is_own = urlsplit(url).netloc == urlsplit(self.reference.address).netloc
        for is_last in (False, True):
            sent = {**(headers or {}), **(self._login.headers() if is_own else {})}
            with self._reaching(), _opened(content) as data:
                answer = self._login.session.request(method, url, data=data, headers=sent, stream=streams)
                if is_last or not is_own or answer.status_code != 401 or not self._login.gets_in(answer):
                    return answer
        raise AssertionError  # pragma: no cover - the last try returns

    def _accepted(self, what: str, answer: "requests.Response") -> "requests.Response":
        status, host = answer.status_code, self.reference.host
        if 200 <= status < 300:
            return answer
        if status in UNAUTHORISED:
            raise MirrorError(
                f"{self.reference.shown}: {host} refuses {what}: HTTP {status}; docker login as one who may",
                status,
            )
        if status == ABSENT:
            raise MirrorError(f"{self.reference.shown}: {host} refuses {what}: there is no such thing", status)
        said = self._login.clean(answer.text[:2_000])
        raise MirrorError(f"{self.reference.shown}: {host} refuses {what}: HTTP {status}: {said}", status)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            import requests
        except ImportError:
            raise InputError(INSTALL) from None
        try:
            yield
        except requests.RequestException as problem:
            why = for_terminal(str(problem) or type(problem).__name__, 200)
            raise MirrorError(f"{self.reference.shown}: {self.reference.host} can't be reached: {why}") from None


@contextmanager
def _opened(content: bytes | Path | None) -> Iterator[bytes | IO[bytes] | None]:
    with open_regular(content) if isinstance(content, Path) else nullcontext(content) as data:
        yield data


def _tag_of(subject: str) -> str:
    return subject.replace(":", "-")
