"""The endpoint that settings name: its address, its key, and that the key stays secret on the way."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from harness.config.engine import EngineConfig
from harness.engines.http.endpoint import NO_KEY, WHERE_KEY, Endpoint, address_of, key_in, key_name
from harness.engines.http.pace import FIRST_LIMIT
from harness.errors import EngineSetupError
from harness.text.secrets import hide_login, known_secrets

AT_BEHIND_THE_HOST = re.compile(r"//[^/?#]*[/?#].*@", re.DOTALL)
"""As in an address whose password has a slash: it would be asked at another host."""


def endpoint_at(config: EngineConfig, environ: Mapping[str, str]) -> Endpoint:
    """Return the endpoint at ``base_url`` (OpenAI's own address when unset); nothing is asked.

    Raises:
        EngineSetupError: ``base_url`` is not an HTTP address, the key can't be sent, OpenAI's address has no key, or a
            key would go out unencrypted.
    """
    url = address_of(config)
    if AT_BEHIND_THE_HOST.search(url):
        raise EngineSetupError(
            f"base_url {hide_login(url)!r} has an @ behind its host; in a password write / as %2F, ? as %3F and # as "
            "%23, and in a path @ as %40"
        )
    if not is_http(url):
        raise EngineSetupError(
            f"base_url {hide_login(url)!r} is not an HTTP address; write it like http://127.0.0.1:8000/v1"
        )
    name = key_name(config)
    api_key = key_in(environ, name)
    if not api_key and config.base_url is None:
        raise EngineSetupError(
            f"the environment variable {name} has no API key in it; set it, or name another variable as {WHERE_KEY}"
        )
    endpoint = Endpoint(
        base_url=url,
        api_key=api_key or NO_KEY,
        api_key_env=name,
        in_flight=config.in_flight or FIRST_LIMIT,
        max_in_flight=config.max_in_flight,
        timeout_s=config.request_timeout_s,
        leave_out=frozenset(config.leave_out),
        known=known_secrets(environ, (), ()),
    )
    if endpoint.is_in_the_open and not config.allow_plain_http:
        what = f"API key in {name}" if endpoint.address == url else "password in base_url"
        raise EngineSetupError(
            f"{endpoint.address} is not on this machine and has no encryption, so anyone on the way could read the "
            f"{what}; use an https address, or, in a network that you trust, set allow_plain_http = true "
            "under [engine] in harness.toml, or under [judge] for a judge"
        )
    return endpoint


def is_http(url: str) -> bool:
    """Tell whether ``url`` is an HTTP address with a host.

    >>> is_http("http://127.0.0.1:8000/v1"), is_http("localhost:8000/v1")
    (True, False)
    """
    try:
        parts = urlsplit(url)
        (parts.hostname or "").encode("idna")
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that don't close, a port that is not a number, or a name that no host can have
        return False
