"""Networks to and from other libraries: ONNX, PyTorch, C, NumPy and scikit-learn.

`Network.export` writes a network, prepared so that it takes samples as the network's schema describes them. The
functions `from_sklearn`, `from_pytorch` and `from_onnx` make a Network of what others trained.

>>> network.export("digits.onnx")
>>> network = from_sklearn(MLPClassifier().fit(X, y))

The public names stand in `__init__.pyi` and are imported when they are first used. Only ONNX needs a library, which the
extra `fastmlp[onnx]` installs.
"""

from fastmlp.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
