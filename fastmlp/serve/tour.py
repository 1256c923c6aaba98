"""Tour: leads a session through one of the lecture's questions: it sets, trains, and computes the figures."""

import asyncio
from typing import Any

from fastmlp.errors import InputError, unknown_name
from fastmlp.serve.controls import changed
from fastmlp.serve.session import Session
from fastmlp.serve.tour_stops import STOPS, Lesson, Outcome, Stop
from fastmlp.serve.training import IDLE


def tour_to_json() -> list[dict[str, str]]:
    """Return the stops as the page lists them."""
    return [
        {"stop": name, "title": stop.title, "question": stop.question, "look": stop.look}
        for name, stop in STOPS.items()
    ]


class Tour:
    """The tour of one session; at most one stop runs at a time.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._task: asyncio.Task[None] | None = None

    def start(self, name: Any) -> None:
        """Start a stop in place of the running one; raise InputError if there is none of that name."""
        if not isinstance(name, str) or name not in STOPS:
            raise unknown_name("stop of the tour", name, STOPS)
        self.end()
        self._session.stop = name
        self._task = asyncio.create_task(self._lead(name, STOPS[name]))

    def end(self) -> None:
        """End the stop that is running, if one is; its training goes on."""
        session, self._task, task = self._session, None, self._task
        if session.stop is None:
            return
        if task is not None:
            task.cancel()
        self._say(session.stop, phase="ended")
        session.stop = None
        session.say_state()

    async def _lead(self, name: str, stop: Stop) -> None:
        """Go through a stop; a stop that fails says so, and the page goes on."""
        try:
            await self._go_through(name, stop)
        except (InputError, MemoryError) as error:
            self._session.complain(str(error) or "There is not enough memory.", "tour")
            self._give_up()

    def _give_up(self) -> None:
        self._task = None
        self.end()

    async def _go_through(self, name: str, stop: Stop) -> None:
        outcomes = []
        for lesson in stop.lessons:
            outcome = await self._train(name, lesson)
            if outcome is None:  # the training has told why
                self._give_up()
                return
            outcomes.append(outcome)
        self._say(name, phase="computing", progress=1.0, text="Computing the figures.")
        found = await asyncio.to_thread(stop.find, outcomes, self._session.data)
        self._session.stop = None
        self._say(name, phase="done", **found.to_json())
        self._session.say_state()

    async def _train(self, name: str, lesson: Lesson) -> Outcome | None:
        """Train a new network as a lesson says; return None if it did not come to its end."""
        session, something = self._session, asyncio.Event()
        defaults = {each: control.default for each, control in session.controls.items()}
        most = session.controls["train_samples"].high or 0
        wished = dict(lesson.settings)
        if "train_samples" in wished:
            wished["train_samples"] = min(wished["train_samples"], int(most))
        session.renew(changed(session.controls, defaults | {"seed": session.settings["seed"]}, wished))
        training, epochs = session.training, session.settings["epochs"]
        training.train()
        has_learned = False
        session.say_state()
        session.on_change.append(something.set)
        try:
            while training.run != IDLE:
                self._say(name, phase="training", progress=training.epoch / epochs, text=lesson.text)
                await something.wait()
                something.clear()
                last = training.last
                if last is not None and (last[2] or 0.0) >= lesson.until:
                    training.epochs, has_learned = last[0], True  # this epoch is the last one, or the next
        finally:
            session.on_change.remove(something.set)
        last = training.last
        if last is None or (training.epoch < epochs and not has_learned):
            return None
        session.view.update()
        return Outcome(session.view.own_copy(), last, dict(session.settings))

    def _say(self, name: str, **about: Any) -> None:
        message = {"type": "tour", "stop": name} | about
        self._session.last_tour = message if about["phase"] == "done" else None
        self._session.say(message)
