"""What GitHub and Azure read in a log: annotations at the lines of gates; and GitHub's values for later steps."""

from collections.abc import Iterable, Sequence

from harness.ci.ended import Ended
from harness.ci.places import Place
from harness.ci.spots import Spot
from harness.runs.outcome import binding
from harness.text.visible import for_terminal

MOST = 9
"""GitHub shows ten annotations of a kind for a step, and pytest's own failure is one."""
KINDS = {"failed": "error", "inconclusive": "warning", "passed": "notice"}


def annotations(found: Sequence[tuple[Spot, Place | None]]) -> list[str]:
    """Return a workflow command for each spot, at most ``MOST``; the last one counts those that have no place left."""
    shown = found if len(found) <= MOST else found[: MOST - 1]
    lines = [_command(KINDS[spot.outcome], spot.title, spot.text, place) for spot, place in shown]
    if len(found) > len(shown):
        left = len(found) - len(shown)
        kind = KINDS[found[len(shown)][0].outcome]
        lines.append(_command(kind, "Release gate", f"{left} more are in the summary of this job", None))
    return lines


def azure_issues(found: Sequence[tuple[Spot, Place | None]]) -> list[str]:
    """Return a logging command of Azure Pipelines for each spot, at most ``MOST``."""
    return [_issue(spot, place) for spot, place in found[:MOST]]


def outputs(ended: Ended, folder: str) -> str:
    """Return the lines for GITHUB_OUTPUT: each name with a value of one line."""
    gates = [verdict for run in ended.runs for verdict in binding(run)]
    values = {
        "outcome": ended.outcome,
        "exit-code": str(ended.exit_code),
        "runs": " ".join(run.id for run in ended.runs),
        "folder": folder,
        "failed": str(sum(verdict.outcome == "failed" for verdict in gates)),
        "inconclusive": str(sum(verdict.outcome == "inconclusive" for verdict in gates)),
        "passed": str(sum(verdict.outcome == "passed" for verdict in gates)),
    }
    return "".join(f"{name}={for_terminal(value, None)}\n" for name, value in values.items())


def _command(kind: str, title: str, text: str, place: Place | None) -> str:
    facts = [f"file={_property(place.path)}", f"line={place.line}"] if place else []
    return f"::{kind} {','.join([*facts, f'title={_property(title)}'])}::{_escaped(text)}"


def _issue(spot: Spot, place: Place | None) -> str:
    at = f"sourcepath={_for_azure(place.path)};linenumber={place.line};" if place else ""
    kind = "error" if spot.outcome == "failed" else "warning"
    return f"##vso[task.logissue type={kind};{at}]{_for_azure(f'{spot.title}: {spot.text}')}"


def _for_azure(text: str) -> str:
    text = for_terminal(text, None).replace("##", "# #").replace("%", "%AZP25")
    return _replaced(text, ((";", "%3B"), ("]", "%5D"), ("\r", "%0D"), ("\n", "%0A")))


def _property(text: str) -> str:
    return _replaced(_escaped(text), ((":", "%3A"), (",", "%2C")))


def _escaped(text: str) -> str:
    return _replaced(for_terminal(text, None), (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")))


def _replaced(text: str, changes: Iterable[tuple[str, str]]) -> str:
    for old, new in changes:
        text = text.replace(old, new)
    return text
