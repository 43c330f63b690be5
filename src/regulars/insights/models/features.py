"""What a file says of each unit beside the outcome, as the matrix that models take.

Numbers stay as they are; words become one column for each of the most frequent, less one; columns
that are all the same are left out, as nothing can be learnt from them.
"""

import numpy as np

from regulars.insights.contracts import Coded, Floats, Rows

_WORDS_MOST = 12


def feature_matrix(rows: Rows) -> tuple[Floats, tuple[str, ...]]:
    """The features of the rows, float64 (n, k), and the names of the columns; k may be 0."""
    columns: list[Floats] = []
    names: list[str] = []
    for name, values in rows.features.items():
        if isinstance(values, Coded):
            counts = np.bincount(values.codes, minlength=len(values.labels))
            frequent = np.argsort(-counts, kind="stable")[:_WORDS_MOST]
            # The most frequent word is what the others are compared with.
            for code in frequent[1:]:
                columns.append((values.codes == code).astype(np.float64))
                names.append(f"{name} = {values.labels[code]}")
        else:
            columns.append(values)
            names.append(name)
    kept = [place for place, column in enumerate(columns) if np.ptp(column) > 0]
    if not kept:
        return np.empty((rows.count, 0)), ()
    matrix = np.column_stack([columns[place] for place in kept])
    return matrix.astype(np.float64), tuple(names[place] for place in kept)
