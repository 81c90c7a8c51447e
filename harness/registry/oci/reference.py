"""Where an artifact is in an OCI registry: ``oci://HOST[:PORT]/REPOSITORY[:TAG]``, or ``@sha256:DIGEST`` at the end."""

import re
from urllib.parse import urlsplit

from harness.errors import InputError
from harness.records.record import Record
from harness.text.visible import for_terminal

SHOWN = "oci://HOST[:PORT]/REPOSITORY[:TAG]"
LATEST = "latest"
PATTERN = re.compile(
    r"oci://(?P<host>[^/@\s]+)/(?P<repository>[a-z0-9]+(?:(?:\.|_|__|-+|/)[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)
HERE = {"localhost", "127.0.0.1", "::1"}
HUB = {"docker.io", "index.docker.io"}
"""Docker Hub has another address for its API, and docker's configuration another name."""


class Reference(Record, frozen=True, kw_only=True):
    """A host, a repository, and a tag or a digest in it; ``name`` is what the registry is asked for."""

    host: str
    repository: str
    name: str

    @property
    def shown(self) -> str:
        """It, as a person writes it."""
        mark = "@" if self.name.startswith("sha256:") else ":"
        return f"oci://{self.host}/{self.repository}{mark}{self.name}"

    @property
    def address(self) -> str:
        """The address of the host: this machine is asked without TLS, as docker does."""
        here = urlsplit(f"//{self.host}").hostname in HERE
        return f"{'http' if here else 'https'}://{'registry-1.docker.io' if self.host in HUB else self.host}"

    @property
    def login_name(self) -> str:
        """The name under which docker's configuration keeps the login."""
        return "https://index.docker.io/v1/" if self.host in HUB else self.host


def reference_of(text: str) -> Reference:
    """Return the reference that a text is.

    Raises:
        InputError: it is none.

    >>> reference_of("oci://ghcr.io/larkspur/triage").shown
    'oci://ghcr.io/larkspur/triage:latest'
    """
    found = PATTERN.fullmatch(text)
    try:
        usable = bool(found and urlsplit(f"//{found['host']}").hostname and urlsplit(f"//{found['host']}").port != 0)
    except ValueError:
        usable = False
    if not found or not usable:
        login = "; a login is docker's (docker login HOST)" if "@" in text.partition("://")[2].partition("/")[0] else ""
        shown = for_terminal(text.rpartition("@")[2] if login else text, 100)
        raise InputError(f"{shown}: expected {SHOWN}, with a repository in small letters{login}")
    return Reference(host=found["host"], repository=found["repository"], name=found["digest"] or found["tag"] or LATEST)
