"""Put the promoted adapter into a running vLLM: beside the old one, proved there, and only then in its place."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from harness.config.home import home_folder
from harness.deploy.chosen import Chosen, Say, folder_to_serve
from harness.deploy.fitting import STABLE, Target, target_of
from harness.deploy.modules import list_served, load, unload
from harness.deploy.proof import (
    Fingerprint,
    answers,
    earlier,
    fingerprint,
    keep,
    proof_file,
    refuse_other,
    refuse_unlike,
)
from harness.engines.http.endpoint import Endpoint
from harness.errors import HarnessError, ServingError
from harness.records.answered import Response
from harness.records.compared import Probe
from harness.records.record import Record, digest
from harness.registry.entry import Entry
from harness.serving.server import is_loopback
from harness.text.atomic import locked_at_once

SLOW = (
    "this server was not started by harness serve: from now on its vLLM reads the adapter's files again at each step, "
    "which is slow; restart it when that is convenient"
)


class Reloaded(Record, frozen=True, kw_only=True):
    """What a server answers with now, and the proof.

    ``before`` is the name of what it had, empty where that is not known. ``changed`` is False where it served the
    promoted adapter already.
    """

    url: str
    adapter: str
    digest: str
    before: str
    changed: bool
    proof: Probe


def reload(chosen: Chosen, entries: Sequence[Entry], endpoint: Endpoint, say: Say) -> Reloaded:
    """Let a server answer as ``promoted`` with the promoted adapter; until that is proved, the old one answers.

    Raises:
        EngineSetupError: the server can't take it while it runs.
        SilentAdapter, WrongAdapter, Unmeasured: it is not the adapter that answers; the old one goes on.
        EngineError: the server refuses, or is gone.
        ServingError: another reload of this server is under way, or came in between.
    """
    with alone(endpoint):
        target = target_of(chosen, entries, endpoint)
        folder, name = folder_to_serve(chosen.model), chosen.names[1]
        changed = target.old is None or target.old.root != folder
        proved = _beside(target, folder)
        if changed:
            _replace(target, folder, proved)
        if changed and not target.listed.shares:
            say(SLOW)
        keep(proof_file(chosen), proved.responses)
        for other in target.old_names:
            if other != name:
                unload(endpoint, other)
        _refuse_replaced(endpoint, folder, name)
    return Reloaded(
        url=endpoint.address,
        adapter=name,
        digest=str(chosen.model.ref.adapter_digest),
        before=(*target.old_names, "")[0] if changed else "",
        changed=changed,
        proof=proved.probe,
    )


def _beside(target: Target, folder: str) -> Fingerprint:
    """Load the adapter under its own name, beside what answers, and prove it there; it is taken away if that fails."""
    name, chosen, endpoint = target.chosen.names[1], target.chosen, target.endpoint
    there = target.listed.modules.get(name)
    if there is not None and there.root != folder:
        unload(endpoint, name)
    if there is None or there.root != folder:
        load(endpoint, name, folder, in_place=False)
    try:
        proved = fingerprint(endpoint, name, target.base, chosen.rendering)
        refuse_unlike(name, proved.responses, earlier(proof_file(chosen)) or proved.responses, proved.probe.noise)
    except BaseException:
        if target.old is None or target.old.root != folder:
            _quietly_unload(endpoint, name)
        raise
    return proved


def _replace(target: Target, folder: str, proved: Fingerprint) -> None:
    """Let the stable name lead to the proved adapter; back to the old one if the answers are not the proved ones."""
    old, endpoint, rendering = target.old, target.endpoint, target.chosen.rendering
    before: tuple[Response, ...] = answers(endpoint, STABLE, rendering) if old else ()
    load(endpoint, STABLE, folder, in_place=old is not None)
    try:
        refuse_other(STABLE, answers(endpoint, STABLE, rendering), proved, before)
    except BaseException:
        if old is not None and old.root is not None:
            load(endpoint, STABLE, old.root, in_place=True)
        else:
            _quietly_unload(endpoint, STABLE)
        _quietly_unload(endpoint, target.chosen.names[1])
        raise


def _refuse_replaced(endpoint: Endpoint, folder: str, name: str) -> None:
    """Refuse to say that an adapter answers which another reload, of another machine, has replaced meanwhile."""
    there = list_served(endpoint).modules
    for one in (STABLE, name):
        if one not in there or there[one].root != folder:
            raise ServingError(
                f"{endpoint.address}: another reload, from elsewhere, has changed what {one} leads to in the meantime; "
                "run harness reload again where the newest promotion is known"
            )


def _quietly_unload(endpoint: Endpoint, name: str) -> None:
    """Take a name away because of an error, which is told rather than a second one."""
    with suppress(HarnessError):
        unload(endpoint, name)


@contextmanager
def alone(endpoint: Endpoint) -> Iterator[None]:
    """Keep other reloads of the same server, from this machine, out during the block."""
    folder = home_folder()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with locked_at_once(folder / f"reload-{digest(_one_name(endpoint.address))[:16]}.lock"):
            yield
    except BlockingIOError:
        raise ServingError(
            f"another harness reload of {endpoint.address} is under way; wait until it has ended"
        ) from None


def _one_name(address: str) -> str:
    """Return the address of a server of this machine by one name alone: its port."""
    parts = urlsplit(address)
    return f"this machine:{parts.port}" if is_loopback(parts.hostname or "") else address
