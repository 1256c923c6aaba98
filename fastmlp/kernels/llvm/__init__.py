"""Vector primitives written as LLVM code, for what Numba's own loops cannot keep in registers."""
