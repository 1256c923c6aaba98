"""Estimators in files: the same predictions and parameters, and nothing that runs code."""

import json

import numpy as np
import pytest

pytest.importorskip("sklearn.base")
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.exceptions import NotFittedError

from fastmlp import InputError, load_network
from fastmlp.sklearn import MLPClassifier, MLPRegressor
from fastmlp.system.tensor_files import MODEL, read_tensors, write_tensors

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]
X, NUMBERS = load_iris(return_X_y=True)
NAMES = np.array(["a", 'b"', "c\n"])


def fits():
    pd = pytest.importorskip("pandas")
    X_many, y_many = make_multilabel_classification(100, 5, random_state=0)
    X_numbers, y_numbers = load_diabetes(return_X_y=True)
    yield MLPClassifier((8, 7), max_iter=4, class_weight={"a": 2.0}), X, NAMES[NUMBERS]
    yield MLPClassifier([5], max_iter=np.int64(4), class_weight={1: 2.0}, early_stopping=True), X, NUMBERS
    yield MLPClassifier(6, max_iter=4, dtype="float64", random_state=3, warm_start=True), X, NUMBERS > 0
    yield (
        MLPClassifier(max_iter=4, schedule="cosine"),
        pd.DataFrame(X, columns=list("efgh")),
        NAMES[NUMBERS].astype(object),
    )
    weights = [{0: 1.0, 1: 5.0}, {0: 1.0, 1: 2.0}, {0: 1.0, 1: 1.0}, {0: 1.0, 1: 1.0}, {0: 1.0, 1: 1.0}]
    yield MLPClassifier(max_iter=4, class_weight=weights), X_many, y_many
    yield MLPRegressor(max_iter=4), X_numbers, y_numbers / 100
    yield MLPRegressor(max_iter=4, solver="lbfgs"), X_numbers, np.column_stack((y_numbers, y_numbers)) / 100


@pytest.mark.parametrize("number", range(7))
def test_a_loaded_estimator_is_the_one_that_was_saved(number, tmp_path):
    estimator, samples, y = list(fits())[number]
    estimator.fit(samples, y).save(tmp_path / "e.safetensors")
    loaded = type(estimator).load(tmp_path / "e.safetensors")
    np.testing.assert_array_equal(loaded.predict(samples), estimator.predict(samples))
    assert loaded.predict(samples).dtype == estimator.predict(samples).dtype
    assert loaded.loss_curve_ == estimator.loss_curve_
    assert loaded.history_.to_dicts() == estimator.history_.to_dicts()
    assert loaded.get_params() == estimator.get_params()
    for name in (each for each in vars(estimator) if each.endswith("_") and each not in {"network_", "history_"}):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(estimator, name))
    np.testing.assert_array_equal(load_network(tmp_path / "e.safetensors").params, estimator.network_.params)
    loaded.fit(samples, y)  # and goes on, or begins again


def test_what_a_file_can_not_hold_is_refused(tmp_path):
    for estimator, y in (
        (MLPClassifier(max_iter=2, random_state=np.random.RandomState(0)), NUMBERS),
        (MLPClassifier(max_iter=2, schedule=lambda step: 1.0), NUMBERS),
    ):
        with pytest.raises(InputError, match="which a file can't hold: use numbers and texts"):
            estimator.fit(X, y).save(tmp_path / "e.safetensors")
    with pytest.raises(NotFittedError):
        MLPClassifier().save(tmp_path / "e.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_are_refused(tmp_path):
    path = tmp_path / "e.safetensors"
    fitted = MLPClassifier(max_iter=2).fit(X, NUMBERS)
    with pytest.raises(InputError, match="There is no model file"):
        MLPClassifier.load(path)
    fitted.network_.save(path)
    with pytest.raises(InputError, match=r"holds a network and no estimator: read it with fastmlp\.load_network"):
        MLPClassifier.load(path)
    fitted.save(path)
    with pytest.raises(InputError, match="holds a 'MLPClassifier', no MLPRegressor: load it with that class"):
        MLPRegressor.load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("parameters"),
        lambda state: state["parameters"].update(alpha="strong"),
        lambda state: state["parameters"].update(unknown=1),
        lambda state: state.update(targets={"classes": {"dtype": "O8", "values": 3}}),
        lambda state: state.update(fitted=[]),
        lambda state: state["fitted"].update(n_features_in_=10_000),
        lambda state: state.update(history=[{"epoch": 9}]),
        lambda state: state.update(curve=None),
    ],
)
def test_a_damaged_description_is_refused(tmp_path, change):
    path = tmp_path / "e.safetensors"
    MLPClassifier(max_iter=2).fit(X, NUMBERS).save(path)
    tensors, about = read_tensors(path, MODEL)
    state = json.loads(about["estimator"])
    change(state)
    write_tensors(path, MODEL, tensors, about | {"estimator": json.dumps(state)})
    with pytest.raises(InputError, match="does not describe an estimator"):
        MLPClassifier.load(path)
