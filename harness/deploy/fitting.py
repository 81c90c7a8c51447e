"""Whether a running server can take an adapter as it is: its base model, as a module, and how it gives messages."""

from collections.abc import Sequence
from pathlib import Path

from harness.deploy.chosen import ALIASES, Chosen
from harness.deploy.modules import Listed, Served, list_served
from harness.engines.http.endpoint import Endpoint
from harness.engines.server.launch import served_apart
from harness.errors import EngineSetupError
from harness.models.answering import digest_base
from harness.records.asked import AS_IS
from harness.records.record import Record
from harness.registry.entry import Entry
from harness.text.visible import for_terminal

STABLE = ALIASES[0]
RESTART = "restart `harness serve` to serve it"


class Target(Record, frozen=True, kw_only=True):
    """A server that can take an adapter: what it serves, and the name of its base model there.

    ``old_names`` are those with numbers of entries under which it serves the adapter that it will no longer serve.
    """

    chosen: Chosen
    endpoint: Endpoint
    listed: Listed
    base: str
    old_names: tuple[str, ...]

    @property
    def old(self) -> Served | None:
        """What the stable name leads to; None where the server has no such name."""
        return self.listed.modules.get(STABLE)


def target_of(chosen: Chosen, entries: Sequence[Entry], endpoint: Endpoint) -> Target:
    """Return a running server as one that takes ``chosen``.

    Raises:
        EngineSetupError: it doesn't: it is no vLLM, serves another base model or a merged one, the adapter can't be a
            module, or the server was started with another chat template.
        AdapterError: the settings ask for modules, and the adapter can't be one.
    """
    listed = list_served(endpoint)
    _refuse_merged(listed, chosen, endpoint)
    base = _base_in(listed, chosen, endpoint)
    old = listed.modules.get(STABLE)
    known = {entry.name: entry for entry in entries}
    names = [name for name, one in listed.modules.items() if old and one.root == old.root and name in known]
    _refuse_other_text(chosen, known[names[0]] if names else None, endpoint)
    return Target(chosen=chosen, endpoint=endpoint, listed=listed, base=base, old_names=tuple(names))


def _base_in(listed: Listed, chosen: Chosen, endpoint: Endpoint) -> str:
    """Return the name of the server's base model, which must be the adapter's.

    Where the server's folder is not on this machine, the name of the model decides, and the proof.
    """
    model = chosen.model
    for one in listed.bases:
        folder = Path(one.root or one.id)
        if not folder.is_dir():
            is_same = model.ref.base in {one.id, one.root}
        else:
            same_place = folder.resolve() == Path(model.base_path).resolve()
            is_same = same_place or digest_base(folder, code=model.code) == model.ref.base_digest
        if is_same:
            return one.id
    known = for_terminal(", ".join(one.root or one.id for one in listed.bases), 300) or "no base model"
    raise EngineSetupError(
        f"{endpoint.address} serves {known}, and {chosen.entry.name} is an adapter on {model.ref.base}; name the right "
        f"server with --url, or {RESTART}"
    )


def _refuse_merged(listed: Listed, chosen: Chosen, endpoint: Endpoint) -> None:
    name = chosen.entry.name
    if any(one.id == STABLE for one in listed.bases):
        raise EngineSetupError(
            f"{endpoint.address} serves a merged model, in which no adapter can be replaced by {name}; {RESTART}"
        )
    if told := served_apart([chosen.model], chosen.engine).get(chosen.model):
        raise EngineSetupError(f"{name} is served merged, since LoRA modules can't carry {told}; {RESTART}")


def _refuse_other_text(chosen: Chosen, old: Entry | None, endpoint: Endpoint) -> None:
    """Refuse an adapter that is given messages in another way than the server gives them: that is set at its start."""
    new = chosen.entry.promotion.text
    is_same = chosen.rendering == AS_IS and not chosen.model.has_own_text
    if old is not None:
        text = old.promotion.text
        is_same = (text.digest, text.rendering) == (new.digest, new.rendering)
    if not is_same:
        raise EngineSetupError(
            f"{chosen.entry.name} was gated with another chat template, or other values for it, than "
            f"{endpoint.address} was started with; {RESTART}"
        )
