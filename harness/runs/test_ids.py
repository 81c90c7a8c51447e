"""What a test's id contains: its title, its suite, and the id without the case in brackets."""

from pathlib import Path

from harness.text.shown import fact


def title(test_id: str) -> str:
    """Turn a test's id into words.

    >>> title("suites/triage/test_triage.py::test_tickets_reach_the_right_queue[de]")
    'Tickets reach the right queue'
    """
    name = bare(test_id).rpartition("::")[2].removeprefix("test_").replace("_", " ").strip()
    name = fact(name or test_id, 120)
    return name[:1].upper() + name[1:]


def bare(test_id: str) -> str:
    """Return a test's id without the case in brackets."""
    file, colons, name = test_id.partition("::")
    return f"{file}{colons}{name.partition('[')[0]}" if colons else test_id


def suite_of(test_id: str) -> str:
    """Return the folder of the test's file, which is the suite's name."""
    parts = test_id.partition("::")[0].replace("\\", "/").split("/")
    return fact(parts[-2], 80) if len(parts) > 1 else ""


def is_of(test_id: str, suite: Path) -> bool:
    """Tell whether a test is in a suite's folder; its id begins with a path from where pytest has its root."""
    folder = Path(test_id.partition("::")[0]).parent.parts
    return bool(folder) and suite.absolute().parts[-len(folder) :] == folder
