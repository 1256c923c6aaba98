"""Small trainings, and callbacks that watch or end them."""

import numpy as np

from fastmlp import Callback, Network, Trainer
from fastmlp.training.callbacks import EarlyStopping
from fastmlp.training.checkpoints import Checkpoint


def task(n=300, n_in=20, n_out=4, seed=0):
    """Samples that a small network learns: the label is the brightest of the first inputs."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 256, (n, n_in), np.uint8)
    return X, X[:, :n_out].argmax(axis=1)


def trained(epochs=(3,)):
    network = Network((20, 16, 4), seed=1)
    trainer = Trainer(network, seed=2)
    for n in epochs:
        trainer.fit(*task(), n)
    return network


class Keep(Callback):
    """Keeps the weights of each epoch, and what was heard."""

    def __init__(self, stop_at=None):
        self.stop_at, self.params, self.heard = stop_at, [], []

    def on_train_begin(self, fit):
        self.network = fit.network
        self.heard.append("start")

    def on_epoch_end(self, record):
        self.params.append(self.network.params.copy())
        self.heard.append(record.epoch)
        return record.epoch == self.stop_at

    def on_train_end(self):
        self.heard.append("end")


EPOCHS = 60


def training(path, resume=None, epochs=EPOCHS, callbacks=(), seconds=0.0, patience=5, stop=True, data=None, **changes):
    """A training with everything that must be restored: Adam's averages, a schedule, a split, early stopping."""
    own = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 7, "seed": 3, "schedule": "one-cycle:warm_up=1"}
    network = Network(changes.pop("sizes", (20, 16, 4)), changes.pop("activation", "relu"), "cross_entropy", seed=1)
    trainer = Trainer(network, **own | changes)
    kept = [Checkpoint(path, seconds)] if path else []
    kept += [EarlyStopping(patience, monitor="validation_accuracy")] if stop else []
    X, y = data or task(200)
    trainer.fit(X, y, epochs, validation=0.2, callbacks=[*callbacks, *kept], resume=resume)
    return trainer


def outcome(trainer):
    """All that must be the same; times differ."""
    records = [{k: v for k, v in record.items() if "second" not in k} for record in trainer.history.to_dicts()]
    return (
        trainer.network.params.tobytes(),
        trainer.state.opt_state.tobytes(),
        trainer.state.raw_params is not None and trainer.state.raw_params.tobytes(),
        trainer.state.step,
        records,
    )


class KilledError(Exception):
    pass


class KillAfter(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, record):
        if record.epoch == self.epoch:
            raise KilledError


class KillAtOnce(Callback):
    def on_slice_end(self, epoch, done, total):
        raise KilledError
