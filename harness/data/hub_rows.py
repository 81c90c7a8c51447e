"""Read the rows of a data set on a hub: the one file of a split, fetched by huggingface_hub into its usual cache.

No code of the data set is run, and a hub's own words are not shown: they can send back the token that they were sent.
"""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from harness.data.table import KINDS, TableRow, read_table
from harness.errors import DataError
from harness.models.hub_cache import HubName, hub_name
from harness.models.hub_errors import is_unreachable
from harness.records.record import Record
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal, quoted

PREFIX = "hub:"
NAMED = 12
"""Most files that an error lists."""


class HubPart(Record, frozen=True, kw_only=True):
    """Which part of a data set is read: the file of a split, or a file by its path; each empty where it isn't given."""

    split: str = ""
    file: str = ""


def read_hub_table(source: str, part: HubPart) -> tuple[TableRow, ...]:
    """Return the rows of a data set ``hub:org/name[@revision]``; places name the file in it.

    Raises:
        DataError: the name is wrong, the hub can't be asked or refuses, the part is not one file, or it is wrong.
    """
    name = hub_name(source.removeprefix(PREFIX))
    if name is None:
        raise DataError(f"{for_terminal(source)}: expected {PREFIX}org/name or {PREFIX}org/name@revision")
    try:
        from huggingface_hub import HfApi, constants, hf_hub_download
    except ModuleNotFoundError:
        raise DataError(
            f"{source}: huggingface_hub is not installed; install it with `pip install 'tunegate[train]'`"
        ) from None
    if constants.is_offline_mode():
        raise DataError(
            f"{source}: HF_HUB_OFFLINE is set; unset it, or download a file of the data set and name that file"
        )
    try:
        info = HfApi().dataset_info(name.repo, revision=name.revision, timeout=constants.HF_HUB_ETAG_TIMEOUT)
        file = chosen_file(source, [one.rfilename for one in info.siblings or ()], part)
        path = hf_hub_download(name.repo, file, repo_type="dataset", revision=info.sha)
    except DataError:
        raise
    except Exception as problem:
        raise DataError(f"{source}: {_why(name, problem)}") from problem
    return read_table(Path(path), f"{source}/{file}")


def chosen_file(source: str, files: Sequence[str], part: HubPart) -> str:
    """Return the file that is read.

    Raises:
        DataError: there is no such file, or several could be meant; the text names them.
    """
    tables = sorted(file for file in files if PurePosixPath(file).suffix.lower() in KINDS)
    if part.file:
        found = [file for file in tables if file == part.file]
    elif part.split:
        found = [file for file in tables if _is_of(part.split, file)]
    else:
        found = tables
    if len(found) == 1:
        return found[0]
    shown = ", ".join(map(for_terminal, (found or tables)[:NAMED])) + ", ..." * (len(found or tables) > NAMED)
    if not tables:
        raise DataError(f"{source}: the data set has no file of a kind that can be read ({', '.join(KINDS)})")
    if found:
        raise DataError(f"{source}: {len(found)} files could be meant; name one with --file: {shown}")
    wanted = f"--file {quoted(part.file)}" if part.file else f"--split {quoted(part.split)}"
    raise DataError(f"{source}: no file for {wanted}; there are {shown}")


def _is_of(split: str, file: str) -> bool:
    """Tell whether a file is of a split: its name starts with it, or a folder has its name."""
    path = PurePosixPath(file)
    start = path.stem.removeprefix(split)
    return split in path.parts[:-1] or (start != path.stem and not start[:1].isalnum())


def _why(name: HubName, problem: Exception) -> str:
    """Return in one sentence why a data set can't be fetched, and what to do."""
    from huggingface_hub import constants, errors, get_token

    hub = hide_login(str(constants.ENDPOINT))
    login = "set HF_TOKEN to a token that can read it, or log in with `hf auth login`"
    if isinstance(problem, errors.GatedRepoError):
        return f"the data set is gated; ask for access at {hub}/datasets/{name.repo}, then {login}"
    if isinstance(problem, errors.RevisionNotFoundError):
        return f"there is no revision {quoted(name.revision)}; write a branch, a tag or a whole commit after the @"
    if isinstance(problem, errors.RepositoryNotFoundError):
        told = "your token can't read it" if get_token() else "no token is set"
        return (
            f"{hub} has no such data set, or a private one, which looks the same; check the spelling; for a private "
            f"one ({told}), {login}"
        )
    if isinstance(problem, errors.HFValidationError):
        return "no hub can have a data set of this name; check the spelling"
    if is_unreachable(problem):
        return f"{hub} gives no usable answer; check the network and HF_ENDPOINT, or name a file on this machine"
    return f"{hub} refuses the request; check the name, HF_ENDPOINT and HF_TOKEN"
