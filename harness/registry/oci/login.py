"""The login at a registry: as docker's configuration has it, with tokens where the registry gives them. By oras."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InputError, MirrorError
from harness.registry.oci.reference import Reference
from harness.text.secrets import Secrets
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    import requests

CONNECT_S, ANSWER_S = 5.0, 600.0
INSTALL = "OCI registries need the package oras: pip install 'tunegate[oci]'"
IN_USE = {200, 401, 403}
"""What a registry answers to somebody who only asks whether it is one."""


class Login:
    """What is sent to a registry so that it knows who asks; ``session`` asks.

    Raises:
        InputError: oras is not installed, or docker's configuration can't be read.
        MirrorError: there is no registry.
        requests.RequestException: it can't be reached.
    """

    def __init__(self, reference: Reference) -> None:
        try:
            import oras.auth
            import oras.logger
            import requests
        except ImportError:
            raise InputError(INSTALL) from None
        oras.logger.setup_logger(quiet=True)
        self._is_insecure = reference.address.startswith("http://")
        self.session = requests.Session()
        self.session.auth = _as_it_is
        self.session.request = partial(self.session.request, timeout=(CONNECT_S, ANSWER_S))
        answer = self.session.get(f"{reference.address}/v2/")
        if answer.status_code not in IN_USE:
            raise MirrorError(
                f"{reference.host}: is no OCI registry: HTTP {answer.status_code} for /v2/", answer.status_code
            )
        is_basic = answer.headers.get("Www-Authenticate", "").lower().startswith("basic")
        self._oras = oras.auth.get_auth_backend("basic" if is_basic else "token", self.session, self._is_insecure)
        self._load(reference)

    def headers(self) -> dict[str, str]:
        """Return the headers of the login, or of the token that it got."""
        known = getattr(self._oras, "token", None) or ("_basic_auth" in vars(self._oras) and not self._has_tokens)
        return dict(self._oras.get_auth_header()) if known else {}

    def gets_in(self, refusal: "requests.Response") -> bool:
        """Get the token that a refusal asks for, and tell whether to ask again."""
        from oras.auth.utils import parse_auth_header

        if not self._has_tokens:
            return False
        realm = parse_auth_header(refusal.headers.get("Www-Authenticate", "")).realm or ""
        if not realm.startswith("https://") and not (self._is_insecure and realm.startswith("http://")):
            return False  # else the password would be sent in the open
        self._oras.token = None
        return bool(self._oras.authenticate_request(refusal, {})[1])

    def clean(self, text: str) -> str:
        """Return what a registry said, without the login."""
        import base64

        known = vars(self._oras).get("_basic_auth") or ""
        login = base64.b64decode(known).decode(errors="replace")
        secrets = {known, login, login.partition(":")[2], getattr(self._oras, "token", None) or ""}
        return for_terminal(Secrets(frozenset(filter(None, secrets))).mask(text), 300)

    @property
    def _has_tokens(self) -> bool:
        return hasattr(self._oras, "token")

    def _load(self, reference: Reference) -> None:
        from oras.container import Container

        container = Container(f"registry.invalid/{reference.repository}")
        container.registry = reference.login_name
        folder = os.environ.get("DOCKER_CONFIG")
        chosen = [str(Path(folder) / "config.json")] if folder and (Path(folder) / "config.json").is_file() else []
        try:
            self._oras.load_configs(container, chosen)
        except (ValueError, LookupError, TypeError, AttributeError, OSError) as problem:
            raise InputError(
                f"docker's configuration can't be read: {for_terminal(type(problem).__name__)}; docker login "
                f"{reference.host} writes it"
            ) from None


def _as_it_is(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Add no login of a .netrc file, as requests would."""
    return request
