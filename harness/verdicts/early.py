"""Whether a gate is decided before all its cases are asked, however often one looks."""

from harness.records.compared import Comparison, Gate, Verdict


def looks(of: int) -> tuple[int, ...]:
    """Return after how many of ``of`` cases, asked in random order, a gate can be decided by chance; ascending.

    Batches that end there lose nothing: between two looks only what is certain is decided.
    """
    raise NotImplementedError


def decide_early(test_id: str, comparison: Comparison, gate: Gate, *, of: int) -> Verdict | None:
    """Return the verdict that a gate would most likely have on all ``of`` cases; None where more must be asked.

    ``comparison`` holds the cases asked so far, its rows in the order of asking: a random order of all cases, fixed
    before the first was asked. Of lost cases that ``to_ask_again`` names, ``again`` is filled in, as for ``decide``.
    It can be called as often as one likes. With all cases asked, ``decide`` gives the verdict, and this is None.

    Raises:
        InputError: as ``decide``.
    """
    raise NotImplementedError
