"""What a purchase of one item says about another: EASE, in closed form.

H. Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW. The weights B minimise
||X - X B||^2 + regularization ||B||^2 with a zero diagonal (section 2), X (customers,
items) being 1 where a customer bought an item.
"""

import numpy as np
from scipy import linalg, sparse

from regulars.science import checks
from regulars.science.errors import OutOfRange, TooLarge
from regulars.science.recommend.contracts import History, Singles


def together_counts(given: History, items_max: int) -> Singles:
    """How many customers bought both of two items, float32 (items, items); on the diagonal, how
    many bought the one.

    Refuses more items than `items_max` (TooLarge): the matrix is dense. Counts up to 16.7 million
    are exact in float32.
    """
    if given.items > items_max:
        raise TooLarge("items", given.items, items_max)
    bought = sparse.csr_array(
        (np.ones(given.item.size, dtype=np.float32), given.item, given.start),
        shape=(given.customers, given.items),
    )
    counts: Singles = (bought.T @ bought).toarray()
    return counts


def item_weights(together: Singles, regularization: float) -> Singles:
    """The weights B of the together counts G, float32 (items, items), zero diagonal.

    With P = (G + regularization I)^-1, B_ij = -P_ij / P_jj off the diagonal (Steck 2019, section
    3.1, equation 8). Computed in float64 by Cholesky factorisation, which exists for every
    regularization above 0, duplicate items and more items than customers included; one too small
    for float64 to tell from 0 beside G is refused (OutOfRange).
    """
    checks.number("regularization", regularization, above=0.0)
    gram = together.astype(np.float64)
    gram[np.diag_indices_from(gram)] += regularization
    # A symmetric matrix is its own transpose: the Fortran order that LAPACK wants costs no copy.
    inverse, failed = linalg.lapack.dpotrf(gram.T, lower=1, overwrite_a=1)
    if not failed:
        inverse, failed = linalg.lapack.dpotri(inverse, lower=1, overwrite_c=1)
    if failed:
        raise OutOfRange("regularization", -1, regularization, "larger for items so much alike")
    # The inverse is twice as wide as the weights: it is let go of before they are mirrored.
    scale = np.diag(inverse).astype(np.float32)
    lower = inverse.astype(np.float32)
    del gram, inverse
    weights: Singles = np.tril(lower, -1)
    del lower
    weights += weights.T
    weights /= -scale[None, :]
    return weights
