"""The comparison of the estimators with scikit-learn's."""

import pytest

from benchmarks import estimators, readme, tables
from benchmarks.arena import ContestantError
from benchmarks.results import Options


@pytest.mark.slow
def test_both_learn_and_are_timed(monkeypatch):
    pytest.importorskip("sklearn.base")
    found = estimators.measured("iris", 2)["found"]
    for each in found.values():
        assert min(each["score"]) > 0.85
        assert len(each["fit"]) == len(each["row"]) == 2
        assert 0 < max(each["row"]) < 0.01
    assert max(found["fastmlp"]["row"]) < min(found["sklearn"]["row"])


def test_a_process_that_fails_is_named(monkeypatch):
    monkeypatch.setattr(estimators, "DATA", {"nothing": estimators.DATA["iris"]})
    with pytest.raises(ContestantError, match=r"The process of nothing ended: (KeyError|ModuleNotFound)"):
        estimators.run(Options(quick=True))


def test_the_table_has_scores_times_and_ratios():
    own = {"score": [0.5, 0.75, 0.9], "fit": [0.1, 0.2, 0.3], "row": [1e-5] * 3}
    their = {"score": [0.5, 0.7, 0.9], "fit": [0.4, 0.8, 1.2], "row": [2e-4] * 3}
    data = {"wine": {"score": "accuracy", "fastmlp": own, "sklearn": their}}
    data["diabetes"] = {"score": "R2", "fastmlp": their, "sklearn": own}
    table = tables.estimator_table({"part": "estimators", "data": data}).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert cells[2] == ["wine (accuracy)", "75.0%", "70.0%", "0.200 s", "0.800 s (4.0x)", "10.0 us", "200 us (20x)"]
    assert cells[3][:5] == ["diabetes (R2)", "0.700", "0.750", "0.800 s", "0.200 s (**0.25x**)"]
    assert readme.estimators_text({}) == readme.NOTHING
