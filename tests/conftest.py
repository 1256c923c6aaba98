"""Every test run compiles its kernels anew, or it may judge yesterday's; and none touches the user's own cache."""

import os
import tempfile

_fresh = tempfile.TemporaryDirectory(prefix="fastmlp-tests-")
os.environ["NUMBA_CACHE_DIR"] = os.path.join(_fresh.name, "numba")  # noqa: PTH118 (before any import of the package)
os.environ["XDG_CACHE_HOME"] = os.path.join(_fresh.name, "cache")  # noqa: PTH118
