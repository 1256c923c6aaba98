"""The state of a training: arrays that are read-only or mapped from files, copies that train what they predict with."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from helpers.tasks import outcome, task

from fastmlp import Callback, InputError, Network, Trainer

OPTIONS = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 7, "averaging": 0.9}


def half_trained():
    trainer = Trainer(Network((20, 16, 4), "relu", "cross_entropy", seed=1), threads=1, **OPTIONS)
    trainer.fit(*task(100), 2)
    return trainer


def through_joblib(mmap_mode):
    def copied(trainer, folder):
        joblib.dump(trainer, folder / "trainer.joblib")
        return joblib.load(folder / "trainer.joblib", mmap_mode=mmap_mode)

    return copied


COPIES = {
    "pickle": lambda trainer, folder: pickle.loads(pickle.dumps(trainer)),
    "deepcopy": lambda trainer, folder: copy.deepcopy(trainer),
    "joblib": through_joblib(None),
    "joblib read-only": through_joblib("r"),
    "joblib copy-on-write": through_joblib("c"),
    "joblib read and write": through_joblib("r+"),
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_of_a_trainer_goes_on_as_the_trainer_does(way, tmp_path):
    trainer = half_trained()
    copied = COPIES[way](trainer, tmp_path)
    before = outcome(trainer)
    assert outcome(copied) == before
    assert copied.state.params is copied.network.params
    assert all(type(array) is np.ndarray for array in (copied.network.params, copied.network.layout))
    copied.fit(*task(100), 2)
    assert outcome(trainer) == before
    trainer.fit(*task(100), 2)
    assert outcome(copied) == outcome(trainer)
    np.testing.assert_array_equal(copied.network.predict_proba(task()[0]), trainer.network.predict_proba(task()[0]))


def test_a_trained_map_of_a_file_leaves_the_file_alone(tmp_path):
    copied = through_joblib("r+")(half_trained(), tmp_path)
    content = (tmp_path / "trainer.joblib").read_bytes()
    copied.fit(*task(100))
    assert (tmp_path / "trainer.joblib").read_bytes() == content


def arrays_of(trainer):
    state = trainer.state
    return {"network.params": state.params, "state.opt_state": state.opt_state, "state.raw_params": state.raw_params}


@pytest.mark.parametrize("name", ["network.params", "state.opt_state", "state.raw_params"])
def test_what_is_read_only_is_not_trained(name):
    trainer = half_trained()
    before, state = outcome(trainer), copy.deepcopy(trainer.state_dict())
    state["params"] += 1
    array = arrays_of(trainer)[name]
    array.flags.writeable = False
    for call in (lambda: trainer.fit(*task(100)), lambda: trainer.load_state_dict(state)):
        with pytest.raises(InputError, match=rf"{name} is read-only: set .*{name}.flags.writeable = True, or train a "):
            call()
        assert outcome(trainer) == before
    copied = copy.deepcopy(trainer)
    copied.fit(*task(100))
    array.flags.writeable = True
    trainer.fit(*task(100))
    assert outcome(copied) == outcome(trainer)


def test_a_network_that_a_callback_freezes_is_trained_no_further():
    class Freeze(Callback):
        def on_epoch_end(self, record):
            self.params = trainer.network.params
            self.before, self.params.flags.writeable = self.params.copy(), False

    trainer = Trainer(Network((20, 16, 4), seed=1))
    freeze = Freeze()
    with pytest.raises(InputError, match=r"network.params is read-only"):
        trainer.fit(*task(100), 3, callbacks=[freeze])
    assert len(trainer.history) == 1
    np.testing.assert_array_equal(trainer.network.params, freeze.before)


def fitted(trainer, X, y):
    """A job of a worker: it gets the arrays as read-only maps."""
    trainer.fit(X, y, 2)
    return trainer, X.flags.writeable


@pytest.mark.slow
def test_a_worker_of_joblib_trains_what_it_is_given():
    trainer = half_trained()
    trainers = [trainer, trainer, copy.deepcopy(trainer)]
    with joblib.Parallel(2, max_nbytes=64) as parallel:
        answers = parallel(joblib.delayed(fitted)(each, *task(100)) for each in trainers)
    trainer.fit(*task(100), 2)
    for answer, writeable in answers:
        assert not writeable  # joblib did map them
        assert outcome(answer) == outcome(trainer)
