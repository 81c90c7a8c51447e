"""At which address each model is asked, with which key, and what shows that the named model is the one answering."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from harness.config.engine import EngineConfig
from harness.config.models import NamedJudge
from harness.config.whole import HarnessConfig
from harness.engines.http.endpoint import HOSTED_KEY, address_of
from harness.errors import AdapterError
from harness.gating.naming import HOSTED
from harness.records.asked import ModelRef, Side
from harness.records.compared import Probe
from harness.records.parties import TRUSTED, KnownBy, Origin, Party
from harness.records.saved import Run
from harness.text.secrets import Secrets, hide_login, known_secrets
from harness.text.visible import for_terminal

ServedAs = Mapping[tuple[str, ...], str]
"""What a running server calls a model, by what tells models apart."""


def judge_engine(config: HarnessConfig, named: NamedJudge | None = None) -> EngineConfig:
    """Return how a hosted judge is asked: at [engine]'s address unless [judge] names its own, each with its own key.

    ``named`` is a table [judges.NAME], which takes the place of [judge].

    The limits of [engine] are its server's, so they hold for a judge there too; ``deadline_s`` holds everywhere.
    """
    own = named or config.judge
    url = config.engine.base_url if own.base_url is None else own.base_url
    engine = EngineConfig(
        kind="openai",
        base_url=url,
        leave_out=own.leave_out,
        api_key_env=own.api_key_env,
        allow_plain_http=own.allow_plain_http,
        deadline_s=config.engine.deadline_s,
    )
    shared = config.engine
    if address_of(engine).rstrip("/") != address_of(shared).rstrip("/"):
        return engine
    return msgspec.structs.replace(
        engine,
        api_key_env=shared.api_key_env if own.api_key_env is None else own.api_key_env,
        allow_plain_http=own.allow_plain_http or shared.allow_plain_http,
        in_flight=shared.in_flight,
        max_in_flight=shared.max_in_flight,
        replica_urls=shared.replica_urls,
        request_timeout_s=shared.request_timeout_s,
    )


def key_names(config: HarnessConfig) -> tuple[str, ...]:
    """Return the variables that hold the keys of the sides and of the judge, and OpenAI's, wherever they are asked."""
    of_judges = [config.judge.api_key_env, *(judge.api_key_env for judge in config.judges.values())]
    named = {HOSTED_KEY, config.engine.api_key_env, *of_judges}
    return tuple(sorted(name for name in named if name))


def secrets_of(config: HarnessConfig, environ: Mapping[str, str]) -> Secrets:
    """Return what no text of a run shows: its keys, the passwords of its addresses, tokens of the environment."""
    judges = [judge_engine(config, named) for named in (None, *config.judges.values())]
    addresses = (*map(address_of, (config.engine, *judges)), *config.engine.replica_urls)
    return known_secrets({**environ, **config.engine.env}, key_names(config), addresses)


def runs_already(settings: EngineConfig) -> bool:
    """Tell whether models of this machine are asked through a server that the harness did not start."""
    return settings.base_url is not None or settings.kind == "openai"


def origin_here(party: Party, commit: str, config: HarnessConfig) -> Origin:
    """Return where the answers of a model come from whose weights are on this machine; ``commit`` as in ``Origin``."""
    if not runs_already(config.engine):
        return Origin(party=party, known_by="weights", commit=commit)
    return Origin(party=party, known_by="server", commit=commit, address=hide_login(address_of(config.engine)))


def origin_by_name(party: Party, settings: EngineConfig) -> Origin:
    """Return where the answers of a model come from that is only a name at an address."""
    return Origin(party=party, known_by="name", address=hide_login(address_of(settings)))


def saved_origin(party: Side, run: Run, side: Side) -> Origin:
    """Return where the answers of a saved run's side come from: what that run took on trust is still taken on trust."""
    then = next((origin for origin in run.origins if origin.party == side), Origin(party=side, known_by="saved"))
    known_by: KnownBy = then.known_by if then.known_by in TRUSTED else "saved"
    return Origin(party=party, known_by=known_by, commit=then.commit, base_ends=then.base_ends)


def moved_between(origins: Mapping[Party, Origin], sides: Mapping[Side, ModelRef]) -> tuple[str, ...]:
    """Say that both sides have one base model on a hub, but at two commits: a revision moved after a run was saved."""
    first, second = origins["baseline"].commit, origins["candidate"].commit
    base = sides["baseline"].base
    if not first or not second or first == second or base != sides["candidate"].base:
        return ()
    told = (
        f"the base model {base} is at commit {first} for the baseline and at {second} for the candidate; "
        f'to ask both at one commit, write it after the name: base_model = "{base}@COMMIT"'
    )
    return (for_terminal(told, None),)


def with_proofs(origin: Origin, model: ModelRef, probes: Sequence[Probe]) -> Origin:
    """Return an origin with what the probes showed of an adapter whose weights are on this machine."""
    if origin.known_by != "weights" or model.adapter is None:
        return origin
    is_proved = model.name in {probe.adapter for probe in probes}
    return msgspec.structs.replace(origin, known_by="proof" if is_proved else "unproved")


def addresses(origins: Mapping[Party, Origin], sides: Mapping[Side, ModelRef], config: HarnessConfig) -> str:
    """Say which addresses will be asked for which model, including a hosted judge's; empty when there is none."""
    asked: dict[str, list[str]] = {}
    for side, model in sides.items():
        asked.setdefault(origins[side].address, []).append(f"{side} {model.name}")
    judges = [(config.judge.model, None), *((named.model, named) for named in config.judges.values())]
    for judge, named in judges:
        if judge.startswith(HOSTED):
            told = f"the judge {judge.removeprefix(HOSTED)}, where a test asks for one"
            asked.setdefault(hide_login(address_of(judge_engine(config, named))), []).append(told)
    parts = [f"{address} for {' and '.join(names)}" for address, names in asked.items() if address]
    return for_terminal(f"asking {'; '.join(parts)}", None) if parts else ""


def refuse_one_name_for_two(models: Iterable[tuple[ModelRef, str]], served: ServedAs, address: str) -> None:
    """Refuse two models of one name on a running server: it is asked by name, so one would answer for both.

    Each model comes with its place. ``served`` has the names that the settings give, by what tells models apart.

    Raises:
        AdapterError: there are two.
    """
    seen: dict[str, tuple[ModelRef, str]] = {}
    for model, place in models:
        name = served.get(model.weights, model.own_name)
        other, its_place = seen.setdefault(name, (model, place))
        if other.weights != model.weights:
            raise AdapterError(
                f"{its_place} and {place} are both called {name}, and the server at {address} is asked by name, "
                "so one model would answer for both; rename a folder and serve it under its new name "
                "(vLLM: --lora-modules NAME=FOLDER), tell the server's name for one with served_as in a table "
                "[models.NAME], or leave out --base-url: the harness's own vLLM tells them apart"
            )


def exact_names(models: Iterable[ModelRef]) -> dict[tuple[str, ...], str]:
    """Return the own names of base models where there are several: a server must list each.

    One base model alone is whatever single one a server lists. Of two, that one would answer for both.
    """
    bases: dict[tuple[str, ...], str] = {one.weights: one.own_name for one in models if one.adapter is None}
    return bases if len(bases) > 1 else {}
