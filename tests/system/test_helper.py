"""A thread of the system that calls the functions it is given."""

import _thread
import functools
import gc
import importlib.util
import subprocess
import sys
import weakref

import pytest
from helpers.threads import no_thread_is_left

from fastmlp.system.helper import Answers, Helper, NoThreadError


def ask(helper, function):
    answers = Answers()
    helper.asking(function, answers)()
    return answers.get()


def test_it_calls_functions_in_a_thread_of_its_own_one_after_the_other():
    with no_thread_is_left():
        helper, answers, done = Helper(), Answers(), []
        for n in range(20):
            helper.asking(lambda n=n: done.append(n), answers)()
        assert ask(helper, _thread.get_ident)[0] != _thread.get_ident()
        assert done == list(range(20))
        helper.end()


def test_what_a_function_raises_is_an_answer_and_the_thread_goes_on():
    def leave():
        raise SystemExit("now")

    helper = Helper()
    result, error = ask(helper, leave)
    assert result is None
    assert isinstance(error, SystemExit)
    assert ask(helper, lambda: 5) == (5, None)


def test_the_thread_ends_when_nothing_refers_to_the_helper():
    with no_thread_is_left():
        helper = Helper()
        ask(helper, functools.partial(id, helper))  # the thread does not keep what it has called
        gone = weakref.ref(helper)
        gc.disable()  # nor is there a circle
        try:
            del helper
            ask(Helper(), int)
            assert gone() is None
        finally:
            gc.enable()


def test_it_is_a_thread_where_something_else_stands_in_place_of_threads(monkeypatch):
    monkeypatch.setattr(_thread, "start_new_thread", lambda *_: pytest.fail("a thread that is none"))
    with no_thread_is_left():
        assert ask(Helper(), _thread.get_ident)[0] != _thread.get_ident()


@pytest.mark.parametrize(
    ("message", "raised"), [("can't start new thread", NoThreadError), ("what a handler raises", RuntimeError)]
)
def test_no_thread_is_told_from_what_a_signal_handler_raises(monkeypatch, message, raised):
    def fail(*_):
        raise RuntimeError(message)

    monkeypatch.setattr("fastmlp.system.helper._system_start", lambda: fail)
    with pytest.raises(raised):
        Helper()


PATCHES = {
    "gevent": "from gevent import monkey; monkey.patch_all()",
    "eventlet": "import warnings; warnings.simplefilter('ignore'); import eventlet; eventlet.monkey_patch()",
}
MEET = """
from _queue import SimpleQueue
from fastmlp.system.threads import Team, run_in_chunks
here, there = SimpleQueue(), SimpleQueue()

def meet(worker):  # each waits for the other, and nothing else runs in its thread meanwhile
    mine, other = (here, there) if worker.thread == 0 else (there, here)
    other.put(worker.thread)
    return mine.get(timeout=10)

with Team(2) as team:
    print(team.call(meet, 2), len(run_in_chunks(1000, 1, 3, lambda chunk: chunk)))
"""


TRAIN = """
import sys, tempfile
from fastmlp import Augmentation, Network, Trainer
from fastmlp.datasets import Dataset, Split
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.explore.lab import Lab
from fastmlp.sweep import SweepConfig, run_sweep
train, test = Split(*draw_digits(400)), Split(*draw_digits(100, stream="test"))
for augmentation in (Augmentation(), Augmentation(shift=1)):
    network = Network((784, 16, 10))
    trainer = Trainer(network, threads=2, batch_size=40, augmentation=augmentation)
    trainer.fit(*train, epochs=2, validation=0.2)
print(len(Network((784, 600, 10)).predict(train.X, threads=2)))
data = Dataset("few", train, test, tuple("0123456789"), (28, 28))
config = SweepConfig({"width": [16, 8], "batch_size": 40, "epochs": 2})
print(run_sweep(config, tempfile.mkdtemp(), jobs=2, data=data, report=False, show=False).trained)
print(len(Lab(data).map(lambda n: n, range(3))))
"""


@pytest.mark.slow
@pytest.mark.parametrize("patch", PATCHES)
def test_trainings_and_sweeps_end_after_monkey_patching(patch):
    if importlib.util.find_spec(patch) is None:
        pytest.skip(f"{patch} is not installed")
    command = [sys.executable, "-c", PATCHES[patch] + TRAIN]
    output = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert output.stdout == "400\n2\n3\n", output.stderr


@pytest.mark.parametrize("patch", PATCHES)
def test_the_threads_of_a_team_meet_after_monkey_patching(patch):
    if importlib.util.find_spec(patch) is None:
        pytest.skip(f"{patch} is not installed")
    command = [sys.executable, "-c", PATCHES[patch] + MEET]
    output = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert output.stdout == "[1, 0] 1000\n", output.stderr
