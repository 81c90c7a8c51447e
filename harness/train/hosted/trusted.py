"""Which addresses the user of this machine has trained at, and in which variable each one's key is.

An adapter's folder can come from anybody, and its job.json could name any address and any variable. So the gate asks an
address, and sends a key there, only if ``harness train`` was told both by a train.toml on this machine, or harness.toml
names the address.
"""

import hashlib
from pathlib import Path

import msgspec

from harness.config.home import home_folder
from harness.errors import StoreError
from harness.records.record import UNREADABLE, Record
from harness.text.atomic import write_durably
from harness.text.progress import say

FOLDER = "services"


class Service(Record, frozen=True, kw_only=True):
    """An address, the name of the variable with its key (empty: none is sent), and whether it may go unencrypted."""

    base_url: str
    api_key_env: str
    allow_plain_http: bool = False


def remember(service: Service) -> None:
    """Keep an address that a training on this machine uses; where that is impossible, say so."""
    file = _file(service.base_url)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, msgspec.json.encode(service))
    except (OSError, StoreError) as problem:
        say(f"{problem}; the gate will ask {service.base_url} only if [engine] base_url in harness.toml names it")


def trusted_service(base_url: str) -> Service | None:
    """Return what is kept of an address; None where nothing on this machine was trained there."""
    try:
        service = msgspec.json.decode(_file(base_url).read_bytes(), type=Service)
    except (OSError, *UNREADABLE):
        return None
    return service if service.base_url == base_url else None


def _file(base_url: str) -> Path:
    return home_folder() / FOLDER / f"{hashlib.sha256(base_url.encode()).hexdigest()}.json"
