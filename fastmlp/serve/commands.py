"""Commands: what each message of the page does to its session."""

import asyncio
from typing import Any

import numpy as np

from fastmlp.errors import InputError, unknown_name
from fastmlp.serve.neuron import check_neuron, describe_neuron
from fastmlp.serve.session import Session
from fastmlp.serve.shown_image import blank_image, drawn_image, noise_image, picked_image
from fastmlp.serve.tour import Tour
from fastmlp.serve.wire import is_whole, packed, read_drawing, read_text

ABOUT = {"set": "settings", "reset": "settings", "train": "training", "step": "training", "pause": "training"}
"""The subject of an error, by the type of the message; for others it is the type."""


class Commands:
    """The commands of one connection.

    Parameters
    ----------
    session : Session
    tour : Tour
    """

    def __init__(self, session: Session, tour: Tour) -> None:
        self._session, self._tour = session, tour
        self._rng = np.random.default_rng()
        self._known = {
            "set": self._set,
            "train": self._train,
            "pause": self._pause,
            "step": self._step,
            "reset": self._reset,
            "clear": self._clear,
            "noise": self._noise,
            "tour": self._tour_stop,
        }
        self._slow = {"pick": self._pick, "neuron": self._neuron}

    async def obey(self, message: str | bytes) -> None:
        """Do what a message says; a message that is wrong is answered by a sentence."""
        about = "message"
        try:
            if isinstance(message, bytes):
                about, drawing = "message", read_drawing(message)
                self._session.show(drawn_image(self._session.data, drawing.pixels, drawing.seq))
                return
            told = read_text(message)
            kind = told["type"]
            about = ABOUT.get(kind, kind if kind in self._slow or kind == "tour" else "message")
            if kind in self._known:
                self._known[kind](told)
            elif kind in self._slow:
                await self._slow[kind](told)
            else:
                raise unknown_name("message", kind, [*self._known, *self._slow])
        except InputError as error:
            self._session.complain(error, about)
        except MemoryError:
            self._session.complain("There is not enough memory for this: choose smaller layers.", about)

    # ---- the network -------------------------------------------------------------------------------------------------

    def _set(self, told: dict[str, Any]) -> None:
        self._tour.end()
        try:
            self._session.change(told.get("settings"))
        finally:
            self._session.say_state()

    def _train(self, told: dict[str, Any]) -> None:
        self._tour.end()
        self._session.training.train()
        self._session.say_state()

    def _pause(self, told: dict[str, Any]) -> None:
        self._session.training.pause()
        self._session.say_state()

    def _step(self, told: dict[str, Any]) -> None:
        self._tour.end()
        self._session.training.train(one_epoch=True)
        self._session.say_state()

    def _reset(self, told: dict[str, Any]) -> None:
        control, settings = self._session.controls["seed"], self._session.settings
        seed = told.get("seed")
        if seed is None:
            seed = (settings["seed"] + 1) % (int(control.high or 0) + 1)
        seed = control.checked(seed)
        self._tour.end()
        self._session.renew(settings | {"seed": seed})

    def _tour_stop(self, told: dict[str, Any]) -> None:
        stop = told.get("stop")
        if stop is None:
            self._tour.end()
            self._session.training.pause()
            self._session.say_state()
        else:
            self._tour.start(stop)

    # ---- the image ---------------------------------------------------------------------------------------------------

    def _clear(self, told: dict[str, Any]) -> None:
        self._session.show(blank_image(self._session.data, _seq(told)))

    def _noise(self, told: dict[str, Any]) -> None:
        self._session.show(noise_image(self._session.data, self._rng, _seq(told)))

    async def _pick(self, told: dict[str, Any]) -> None:
        session, index = self._session, told.get("index")
        if index is None:
            rows = np.arange(len(session.data.seen))
            if told.get("wrong"):
                rows = (await session.wrong())[1]
            if told.get("label") is not None:
                rows = rows[session.data.labels[rows] == told["label"]] if is_whole(told["label"]) else rows[:0]
            if not len(rows):
                raise InputError("There is no such test image: choose another class, or any image.")
            index = int(self._rng.choice(rows))
        session.show(picked_image(session.data, index, _seq(told)))

    async def _neuron(self, told: dict[str, Any]) -> None:
        session = self._session
        generation, outbox = session.generation, session.outbox
        neuron = check_neuron(session.view.network, told.get("layer"), told.get("unit"))
        session.view.update()
        x = None if session.image is None else session.image.x
        about, arrays = await asyncio.to_thread(describe_neuron, session.view.own_copy(), session.data, *neuron, x)
        if outbox is not None:
            header = {"type": "neuron", "generation": generation, "seq": _seq(told)} | about
            outbox.put("neuron", packed(header, arrays))


def _seq(told: dict[str, Any]) -> int | None:
    """Return the number of a message, if it has one."""
    seq = told.get("seq")
    return seq if is_whole(seq) else None
