"""What a failed request means: the fault, in the server's words, and the setting to change where one causes it."""

from harness.engines.http.endpoint import HOSTED_KEY, WHERE_KEY, Endpoint, Reply, proxy_for
from harness.engines.http.faults import Fault, Kind, asked_pause_s, kind_of
from harness.engines.http.said import MOST_SAID, Said, refused_parameter, said_in
from harness.errors import EngineSetupError
from harness.records.asked import Rendering
from harness.text.secrets import bare_address, hide_login
from harness.text.visible import for_terminal

LONGEST_WORDS = 400
PARSER = "--tool-call-parser"
"""The option of vLLM that its error names when tools are sent to a server that was started without."""
WITH_PARSER = (
    f"start the server with --enable-auto-tool-choice {PARSER} NAME, the parser of the model's family, such as hermes "
    "for Qwen3. Where the harness starts it, write under [engine] in harness.toml: "
    f'args = ["--enable-auto-tool-choice", "{PARSER}", "hermes"]'
)
UNTRUSTED = "--trust-request-chat-template"
"""The option without which vLLM refuses a template that comes with a request; it names it then."""


def read_failure(reply: Reply, endpoint: Endpoint, wall_clock: float) -> Fault:
    """Return what an HTTP status other than 200 means, with the server's words, without secrets, as one short line."""
    said = said_in(reply.body) or Said(reply.body[:MOST_SAID].decode(errors="replace"))
    if target := reply.headers.get("location"):
        said = Said(f"redirects to {hide_login(target)}")
    words = clean(said.words, endpoint) or "no reason given"
    return Fault(
        _kind_of(reply.status, said),
        f"HTTP {reply.status}: {words}",
        status=reply.status,
        pause_s=asked_pause_s(reply.headers, wall_clock),
        said=said,
    )


def read_error_in_answer(body: bytes, endpoint: Endpoint) -> Fault | None:
    """Return the fault that a body with HTTP 200 reports; None when it reports none."""
    said = said_in(body)
    if said is None:
        return None
    code = f" {said.status}" if said.status else ""
    words = f"the server answered with an error{code}: {clean(said.words, endpoint)}"
    return Fault(_kind_of(said.status or 500, said), words, status=said.status, said=said)


def as_setup_error(fault: Fault, endpoint: Endpoint, served_name: str) -> EngineSetupError:
    """Return the error for a fault that every other request would meet too: it names the setting."""
    if fault.kind == "unreachable":
        return EngineSetupError(
            f"nothing answers at {endpoint.address}: {fault.words}; check base_url, and that the server is running"
        )
    if fault.kind == "crowded":
        return EngineSetupError(f"{endpoint.address} can't be asked: {fault.words}")
    words = f"{fault.words}{through_proxy(endpoint)}"
    if fault.kind == "unpaid":
        return EngineSetupError(
            f"{endpoint.address} has no credit left for this key: {words}; add credit or raise the limit in the "
            f"provider's billing settings, or name another key ({WHERE_KEY}), then run again: "
            "the answers so far are kept"
        )
    if fault.said and _wants_parser(fault.said):
        return EngineSetupError(f"{endpoint.address} can't call tools: {words}; {WITH_PARSER}")
    if fault.status in {401, 403}:
        return _refused_key(words, endpoint)
    model = f"; check the model's name {served_name!r}, and" if served_name else "; check"
    return EngineSetupError(f"{endpoint.address}: {words}{model} base_url (up to and including /v1)")


def _refused_key(words: str, endpoint: Endpoint) -> EngineSetupError:
    if endpoint.api_key_env:
        return EngineSetupError(
            f"{endpoint.address} refuses the API key: {words}; set the environment variable "
            f"{endpoint.api_key_env} (named by {WHERE_KEY})"
        )
    return EngineSetupError(
        f"no API key was sent to {endpoint.address}: {words}; set its {WHERE_KEY}, to the name of the "
        f"environment variable that holds its key ({HOSTED_KEY} too is only sent elsewhere where it is named)"
    )


def refused_rendering(fault: Fault, rendering: Rendering, endpoint: Endpoint) -> EngineSetupError | None:
    """Return the error for a server that takes no chat template, or no values for one; None for any other fault."""
    said, sent = fault.said, []
    if rendering.template is not None:
        sent.append("chat_template")
    if rendering.template_args:
        sent.append("chat_template_kwargs")
    if fault.kind != "refused" or said is None or not sent:
        return None
    refused = "chat_template" if UNTRUSTED in said.words else refused_parameter(said, sent)
    if refused not in sent:
        return None
    if refused == "chat_template":
        return EngineSetupError(
            f"{endpoint.address} takes no chat template with a request: {fault.words}; start it with {UNTRUSTED} "
            "(vLLM), or give it the template itself (vLLM: --chat-template FILE) and leave out chat_template here; "
            "without --base-url the harness's own server takes it"
        )
    return EngineSetupError(
        f"{endpoint.address} takes no values for its chat template: {fault.words}; leave out template_args, or serve "
        "the model with vLLM"
    )


def through_proxy(endpoint: Endpoint) -> str:
    """Return words that name the proxy on the way, which may be what failed; nothing without one."""
    proxy = proxy_for(endpoint)
    if proxy is None:
        return ""
    return f" (through the proxy {for_terminal(bare_address(proxy), LONGEST_WORDS)}, set in the environment)"


def clean(text: str, endpoint: Endpoint) -> str:
    """Return a server's words without secrets, safe to show in a terminal."""
    return for_terminal(endpoint.secrets.mask(text), LONGEST_WORDS)


def _kind_of(status: int, said: Said) -> Kind:
    if _wants_parser(said):
        return "setting"
    kind = kind_of(status, said.codes)
    return "refused" if kind == "denied" and said.is_about_input else kind


def _wants_parser(said: Said) -> bool:
    return f"requires {PARSER}" in said.words or f"and {PARSER} to be set" in said.words
