"""One OpenAI-compatible address: where it is, its key, its limits, and the proxy on the way there."""

import functools
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from harness.config.engine import EngineConfig
from harness.engines.http.pace import FIRST_LIMIT
from harness.errors import EngineSetupError
from harness.text.secrets import NO_SECRETS, Secrets, hide_login, known_secrets

NO_KEY = "none"
CHAT_PATH = "/chat/completions"
HOSTED_HOST = "api.openai.com"
HOSTED_URL = f"https://{HOSTED_HOST}/v1"
HOSTED_KEY = "OPENAI_API_KEY"
"""The variable with OpenAI's key: it goes to no other address, unless ``api_key_env`` names it."""
WHERE = "under [engine] in harness.toml"
OUT_OF_TIME = f"out of time: all requests together have deadline_s = {{:g}} ({WHERE})"
WHERE_KEY = "api_key_env under [engine] in harness.toml, or under [judge] for a judge"


async def _may_be() -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One address and its limits. A ``repr`` shows neither the key nor a password in the address.

    Args:
        in_flight: requests in flight at the start; ``max_in_flight`` is the most at any time, also at the start.
        timeout_s: longest time for one request, and for a server that answers none.
        back_off_s: the first pause before a request is asked again.
        window_s: the shortest time over which throughput is measured.
        leave_out: parameters that are never sent.
        path: where requests are sent, below the address.
        serves_modules: whether LoRA modules are served there; told only where that matters for what is asked.
        is_alive: says whether the server is still running, where that can be known; other servers are asked meanwhile.
        has_others: whether others can be asked in its place; then a silent one is lost, where one alone is given up.
        known: what else a run keeps secret.
    """

    base_url: str
    api_key: str = NO_KEY
    api_key_env: str = ""
    in_flight: int = FIRST_LIMIT
    max_in_flight: int = 256
    timeout_s: float = 300.0
    back_off_s: float = 0.5
    window_s: float = 1.0
    leave_out: frozenset[str] = frozenset()
    path: str = CHAT_PATH
    serves_modules: bool = False
    is_alive: Callable[[], Awaitable[bool]] = field(default=_may_be, compare=False)
    has_others: bool = False
    known: Secrets = field(default=NO_SECRETS, compare=False)

    def __repr__(self) -> str:
        """Show the address alone."""
        return f"Endpoint({self.address!r})"

    @property
    def address(self) -> str:
        """The URL as it is shown: without a user's name and password."""
        return hide_login(self.base_url)

    @functools.cached_property
    def secrets(self) -> Secrets:
        """What no text from this server shows: its key, a login in its address, and the other secrets of the run."""
        own = known_secrets({"key": self.api_key}, ("key",), (self.base_url,))
        return Secrets(self.known.values | own.values)

    @functools.cached_property
    def host(self) -> str:
        """The server's name or number."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def is_here(self) -> bool:
        """Whether the server runs on this machine, which a proxy from the environment can't reach."""
        return is_own(self.host, socket.gethostname())

    @functools.cached_property
    def is_hosted(self) -> bool:
        """Whether this is OpenAI's own address."""
        return is_openais(self.base_url)

    @property
    def is_in_the_open(self) -> bool:
        """Whether a key, or a login in the address, would be sent unencrypted beyond this machine."""
        sends = self.api_key != NO_KEY or self.address != self.base_url
        return sends and urlsplit(self.base_url).scheme == "http" and not self.is_here


def is_openais(url: str) -> bool:
    """Tell whether an address is OpenAI's own.

    >>> is_openais(HOSTED_URL), is_openais("https://api.openai.com.evil.example/v1")
    (True, False)
    """
    try:
        return urlsplit(url).hostname == HOSTED_HOST
    except ValueError:  # brackets that don't close
        return False


def key_name(config: EngineConfig) -> str:
    """Return the variable that holds the key for [engine]'s address; empty where no key is sent.

    Without ``api_key_env`` only OpenAI's own address gets the key in OPENAI_API_KEY.
    """
    if config.api_key_env is not None:
        return config.api_key_env
    return HOSTED_KEY if is_openais(address_of(config)) else ""


def address_of(config: EngineConfig) -> str:
    """Return the address that [engine]'s settings mean: OpenAI's own when none is named."""
    return HOSTED_URL if config.base_url is None else config.base_url


class Reply(NamedTuple):
    """What a server sent back; names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def key_in(environ: Mapping[str, str], name: str) -> str:
    """Return the API key in an environment variable, without white space around it; empty when there is none.

    Raises:
        EngineSetupError: it can't be sent in an HTTP header. The key itself is not shown.
    """
    key = environ.get(name, "").strip()
    if not all(" " <= char <= "~" for char in key):
        raise EngineSetupError(
            f"the environment variable {name} holds an API key with a line break or another character "
            "that can't be sent; set it to the key alone, on one line"
        )
    return key


def is_own(host: str, own_name: str) -> bool:
    """Tell whether a host is this machine, which no proxy reaches; ``own_name`` is the machine's name.

    >>> [is_own(host, "desk") for host in ("localhost", "0.0.0.0", "127.0.1.1", "::1", "Desk", "far.example")]
    [True, True, True, True, True, False]
    """
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost") or name == own_name.lower():
        return True
    try:
        number = ipaddress.ip_address(name)
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address):
        number = number.ipv4_mapped or number
    return number.is_loopback or number.is_unspecified


def proxy_for(endpoint: Endpoint) -> str | None:
    """Return the proxy that the environment names for an address; never one for this machine."""
    if endpoint.is_here:
        return None
    from urllib.request import getproxies, proxy_bypass  # with ssl, which nothing else loads where nothing is asked

    if proxy_bypass(endpoint.host):
        return None
    proxies = getproxies()
    return proxies.get(urlsplit(endpoint.base_url).scheme) or proxies.get("all")
