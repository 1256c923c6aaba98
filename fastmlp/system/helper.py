"""Helper: a thread of the operating system that calls the functions it is given.

A thread of `threading` would be none where gevent or eventlet has replaced the parts of `threading` and `queue`: it
would only run while the calling thread waits, and a kernel that waits for it would wait for ever. The functions used
here are those that Python has in C, whatever was replaced.

The thread ends when it is told to, or when nothing refers to its Helper any more: so no exception can leave it over.
"""

import _thread
import functools
import weakref
from _queue import SimpleQueue  # gevent replaces `queue.SimpleQueue`
from collections.abc import Callable, Iterator
from importlib.machinery import BuiltinImporter
from importlib.util import module_from_spec
from types import BuiltinFunctionType
from typing import Any, NamedTuple

Answers = SimpleQueue


Answer = tuple[Any, BaseException | None]
"""The result of a call, or the exception that it raised."""


class NoThreadError(Exception):
    """There is no thread to be had from the system."""


class _Call(NamedTuple):
    function: Callable[[], Any]
    answers: "Answers[Answer]"
    failed: Callable[[], Any]


class Helper:
    """A thread that calls the functions it is given, one after the other.

    Raises
    ------
    NoThreadError
        The system can't start a thread.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[Any] = SimpleQueue()
        end_with_me = weakref.ref(self, self._calls.put)  # `put` is written in C: it can't be interrupted
        news: SimpleQueue[BaseException | None] = SimpleQueue()
        work = _work(self._calls, end_with_me, news)
        next(work)
        try:
            _system_start()(next, (work, None))
        except RuntimeError as error:
            if "new thread" not in str(error):  # not Python's own, but what a signal handler has raised
                raise
            raise NoThreadError from None
        meant_for_me = news.get()
        if isinstance(meant_for_me, MemoryError | SystemError):  # Python 3.11 raises the latter for lack of memory
            raise NoThreadError from None
        if meant_for_me is not None:
            raise meant_for_me

    def asking(
        self, function: Callable[[], Any], answers: "Answers[Answer]", failed: Callable[[], Any] = int
    ) -> Callable[[], None]:
        """Return a function for `in_one_step` that lets the thread call `function`, and put an Answer in `answers`.

        If `function` raises, the thread calls `failed`, which should be written in C: there may be no memory.
        """
        return functools.partial(self._calls.put, _Call(function, answers, failed))

    @property
    def end(self) -> Callable[[], None]:
        """A function for `in_one_step` that ends the thread after the calls it was asked for."""
        return functools.partial(self._calls.put, None)


def _work(calls: "SimpleQueue[Any]", end: Any, news: "SimpleQueue[BaseException | None]") -> Iterator[None]:
    """Run the calls of a thread, or say why that is not possible.

    A generator that has begun is inside `try` when the thread takes its first step. Until then, Python 3.11 takes the
    new thread for the one that starts it, and can give it what another thread raises in that one
    (`PyThreadState_SetAsyncExc`). It is passed on.
    """
    try:
        yield
        functools.partial(_run, calls, news)()  # through C: Python 3.11's own call breaks where there is no memory
    except BaseException as error:
        news.put(error)


def _run(calls: "SimpleQueue[Any]", news: "SimpleQueue[BaseException | None]") -> None:
    """Say that the thread runs; run the calls until something else arrives.

    A plain function: it has the memory for the functions that it calls from the start, as a generator has not.
    """
    news.put(None)
    while isinstance(call := calls.get(), _Call):
        try:
            answer: Answer = call.function(), None
        except BaseException as error:  # or the caller would wait for ever
            call.failed()
            answer = None, error
        call.answers.put(answer)
        del call, answer  # what they refer to may be the Helper itself


def _system_start() -> Callable[..., int]:
    """Return Python's own function that starts a thread, also where another one stands in its place."""
    if isinstance(_thread.start_new_thread, BuiltinFunctionType):
        return _thread.start_new_thread
    return _unpatched_start()


@functools.cache
def _unpatched_start() -> Callable[..., int]:
    """Return the function from a new copy of the module; the one in use has been changed."""
    spec = BuiltinImporter.find_spec("_thread")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    start: Callable[..., int] = module.start_new_thread
    return start
