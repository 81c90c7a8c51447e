"""Which models a running server serves, and under which name to ask for one."""

import http
import time
from collections.abc import Collection, Mapping
from dataclasses import replace

import msgspec

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.failure import LONGEST_WORDS, as_setup_error, read_failure
from harness.engines.http.faults import Fault
from harness.engines.http.transport import CONNECT_TIMEOUT_S, fetch
from harness.errors import EngineSetupError
from harness.records.asked import ModelRef
from harness.records.record import UNREADABLE
from harness.text.visible import for_terminal


class _Model(msgspec.Struct):
    id: str
    parent: str | None = None


class _Models(msgspec.Struct):
    data: list[_Model]


def listed_names(endpoint: Endpoint) -> dict[str, bool]:
    """Ask the server for its models; the value says whether it is an adapter, which has a parent.

    Raises:
        EngineSetupError: there is no such list at this address.
    """
    try:
        reply = fetch("/models", replace(endpoint, timeout_s=min(endpoint.timeout_s, CONNECT_TIMEOUT_S)))
        if reply.status != http.HTTPStatus.OK:
            raise read_failure(reply, endpoint, time.time())
    except Fault as fault:
        if fault.kind in {"setting", "denied", "unpaid", "unreachable", "crowded"}:
            raise as_setup_error(fault, endpoint, "") from None
        raise EngineSetupError(f"{endpoint.address}/models can't be read: {fault.words}; check base_url") from None
    try:
        models = msgspec.json.decode(reply.body, type=_Models).data
    except UNREADABLE:
        models = []
    if not models:
        raise EngineSetupError(
            f"{endpoint.address}/models lists no models; is base_url right, up to and including /v1?"
        )
    secrets = endpoint.secrets.unmistakable
    return {secrets.mask(model.id): bool(model.parent) for model in models}


def choose_name(
    ref: ModelRef,
    listed: Mapping[str, bool],
    url: str,
    served_as: str | None = None,
    others: Collection[str] = (),
) -> str:
    """Return the name to ask for; ``listed`` maps each served name to whether it is an adapter's.

    ``served_as`` is the name that the settings give; None is for the model's own. ``others`` are names of other models,
    of which none answers for this one.

    Raises:
        EngineSetupError: the server doesn't list the model, or it's unclear which one is the base model.
    """
    bases = [name for name, is_adapter in listed.items() if not is_adapter]
    if served_as is not None:
        if served_as in listed:
            return served_as
        raise EngineSetupError(
            f"{url} serves {_known(listed)}, but not {served_as!r}; name one of these, as served:NAME "
            "or as served_as in a table [models.NAME] of harness.toml"
        )
    if ref.own_name in (bases if ref.adapter is None else listed):
        return ref.own_name
    if ref.adapter is None and len(bases) == 1 and bases[0] not in others:
        return bases[0]
    hint = (
        f"start the server with --lora-modules {ref.adapter}=FOLDER"
        if ref.adapter is not None
        else "set base_model in harness.toml to one of these names"
    )
    raise EngineSetupError(
        f"{url} serves {_known(listed)}, but not {ref.own_name!r}; {hint}, or name it as the server does: served_as "
        "in a table [models.NAME] of harness.toml"
    )


def _known(listed: Mapping[str, bool]) -> str:
    return for_terminal(", ".join(listed) or "no models", LONGEST_WORDS)
