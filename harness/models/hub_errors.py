"""What can go wrong when a model is fetched from a hub, or pushed to it: one sentence for each, which says what to do.

A hub's own words are not shown: they can send back the token that they were sent.
"""

from pathlib import Path
from urllib.parse import urlsplit

from harness.errors import NoSuchModel, PublishError
from harness.models.foreign import reason_of
from harness.models.hub_cache import HubName, hub_name
from harness.text.secrets import Secrets, hide_login
from harness.text.unwritten import chain, is_full
from harness.text.visible import for_terminal

FULL_IN_WORDS = "No space left on device"
"""What libraries written in Rust say, which raise no OSError."""
LOGIN = "set HF_TOKEN to a token that can read it, or log in with `hf auth login`"
TO_WRITE = "set HF_TOKEN to a token that can write there, or log in with `hf auth login`"
AGAIN = "run again, and only what the hub lacks is sent"
REFUSED_PUSH = {
    401: f"the hub refuses your token (status 401): it is mistyped or expired; {TO_WRITE}",
    402: "the account has no room for this (status 402); see its billing page",
    403: f"the hub doesn't let your token write there (status 403); {TO_WRITE}",
    404: f"the hub has no such account, or hides it from your token (status 404); check the name, {TO_WRITE}",
    409: f"the repository changed meanwhile (status 409); {AGAIN}",
    412: f"the repository changed meanwhile (status 412); {AGAIN}",
}
"""What a hub means by a status; its own words are not shown."""
HERE = {"localhost", "127.0.0.1", "::1"}
KEPT = "files that are whole are kept: run again, and the rest is fetched"


def not_installed(name: HubName) -> NoSuchModel:
    """Return the error for a checkout without huggingface_hub."""
    return _error(
        f"{name}: no folder of this name is here, and to fetch it from a hub the package huggingface_hub is needed, "
        "which is not installed; run `pip install huggingface_hub`"
    )


def offline(name: HubName, cache: Path) -> NoSuchModel:
    """Return the error for a model that the cache lacks while the hub must not be asked."""
    return _error(
        f"{name}: HF_HUB_OFFLINE is set, and {cache} has no whole copy of it; unset HF_HUB_OFFLINE, or run "
        f"`{_command(name)}` where there is network, with HF_HOME set to a folder that both can read"
    )


def is_unreachable(problem: BaseException) -> bool:
    """Tell whether a hub gave no usable answer, so that asking again later can help."""
    status = _status(problem)
    return status is None or status >= 500 or status in {408, 429}


def failed(name: HubName, problem: BaseException, cache: Path, file: str | None = None) -> NoSuchModel:
    """Return the error for what huggingface_hub raised; ``file`` is the one that was being fetched."""
    if any(_is_full(one) for one in chain(problem)):
        while_at = f" while {file} was fetched" if file else ""
        return _error(
            f"{name}: no room is left in {cache}{while_at}; make room, or set HF_HOME to a folder on a larger disk; "
            f"{KEPT}"
        )
    return _error(f"{name}: {_refused(name, problem) or _unreachable(name, problem, file)}")


def refuse_push(repo: str) -> None:
    """Refuse a push that no hub could take: by the repository's name, without huggingface_hub, or without a token.

    Raises:
        PublishError: it is one.
    """
    name = hub_name(repo)
    if name is None or name.repo != repo:
        raise _unpushed(f"{repo}: not the name of a repository on a hub: write org/name, without a revision")
    try:
        from huggingface_hub import constants
    except ModuleNotFoundError:
        raise _unpushed(
            f"{repo}: huggingface_hub is not installed; install it with `pip install 'tunegate[train]'`"
        ) from None
    if constants.is_offline_mode():
        raise _unpushed(f"{repo}: HF_HUB_OFFLINE is set, so no hub is asked; unset it to push")
    address = urlsplit(str(constants.ENDPOINT))
    if address.scheme != "https" and address.hostname not in HERE:
        raise _unpushed(f"{repo}: HF_ENDPOINT is {_hub()}, and a token is only sent over https")
    if not _token():
        raise _unpushed(f"{repo}: no token is set; {TO_WRITE}")


def push_failed(repo: str, problem: BaseException) -> PublishError:
    """Return the error for what huggingface_hub raised while an adapter was pushed."""
    status = _status(problem)
    told = REFUSED_PUSH.get(status or 0)
    if status == 400 and any(isinstance(one, ValueError) for one in chain(problem)):
        told = "the hub refuses the card (status 400); is --license one that the hub knows?"
    if told is None and not is_unreachable(problem):
        told = f"the hub at {_hub()} refuses the push (status {status}); check the name and HF_ENDPOINT"
    if told is None:
        *_, cause = chain(problem)
        said = f"status {status}" if status else _without_token(reason_of(cause))
        told = f"{_hub()} can't be reached, or broke off ({said}); nothing is half-done: {AGAIN}"
    return _unpushed(f"{repo}: {told}", status or 0)


def _unpushed(text: str, status: int = 0) -> PublishError:
    return PublishError(for_terminal(text, None), status)


def _refused(name: HubName, problem: BaseException) -> str | None:
    """Return what a hub's answer means; None where it gave none, or one that says nothing about the model."""
    from huggingface_hub import errors

    has_token = bool(_token())
    kinds, status = [type(one) for one in chain(problem)], _status(problem)
    if errors.HFValidationError in kinds:
        return "no folder of this name is here, and no hub can have a model of this name; check the spelling"
    if errors.GatedRepoError in kinds:
        page = f"{_hub()}/{name.repo}"
        told = "your token's account has no access" if has_token else "no token is set"
        return f"the model is gated, and {told}; ask for access on its page, {page}, then {LOGIN}"
    if errors.RevisionNotFoundError in kinds:
        return (
            f"{name.repo} has no revision {name.revision!r}; write a branch, a tag or a whole commit after the @, "
            "or leave both out"
        )
    if errors.RepositoryNotFoundError in kinds or (status == 404 and errors.RemoteEntryNotFoundError not in kinds):
        told = "your token can't read it" if has_token else "no token is set"
        return (
            f"no folder of this name is here, and {_hub()} has no such model, or a private one, which looks the same; "
            f"check the spelling; for a private model ({told}), {LOGIN}"
        )
    return None if is_unreachable(problem) else _refused_with(status)


def _refused_with(status: int | None) -> str:
    """Return what a status means that says nothing about the model."""
    if status == 401:
        return (
            "the hub refuses your token (status 401): it is mistyped or expired; set HF_TOKEN to another, or unset it"
        )
    if status == 403:
        return f"the hub refuses access (status 403); {LOGIN}"
    return f"the hub at {_hub()} refuses the request (status {status}); check the name and HF_ENDPOINT"


def _unreachable(name: HubName, problem: BaseException, file: str | None) -> str:
    status = _status(problem)
    # The first cause is the network's; what is raised above it is several lines of advice.
    *_, cause = chain(problem)
    said = f"status {status}" if status else _without_token(reason_of(cause))
    if file:
        return f"the download of {file} from {_hub()} broke off ({said}); {KEPT}"
    return (
        f"{_hub()} can't be reached ({said}), and the cache has no whole copy; check the network and HF_ENDPOINT, "
        f"or run `{_command(name)}` where there is network, with HF_HOME set to a folder that both can read"
    )


def _status(problem: BaseException) -> int | None:
    """Return the status of the hub's answer; None where there was none."""
    for one in chain(problem):
        status = getattr(getattr(one, "response", None), "status_code", None)
        if isinstance(status, int):
            return status
    return None


def _is_full(problem: BaseException) -> bool:
    return is_full(problem) or FULL_IN_WORDS in str(problem)


def _hub() -> str:
    from huggingface_hub import constants

    return hide_login(str(constants.ENDPOINT))


def _token() -> str | None:
    from huggingface_hub import get_token

    return get_token()


def _without_token(text: str) -> str:
    token = _token()
    return hide_login(Secrets(frozenset({token} if token else ())).mask(text))


def _command(name: HubName) -> str:
    return f"hf download {name.repo} --revision {name.revision}"


def _error(text: str) -> NoSuchModel:
    return NoSuchModel(for_terminal(text, None))
