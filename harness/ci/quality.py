"""GitLab's code-quality report: one entry for each thing that was not passed, at its line."""

from collections.abc import Iterable

import msgspec

from harness.ci.places import Place
from harness.ci.spots import Spot
from harness.records.record import digest
from harness.text.visible import for_terminal

SEVERITIES = {"failed": "critical", "inconclusive": "minor", "passed": "info"}


def quality_report(found: Iterable[tuple[Spot, Place | None]]) -> bytes:
    """Return the JSON; what has no place in the repository is left out, since GitLab shows nothing without one.

    The fingerprint of an entry is the same in every run, whatever its line and its figures, so that GitLab knows it
    again.
    """
    counted: dict[str, int] = {}
    entries = []
    for spot, place in found:
        if place is None:
            continue
        same = digest([spot.test_id, spot.check])
        counted[same] = counted.get(same, 0) + 1
        entries.append(
            {
                "description": for_terminal(f"{spot.title}: {spot.text}", None),
                "check_name": for_terminal(f"tunegate: {spot.check}", None),
                "fingerprint": digest([same, counted[same]]),
                "severity": SEVERITIES[spot.outcome],
                "location": {"path": place.path, "lines": {"begin": place.line}},
            }
        )
    return msgspec.json.format(msgspec.json.encode(entries), indent=2) + b"\n"
