"""Whether the servers that a run would ask answer, and whether their keys are there; a key is never shown."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from harness.config.engine import EngineConfig
from harness.config.whole import HarnessConfig
from harness.doctor.finding import Finding
from harness.engines.http.endpoint import address_of, is_openais, key_in, key_name
from harness.errors import EngineSetupError
from harness.gating.naming import HOSTED, SERVED
from harness.gating.origins import judge_engine, runs_already
from harness.text.figures import join
from harness.text.secrets import hide_login

WAIT_S = 3.0
SHOWN = 5
"""How many of the names that a server lists are shown."""


def check_servers(config: HarnessConfig, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check each server that would be asked, once: that of the sides, and those of hosted judges."""
    sides = [name for name in (config.candidate, config.baseline) if name]
    asked = []
    if runs_already(config.engine) or any(name.startswith((HOSTED, SERVED)) for name in sides):
        asked.append(("server", _question(config.engine)))
        more = [msgspec.structs.replace(config.engine, base_url=url) for url in config.engine.replica_urls]
        asked += [(f"server {number}", _question(one)) for number, one in enumerate(more, 2)]
    for name, own in (("judge", None), *((f"judges.{name}", own) for name, own in config.judges.items())):
        if (own or config.judge).model.startswith(HOSTED):
            judge = _question(judge_engine(config, own))
            asked += [(name, judge)] if judge not in [engine for _, engine in asked] else []
    wanted = [name.removeprefix(SERVED) for name in sides if name.startswith(SERVED)]
    for name, engine in asked:
        key = check_key(f"{name} key", engine, environ)
        yield key
        if key.state != "problem" or not is_openais(address_of(engine)):
            yield check_server(name, engine, environ, wanted if name.startswith("server") else ())


def check_key(name: str, config: EngineConfig, environ: Mapping[str, str]) -> Finding:
    """Check whether the variable with a server's key has one; the key itself is not shown."""
    variable, address = key_name(config), hide_login(address_of(config))
    if not variable:
        found = f"none is sent to {address}, since api_key_env names no variable"
        return Finding(name=name, state="ok", found=found)
    try:
        key = key_in(environ, variable)
    except EngineSetupError as problem:
        return Finding(name=name, state="problem", found=str(problem), remedy=f"set {variable} to the key alone")
    if key:
        return Finding(name=name, state="ok", found=f"in {variable}, for {address}; it is not shown")
    remedy = f"export {variable}=..., or name another variable as api_key_env in harness.toml"
    return Finding(
        name=name, state="problem", found=f"{variable} is not set, and holds the key for {address}", remedy=remedy
    )


def check_server(name: str, config: EngineConfig, environ: Mapping[str, str], wanted: Sequence[str] = ()) -> Finding:
    """Ask a server for its list of models; it has three seconds. ``wanted`` are names that a run would ask for."""
    from harness.engines.openai import listed_at

    address = hide_login(address_of(config))
    try:
        listed = sorted(listed_at(config, environ))
    except EngineSetupError as problem:
        what, _, remedy = str(problem).partition("; ")
        remedy = remedy or "start it, or correct base_url in harness.toml (--base-url)"
        return Finding(name=name, state="problem", found=what, remedy=remedy)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    found = f"{address} answers, and lists {', '.join(listed[:SHOWN])}{more}"
    if missing := [one for one in wanted if one not in listed]:
        remedy = f"name one that it lists, or serve {join(missing)} (vLLM: --lora-modules NAME=FOLDER)"
        return Finding(name=name, state="problem", found=f"{found}, but not {join(missing)}", remedy=remedy)
    return Finding(name=name, state="ok", found=found)


def _question(config: EngineConfig) -> EngineConfig:
    """Return the settings that matter for one question, so that parties that share them are asked once."""
    return EngineConfig(
        kind="openai",
        base_url=config.base_url,
        api_key_env=config.api_key_env,
        allow_plain_http=config.allow_plain_http,
        request_timeout_s=WAIT_S,
    )
