"""Session: one browser's network, its training, and the image that is shown to it.

Everything here runs in the event loop; only `Training` has a thread of its own.
"""

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fastmlp import kernels
from fastmlp.errors import InputError
from fastmlp.network.network import Network
from fastmlp.serve.controls import (
    BYTES_PER_PARAMETER,
    HEARD_AT_ONCE,
    Control,
    changed,
    hyperparameters,
    make_controls,
    memory_of,
    settings_of_network,
)
from fastmlp.serve.image_data import ImageData
from fastmlp.serve.network_view import NetworkView
from fastmlp.serve.outbox import Outbox
from fastmlp.serve.shown_image import ShownImage
from fastmlp.serve.training import IDLE, Training
from fastmlp.serve.wire import packed
from fastmlp.training.make import make_trainer
from fastmlp.training.trainer import Trainer

ANSWER_SECONDS = 0.1
"""Least time between two answers while the network learns."""
MOST_SENT = 500
"""Epochs of a curve that are sent at once; more are thinned."""


class Session:
    """One browser's network.

    Parameters
    ----------
    data : ImageData
    given : Network or None
        A trained network to begin with.

    Attributes
    ----------
    id : str
        A secret by which its browser comes back.
    settings : dict
    training : Training
    view : NetworkView
    image : ShownImage or None
        The image that is shown.
    generation : int
        Counts the networks.
    stop : str or None
        The stop of the tour that is running.
    on_change : functions without arguments
        Called in the event loop when something has happened in the training.
    """

    def __init__(self, data: ImageData, given: Network | None = None) -> None:
        self.id, self.data = secrets.token_urlsafe(16), data
        self.controls: dict[str, Control] = make_controls(len(data.dataset.train.X), data.channels == 1)
        self.settings = {name: control.default for name, control in self.controls.items()}
        self.generation = 0
        self.image: ShownImage | None = None
        self.stop: str | None = None
        self.trained, self.can_compare = given is not None, False
        self.on_change: list[Callable[[], None]] = []
        self.outbox: Outbox | None = None
        self.last_tour: dict[str, Any] | None = None
        self._loop = asyncio.get_running_loop()
        self._is_poked = False
        self._sent_epoch, self._answered_at, self._next_choice = 0, 0.0, 1
        self._said: dict[str, Any] = {}
        self._predictions: tuple[tuple[int, int, float], Any] | None = None
        self.training: Training
        if given is None:
            self.renew()
        else:
            self.settings = settings_of_network(self.controls, given)
            self._begin(_trainer_of(given, self.settings))

    # ---- the network -------------------------------------------------------------------------------------------------

    def change(self, changes: Any) -> None:
        """Change some settings, all or none; start anew where they need a new network."""
        new = changed(self.controls, self.settings, changes)
        if {name: new[name] for name in new if name not in HEARD_AT_ONCE} != self._lasting(self.settings):
            was_running = self.training.is_running
            self.renew(new)
            if was_running:
                self.training.train()
        else:
            self.settings = new
            self.training.rate, self.training.epochs = new["learning_rate"], new["epochs"]
        self.say_state()

    @staticmethod
    def _lasting(settings: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in settings.items() if name not in HEARD_AT_ONCE}

    def renew(self, settings: dict[str, Any] | None = None) -> None:
        """Make a new, untrained network from settings, by default those that are set; the old training ends.

        Raises
        ------
        InputError
            The network would be too large; all is then as it was.
        """
        settings = settings or self.settings
        data, dataset = self.data, self.data.dataset
        memory_of((data.n_in, *settings["hidden"], len(dataset.classes)))
        choices = hyperparameters(settings), data.n_in, dataset.classes, dataset.image_shape, settings["seed"]
        trainer = make_trainer(*choices, schema=data.schema)
        self.settings, self.trained = settings, False
        self._begin(trainer)

    def _begin(self, trainer: Trainer) -> None:
        if self.generation:
            self.can_compare = self.can_compare or self.training.epoch > 0
            self.training.end()
        self.generation += 1
        settings, test = self.settings, self.data.dataset.test
        self.training = Training(trainer, lambda: self.data.training_samples(settings), test, self._poke)
        self.training.epochs = settings["epochs"]
        self.view = NetworkView(trainer.network, self.data)
        self._sent_epoch, self._next_choice, self._predictions = 0, 1, None
        self.say_state()
        self.refresh()

    def network_to_keep(self) -> Network:
        """Return a copy of the network as it is now, with the classes and the schema, for a file."""
        return copied(self.training.trainer.network)

    def end(self) -> None:
        """End the training for good."""
        self.training.end()

    # ---- the image ---------------------------------------------------------------------------------------------------

    def show(self, image: ShownImage) -> None:
        """Show an image to the network, and answer."""
        self.image = image
        if not self.training.is_running:
            self.view.update()
        self.answer()

    def answer(self, *, while_training: bool = False) -> None:
        """Send what the network makes of the image that is shown."""
        image = self.image
        if image is None or self.outbox is None:
            return
        activations = self.view.activations(image.x)
        outputs = activations[-1]
        header = {
            "type": "answer",
            "generation": self.generation,
            "epoch": self.training.epoch,
            "seq": image.seq,
            "source": image.source,
            "index": image.index,
            "label": image.label,
            "answer": int(outputs.argmax()),
            "outputs": [round(float(output), 6) for output in outputs],
            "softmax": self.view.network.loss == "cross_entropy",
            "is_blank": image.is_blank,
            "while_training": while_training,
        }
        bright = self.view.brightness(activations)
        arrays = {"image": image.picture}
        arrays |= {f"activations_{k}": A.astype(np.float32) for k, A in enumerate(activations, start=1)}
        arrays |= {f"bright_{k}": A for k, A in enumerate(bright, start=1)}
        self.outbox.put("answer", packed(header, dict(arrays)))
        self._answered_at = time.perf_counter()

    async def wrong(self) -> Any:
        """Return the answers (n_test,) to all test images, and where they are wrong, of the network as it is."""
        key = self.generation, self.training.epoch, self.training.progress
        if self._predictions is None or self._predictions[0] != key:
            self.view.update()
            answers = await asyncio.to_thread(self.view.own_copy().predict, self.data.seen)
            self._predictions = key, (answers, np.flatnonzero(answers != self.data.labels))
        return self._predictions[1]

    # ---- messages ----------------------------------------------------------------------------------------------------

    def attach(self, outbox: Outbox) -> None:
        """Send to a browser from now on, first all that it has to know."""
        self.outbox, self._said, self._sent_epoch = outbox, {}, 0
        self.say_state()
        self.refresh()
        if self.last_tour is not None:
            self.say(self.last_tour)

    def detach(self, outbox: Outbox) -> bool:
        """Send no more to a browser; return whether it was the one that is sent to."""
        is_mine = self.outbox is outbox
        if is_mine:
            self.outbox = None
        return is_mine

    @staticmethod
    def say_to(outbox: Outbox, message: dict[str, Any]) -> None:
        """Send a message of text to a browser that is not attached yet."""
        outbox.put(message["type"], json.dumps(message, allow_nan=False))

    def say(self, message: dict[str, Any], kind: str | None = None) -> None:
        """Send a message of text."""
        if self.outbox is not None:
            self.outbox.put(kind or message["type"], json.dumps(message, allow_nan=False))

    def complain(self, error: InputError | str, about: str) -> None:
        """Send a sentence about something that did not work."""
        self.say({"type": "error", "message": str(error), "about": about}, f"error about {about}")

    def say_state(self) -> None:
        """Send the state, if it has changed."""
        network = self.training.trainer.network
        state = {
            "type": "state",
            "run": self.training.run,
            "generation": self.generation,
            "settings": dict(self.settings),
            "sizes": network.sizes,
            "n_params": network.n_params,
            "memory_bytes": network.n_params * BYTES_PER_PARAMETER,
            "trained": self.trained or self.training.epoch > 0,
            "tour": self.stop,
            "can_compare": self.can_compare,
        }
        if state != self._said and self.outbox is not None:
            self._said = state
            self.say(state | {"epoch": self.training.epoch})

    def refresh(self) -> None:
        """Ask for a frame, and for an answer of the network as it is now."""
        if self.outbox is not None:
            self.view.update()
            self.outbox.want_frame()
            self.answer(while_training=self.training.is_running)

    def frame(self) -> bytes:
        """Return the network as it is now, and the epochs since the last frame."""
        training = self.training
        self._choose_units()
        self.view.update()
        records = training.records_since(self._sent_epoch)
        self._sent_epoch = records[-1][0] if records else self._sent_epoch
        about, arrays = self.view.picture()
        last, now = training.last, time.perf_counter()
        header = {
            "type": "frame",
            "generation": self.generation,
            "epoch": training.epoch,
            "progress": round(training.progress, 4),
            "records": thinned(records, MOST_SENT),
            "rate": training.rate,
            "epochs_per_second": training.speed,
            "samples_per_second": training.samples_per_second,
            "train_seconds": last[5] if last else 0.0,
            "age": round(now - training.ended_at, 4) if last else 0.0,
        }
        return packed(header | about, arrays)

    def answer_if_due(self) -> None:
        """Answer anew, if the last answer is some time ago, after a frame."""
        if time.perf_counter() - self._answered_at >= ANSWER_SECONDS:
            self.answer(while_training=self.training.is_running)

    def _choose_units(self) -> None:
        """Choose the units to draw anew at the ends of epochs 1, 2, 4, 8, ..., and when a training is over."""
        if self.training.epoch >= self._next_choice:
            self.view.choose_units()
            while self._next_choice <= self.training.epoch:
                self._next_choice *= 2

    # ---- from the training thread ------------------------------------------------------------------------------------

    def _poke(self) -> None:
        """Have `_progressed` called in the event loop, soon and once."""
        if not self._is_poked:
            self._is_poked = True
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._progressed)

    def _progressed(self) -> None:
        self._is_poked = False
        training = self.training
        if training.error is not None:
            self.complain(training.error, "training")
            training.error = None
        if training.run == IDLE:
            self.view.update()
            self.view.choose_units()
            self.refresh()
        elif self.outbox is not None:
            self.outbox.want_frame()
        self.say_state()
        for function in list(self.on_change):
            function()


def thinned(records: list[Any], most: int) -> list[Any]:
    """Return at most `most` of some records, evenly, the last one among them."""
    if len(records) <= most:
        return records
    return [records[place] for place in np.linspace(0, len(records) - 1, most).astype(int).tolist()]


def _trainer_of(given: Network, settings: dict[str, Any]) -> Trainer:
    """Return a Trainer that goes on with a copy of a given network, with default settings."""
    if given.loss not in kernels.LABEL_LOSSES:
        raise InputError(f"The network's loss is {given.loss}, and the page is for classes: pass another model.")
    network = copied(given)
    return Trainer(network, settings["optimizer"], settings["learning_rate"], settings["batch_size"], settings["seed"])


def copied(network: Network) -> Network:
    """Return a copy of a network, which may be in training: the parameters may be from the middle of a step."""
    about: dict[str, Any] = {name: getattr(network, name) for name in ("weight_init", "dtype", "classes", "schema")}
    copy = Network(network.sizes, network.activation, network.loss, seed=None, **about)
    np.copyto(copy.params, network.params)
    return copy
