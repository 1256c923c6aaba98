"""Estimators for scikit-learn: `MLPClassifier` and `MLPRegressor` with its parameters, trained by fastmlp's kernels.

>>> from fastmlp.sklearn import MLPClassifier  # in place of sklearn.neural_network
>>> classifier = MLPClassifier(random_state=0).fit(X, y)

They need scikit-learn 1.6 or later, which is imported here only: `pip install 'fastmlp[sklearn]'`.
"""

import re

NEEDED = (1, 6)
"""The earliest version of scikit-learn that serves."""

try:
    from sklearn import __version__ as found
except ImportError:
    raise ImportError("fastmlp.sklearn needs scikit-learn 1.6 or later: pip install 'fastmlp[sklearn]'.") from None
if tuple(map(int, re.findall(r"\d+", found)[:2])) < NEEDED:
    raise ImportError(f"fastmlp.sklearn needs scikit-learn 1.6 or later, and this is {found}: upgrade it.")

from fastmlp.sklearn.classifier import MLPClassifier  # noqa: E402 (after the check)
from fastmlp.sklearn.regressor import MLPRegressor  # noqa: E402

__all__ = ["MLPClassifier", "MLPRegressor"]
