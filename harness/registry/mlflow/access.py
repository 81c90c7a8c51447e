"""Where MLflow is and how it is asked, by the variables that MLflow's own client reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from harness.errors import MirrorError
from harness.text.secrets import NO_SECRETS, Secrets, bare_address
from harness.text.visible import for_terminal

URI = "MLFLOW_TRACKING_URI"
USER, PASSWORD, TOKEN = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"
INSECURE, CERTIFICATES = "MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_TRACKING_SERVER_CERT_PATH"


@dataclass(frozen=True)
class Access:
    """A server's address without a login, and what is sent along: a login as (user, password), else a token, or none.

    ``certificates`` is a file with the authorities that may have signed the server's certificate; empty for the usual
    ones. ``insecure`` asks a server whatever its certificate.
    """

    address: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    token: str = field(default="", repr=False)
    insecure: bool = False
    certificates: str = ""
    secrets: Secrets = NO_SECRETS


def is_server(environ: Mapping[str, str]) -> bool:
    """Tell whether the variables name a server, and not a folder or a database on this machine."""
    return environ.get(URI, "").strip().lower().startswith(("http://", "https://"))


def access_from(environ: Mapping[str, str]) -> Access:
    """Return how MLflow is asked.

    Raises:
        MirrorError: no server is named, or its address or a secret can't be used.
    """
    named = environ.get(URI, "").strip()
    shown = bare_address(named).rstrip("/")
    if not is_server(environ):
        was = f", and is {for_terminal(shown, 100)}" if named else ""
        raise MirrorError(f"{URI} has to name an MLflow server, http://HOST:PORT or https://HOST{was}")
    user, password, token = (environ.get(name, "").strip() for name in (USER, PASSWORD, TOKEN))
    of_address = _login_in(named)
    if not user and not password:
        user, password = of_address
    if not (shown.isprintable() and shown.isascii() and _has_host(shown)):
        raise MirrorError(f"{URI}: {for_terminal(shown, 100)} is no address")
    if not (token.isprintable() and token.isascii()):
        raise MirrorError(f"{TOKEN} has a character that can't be sent; set it to the token alone, on one line")
    secrets = {password, token, of_address[1], f"{user}:{password}" if password else ""}
    return Access(
        address=shown,
        login=(user, password) if user or password else None,
        token=token,
        insecure=environ.get(INSECURE, "").strip().lower() in {"true", "1"},
        certificates=environ.get(CERTIFICATES, "").strip(),
        secrets=Secrets(frozenset(filter(None, secrets))),
    )


def _login_in(address: str) -> tuple[str, str]:
    login = address.partition("://")[2].rpartition("@")[0]
    user, _, password = login.partition(":")
    return unquote(user), unquote(password)


def _has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
