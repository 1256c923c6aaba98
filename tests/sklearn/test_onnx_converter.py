"""Pipelines that end in an estimator become ONNX files by skl2onnx; ONNX Runtime gives the same answers."""

import numpy as np
import pytest

pytest.importorskip("sklearn.base")
pytest.importorskip("skl2onnx")
pytest.importorskip("onnxruntime")
import onnxruntime as runtime
import skl2onnx
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastmlp import InputError, kernels
from fastmlp.sklearn import MLPClassifier, MLPRegressor
from fastmlp.sklearn.onnx_converter import register_onnx_converters

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::DeprecationWarning"),
]
X, NUMBERS = load_iris(return_X_y=True)
X = X.astype(np.float32)
NAMES = np.array(["setosa", "ver\nsicolor", "virginica"])


def answers(estimator, X, y, dtype=np.float32, **options):
    """Fit a pipeline that ends in the estimator; return it, and what ONNX Runtime answers."""
    register_onnx_converters()
    pipeline = make_pipeline(StandardScaler(), estimator).fit(X, y)
    model = skl2onnx.to_onnx(
        pipeline,
        X[:1].astype(dtype),
        options={"zipmap": False} | options if options or hasattr(estimator, "predict_proba") else None,
    )
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return pipeline, session.run(None, {"X": X.astype(dtype)})


@pytest.mark.parametrize("activation", [*kernels.ACTIVATIONS, "logistic"])
def test_every_activation(activation):
    pipeline, (labels, probabilities) = answers(
        MLPClassifier((8, 7), activation, max_iter=20, random_state=0), X, NAMES[NUMBERS]
    )
    np.testing.assert_array_equal(labels, pipeline.predict(X))
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize(
    "classes", [np.array([3, -1, 7]), np.array([2, 9, 2]), np.array(["a", "b", "a"]), np.array([4, 4, 4])], ids=str
)
def test_every_kind_of_labels(classes):
    pipeline, (labels, probabilities) = answers(MLPClassifier(max_iter=20, random_state=0), X, classes[NUMBERS])
    np.testing.assert_array_equal(labels, pipeline.predict(X))
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(X), atol=1e-5)


def test_several_labels():
    samples, y = make_multilabel_classification(200, 10, n_classes=4, random_state=0)
    pipeline, (labels, probabilities) = answers(
        MLPClassifier(max_iter=40, random_state=0), samples.astype(np.float32), y
    )
    np.testing.assert_array_equal(labels, pipeline.predict(samples))
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(samples), atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_regressions(dtype):
    samples, y = load_diabetes(return_X_y=True)
    for targets in (y / 100, np.column_stack((y, -y)) / 100):
        estimator = MLPRegressor(max_iter=20, random_state=0, dtype=np.dtype(dtype).name)
        pipeline, (found,) = answers(estimator, samples, targets, dtype)
        np.testing.assert_allclose(found.reshape(targets.shape), pipeline.predict(samples), rtol=1e-4, atol=1e-5)


def test_it_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "skl2onnx", None)
    with pytest.raises(InputError, match="pip install skl2onnx"):
        register_onnx_converters()
