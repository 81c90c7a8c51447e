"""Rows of columns by the combination of their values: sorted together, so that equal ones are side by side."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def combinations(*columns: "NDArray[np.generic]") -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Return the places of all rows, sorted, and where in that order each combination of values begins.

    Columns have one value for each row. The last one counts first; rows that are alike stay in their order.
    """
    import numpy as np

    order = np.lexsort(columns)
    begins = np.zeros(len(order), dtype=bool)
    begins[:1] = True
    for column in columns:
        ordered = column[order]
        begins[1:] |= ordered[1:] != ordered[:-1]
    return order, np.flatnonzero(begins)
