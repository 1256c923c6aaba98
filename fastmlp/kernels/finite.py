"""Whether an array holds NaN or infinity, found in one pass over it."""

from fastmlp.kernels._compile import kernel


@kernel
def all_finite(a):
    """Return whether no number of `a` (n,), float32 or float64, C-contiguous, is NaN or infinite."""
    zero = a.dtype.type(0)
    total = zero
    for i in range(a.size):
        total += a[i] * zero  # NaN for NaN and infinity, and 0 for the rest
    return total == zero
