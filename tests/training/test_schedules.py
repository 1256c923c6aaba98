"""Schedules at their corners, as `fit` uses them, and what is refused."""

from unittest import mock

import numpy as np
import pytest
from helpers.tasks import task

from fastmlp import InputError, Network, Trainer
from fastmlp.training import schedules
from fastmlp.training.history import Epoch
from fastmlp.training.schedules import (
    SCHEDULES,
    Cosine,
    Exponential,
    Function,
    Length,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    Step,
    WarmUp,
    as_schedule,
    check_schedule,
)

LENGTH = Length(120, 10)  # 12 epochs of 10 steps


def factors(schedule, length=LENGTH, history=()):
    return as_schedule(schedule).factors(np.arange(length.steps, dtype=np.float64), length, history)


def test_constant():
    assert set(factors(None)) == set(factors("constant")) == {1.0}


def test_step():
    wanted = np.repeat([1, 0.5, 0.25], [50, 50, 20])
    np.testing.assert_array_equal(factors(Step(5, 0.5)), wanted)
    np.testing.assert_allclose(factors("step"), np.repeat([1, 0.1, 0.01], 40))
    np.testing.assert_array_equal(factors(Step(0.3, 0.5), Length(7, 10)), [1, 1, 1, 0.5, 0.5, 0.5, 0.25])


def test_exponential():
    by_step = factors(Exponential(0.01))
    assert by_step[0] == 1
    np.testing.assert_allclose(by_step[1:] / by_step[:-1], 0.01 ** (1 / 120))
    assert by_step[-1] * 0.01 ** (1 / 120) == pytest.approx(0.01)


def test_cosine():
    by_step = factors("cosine")
    assert by_step[0] == 1
    assert by_step[60] == pytest.approx(0.5)
    assert by_step[30] == pytest.approx((1 + np.sqrt(0.5)) / 2)
    assert 0 < by_step[-1] < 2e-4  # the last step is still one
    assert np.all(np.diff(by_step) < 0)
    to_a_tenth = factors(Cosine(0.1))
    np.testing.assert_allclose(to_a_tenth, 0.1 + 0.9 * by_step)


def test_one_cycle():
    by_step = factors(OneCycle(start=0.1, peak=0.25, final=0.01))
    assert by_step[0] == pytest.approx(0.1)
    assert by_step.argmax() == 30
    assert by_step[30] == 1
    assert by_step[15] == pytest.approx(0.55)
    assert by_step[75] == pytest.approx(0.505)
    assert 0.01 < by_step[-1] < 0.011
    assert np.all(np.diff(by_step[:31]) > 0)
    assert np.all(np.diff(by_step[30:]) < 0)


def test_warm_up():
    by_step = factors(WarmUp(2, "cosine"))
    np.testing.assert_allclose(by_step[:20], np.arange(1, 21) / 20)
    np.testing.assert_array_equal(by_step[20:], factors("cosine", Length(100, 10)))
    np.testing.assert_array_equal(by_step, factors("cosine:warm_up=2"))
    np.testing.assert_array_equal(factors(WarmUp(0, "cosine")), factors("cosine"))
    np.testing.assert_allclose(factors(WarmUp(12)), np.arange(1, 121) / 120)
    assert factors(WarmUp(1, OneCycle(start=0.2)))[9:11] == pytest.approx(0.2)  # up to where the other begins
    np.testing.assert_allclose(factors(WarmUp(0.5))[3:7], [0.8, 1, 1, 1])


def epochs(losses, validation_losses=None):
    validation_losses = validation_losses or [None] * len(losses)
    pairs = zip(losses, validation_losses, strict=True)
    return [
        Epoch(i + 1, loss, -loss, 1, 1, validation, validation and -validation)
        for i, (loss, validation) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("losses", "wanted"),
    [
        ([], 1),
        ([5], 1),
        ([5, 5], 1),
        ([5, 5, 5], 0.5),  # two epochs without anything better
        ([5, 4, 4], 1),
        ([5, 4, 4, 3], 1),
        ([5, 5, 5, 5], 0.5),  # counted anew
        ([5, 5, 5, 5, 5], 0.25),
        ([5, 5, 5, 4, 4, 4], 0.25),
        ([5, 4.95, 4.94], 0.5),  # not better by 0.1
    ],
)
def test_plateau(losses, wanted):
    schedule = ReduceOnPlateau(0.5, patience=2, min_delta=0.1)
    assert set(factors(schedule, history=epochs(losses))) == {wanted}
    falling = [10.0 - i for i in range(len(losses))]
    assert set(factors(schedule, history=epochs(falling, losses))) == {wanted}
    assert set(factors(schedule, history=epochs(losses, falling))) == {1}
    of_accuracy = ReduceOnPlateau(0.5, patience=2, min_delta=0.1, monitor="accuracy")
    assert set(factors(of_accuracy, history=epochs(losses, falling))) == {wanted}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_single_step_has_a_rate(name):
    for schedule in (name, f"{name}:warm_up=0", f"{name}:warm_up=1"):
        assert factors(schedule, Length(1, 1)) == pytest.approx(
            0.04 if "cycle:warm_up=0" in schedule or schedule == "one-cycle" else 1
        )


@pytest.mark.parametrize("name", SCHEDULES)
def test_parts_of_an_epoch_change_nothing(name):
    schedule = as_schedule(name + ":warm_up=1.5")
    steps, whole = np.arange(120.0), factors(schedule)
    for part in (slice(0, 1), slice(7, 21), slice(119, 120)):
        np.testing.assert_allclose(schedule.factors(steps[part], LENGTH, ()), whole[part], rtol=1e-14)


def test_each_step_of_a_fit_has_the_rate_of_the_schedule(monkeypatch):
    """Step by step: gradient descent on one sample moves by its rate."""
    X, y = task(35)
    steps = []
    by_hand, scheduled = (Network((20, 9, 4), seed=1, dtype="float64") for _ in range(2))
    trainer = Trainer(
        scheduled, learning_rate=0.5, batch_size=10, schedule=lambda step: steps.append(step) or 1 / (1 + step)
    )
    history = trainer.fit(X, y, 2)
    assert steps == [*range(8), *range(8)]  # checked, then used
    assert [record.learning_rate for record in history] == [0.5 / 4, 0.5 / 8]
    for epoch in (1, 2):
        order = np.random.default_rng((0, epoch)).permutation(35)
        for number, start in enumerate(range(0, 35, 10)):
            batch = order[start : start + 10]
            rate = 0.5 / (1 + 4 * (epoch - 1) + number)
            Trainer(by_hand, learning_rate=rate, batch_size=10).fit(X[batch], y[batch])
    np.testing.assert_allclose(scheduled.params, by_hand.params, rtol=1e-9)


def test_each_fit_starts_anew():
    trainer = Trainer(Network((20, 4)), learning_rate=2, batch_size=100, schedule="step")
    for _ in range(2):
        trainer.fit(*task(), 3)
    assert [record.learning_rate for record in trainer.history] == pytest.approx([2, 0.2, 0.02] * 2)


def test_the_rate_falls_where_nothing_gets_better():
    X, y = task()
    trainer = Trainer(Network((20, 4)), learning_rate=1e-9, schedule=ReduceOnPlateau(0.5, 2, min_delta=0.01))
    trainer.fit(X, y, 6, validation=task(seed=9))
    assert [record.learning_rate * 1e9 for record in trainer.history] == pytest.approx([1, 1, 1, 0.5, 0.5, 0.25])


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("cosin", "did you mean 'cosine'"),
        ("step:evry=3", "did you mean 'every'"),
        ("step:every=0", "every is 0: pass a positive number"),
        ("step:every=x", "every is 'x'"),
        ("step:every", "The schedule step has 'every': pass settings such as every=1, between commas"),
        ("cosine:final=0.1,final=0.2", "The schedule cosine has final twice"),
        ("step:factor=-1", "factor is -1"),
        ("exponential:final=0", "final is 0: pass a positive number"),
        ("cosine:final=-0.1", "final is -0.1: pass a number of at least 0"),
        ("one-cycle:peak=1", "peak is 1: pass a number above 0 and below 1"),
        ("one-cycle:peak=0", "peak is 0"),
        ("one-cycle:start=-1", "start is -1"),
        ("one-cycle:final=nan", "final is nan"),
        ("plateau:factor=1", "factor is 1: pass a number from 0 to below 1"),
        ("plateau:patience=0", "patience is 0"),
        ("plateau:monitor=acuracy", "did you mean 'accuracy'"),
        ("cosine:warm_up=-1", "warm_up is -1"),
        (3, "schedule is 3: pass a name"),
        (Cosine, "pass a name"),
    ],
)
def test_bad_schedules(schedule, message):
    with pytest.raises(InputError, match=message):
        Trainer(Network((20, 4)), schedule=schedule)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (lambda step: 1 - step / 50, r"The schedule's factor is -0.02 at step 51 of 90: it must be finite"),
        (lambda step: float("nan"), "factor is nan at step 0"),
        (lambda step: float("inf") if step == 89 else 1, "factor is inf at step 89"),
        (lambda step: 1.0 if step < 5 else "x", "returns 'x' for step 5: return"),
        (lambda step: "fast", "The schedule's function returns 'fast' for step 0: return a number"),
        (lambda step: [1, 2], "return a number"),
        ("step:every=1,factor=1e300", "factor is inf at step 60"),
        ("cosine:warm_up=4", "The warm-up takes 120 steps and the training has 90"),
        ("plateau:monitor=validation_loss", "There is no validation_loss to watch"),
    ],
)
def test_a_schedule_that_goes_wrong_later_trains_nothing(schedule, message):
    network = Network((20, 4))
    before = network.params.copy()
    with pytest.raises(InputError, match=message):
        Trainer(network, schedule=schedule).fit(*task(), 3)
    np.testing.assert_array_equal(network.params, before)


def test_representations_say_what_decides_the_rates():
    assert repr(Function(np.sqrt)) == repr(as_schedule(np.sqrt)) == "Function(sqrt)"
    assert repr(as_schedule("step:every=2,warm_up=1")) == "WarmUp(epochs=1, then=Step(every=2, factor=0.1))"
    assert as_schedule(Cosine(0.5)) == as_schedule("cosine: final = 0.5") == Cosine(0.5)

    class Own(Schedule):
        def __init__(self, low):
            self.low = low

        def factors(self, steps, length, history):
            return np.full(len(steps), self.low)

    assert repr(Own(0.5)) == repr(Own(0.5)) == "Own(low=0.5)"


@pytest.mark.parametrize("name", [*SCHEDULES, "cosine:warm_up=2"])
def test_checking_a_long_training_takes_no_time(name, monkeypatch):
    monkeypatch.setattr(schedules, "_cosine", counted := mock.Mock(side_effect=schedules._cosine))
    check_schedule(as_schedule(name), Length(10**12, 10), Epoch(1, 1, 1, 1, 1))
    assert counted.call_count <= 4


@pytest.mark.parametrize(
    ("length", "calls"),
    [(Length(10**12, 10), 200), (Length(10**12, 10**6), 1000), (Length(10**6, 10**6), 50), (Length(1, 1), 1)],
)
def test_a_function_is_called_a_thousand_times_at_most_before_the_training(length, calls):
    steps = []
    check_schedule(as_schedule(lambda step: steps.append(step) or 1), length, Epoch(1, 1, 1, 1, 1))
    assert (len(steps), steps[0], steps[-1]) == (calls, 0, length.steps - 1)
    assert steps == sorted(set(steps))


def test_a_factor_that_was_not_checked_ends_the_training_before_its_epoch(monkeypatch):
    monkeypatch.setattr(schedules, "CHECKED_EPOCHS", 2)
    trainer = Trainer(Network((20, 4)), schedule=lambda step: -1 if step == 40 else 1)
    with pytest.raises(InputError, match="factor is -1 at step 40 of 90"):
        trainer.fit(*task(), 3)
    assert len(trainer.history) == 1
