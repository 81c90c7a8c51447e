"""States of generated rows for tests."""

from harness.records.generated import Generated


def state(rows: int, max_rejected: float = 0.1, digest: str = "d") -> Generated:
    """Return the state of a set whose rows are named by their numbers."""
    order = tuple(map(str, range(rows)))
    return Generated(
        digest=digest,
        settings="",
        rows=rows,
        wanted=rows,
        rejected={},
        unanswered=0,
        ended="all wanted",
        teacher="t",
        max_rejected=max_rejected,
        order=order,
    )
