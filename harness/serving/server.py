"""Listen and serve: one server for one application, which hangs up on a request whose head doesn't end."""

import ipaddress
import re
import socket
from typing import TYPE_CHECKING

from harness.errors import InputError, ServingError
from harness.records.record import Record
from harness.text.visible import quoted

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

SHUTDOWN_S = 3
LARGEST_HEAD = 16_384
"""Bytes of a request before its body; a browser sends a twentieth of this."""

PUBLIC = re.compile(
    r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?((/(?!\.\.?(/|$))[a-z0-9._~-]+)*)/?", re.IGNORECASE
)


class Address(Record, frozen=True, kw_only=True):
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int


def check_installed() -> None:
    """Check that what a server needs is here.

    Raises:
        ServingError: the extra "review" is not installed.
    """
    try:
        import starlette.applications  # noqa: F401 - only whether it is here
        import uvicorn  # noqa: F401 - the same
    except ModuleNotFoundError as missing:
        raise ServingError(
            f"{missing.name} is not installed; install it with `pip install 'tunegate[review]'`"
        ) from None


def server_for(app: "ASGIApp") -> "uvicorn.Server":
    """Return the server of an application, not started."""
    import uvicorn

    config = uvicorn.Config(
        app,
        http="h11",  # the other one, httptools, puts no limit on a head
        h11_max_incomplete_event_size=LARGEST_HEAD,
        interface="asgi3",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return uvicorn.Server(config)


def listen(address: Address) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ServingError: the address can't be used.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family)
    except (OSError, OverflowError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise ServingError(
            f"{address.host}:{address.port}: can't listen there: {reason}; choose another --host or --port"
        ) from problem


def seen_from(address: Address) -> str:
    """Return the address of what listens there, as other machines reach it where they can.

    >>> seen_from(Address(host="::1", port=8000))
    'http://[::1]:8000/'
    """
    name = socket.gethostname() if address.host in {"", "0.0.0.0", "::"} else address.host  # noqa: S104 - only compared
    return f"http://{f'[{name}]' if ':' in name else name}:{address.port}/"


def warning_for(address: Address, told: str) -> list[str]:
    """Return a warning of what others could read, if other machines can reach the address; else nothing."""
    if is_loopback(address.host):
        return []
    warning = (
        f"warning: {address.host} can be reached from other machines, and nothing is encrypted: anyone who can "
        f"listen in on the network can read {told}. Use a TLS proxy in front, or 127.0.0.1."
    )
    return [warning]


def public_url(text: str) -> str:
    """Return the address at which a proxy offers a server, without a slash at its end; empty where there is none.

    Raises:
        InputError: it is not such an address.
    """
    if text and not PUBLIC.fullmatch(text):
        raise InputError(
            f"--url {quoted(text, 80)}: expected where people find the page, such as https://review.example.com or "
            "https://example.com/larkspur: letters, digits and -._~, and no user, question mark or #"
        )
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach what listens on an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
