"""A team of threads in one kernel, and chunks of samples shared by a pool."""

import _thread
import functools
import gc
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers.arrivals import by_ctrl_c, by_signal, by_thread
from helpers.threads import no_thread_is_left, start_no_more_than
from numba.core.errors import TypingError

from fastmlp.errors import InputError
from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.threads import barrier, first_barrier, new_arrivals
from fastmlp.system.threads import (
    CHUNKS_PER_TASK,
    LEAST_CHUNKS,
    Team,
    run_in_chunks,
    startable_threads,
    threads_for_chunks,
)

N_CHUNKS = 10 * CHUNKS_PER_TASK + 3


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_team_is_in_the_function_at_the_same_time(threads):
    everybody = threading.Barrier(threads)

    def meet(worker):
        everybody.wait(timeout=10)
        return worker.thread, worker.threads

    with Team(3) as team:
        for _ in range(3):
            assert team.call(meet, threads) == [(thread, threads) for thread in range(threads)]


def test_what_follows_is_called_once_by_the_calling_thread():
    with Team(3) as team:
        done = []
        team.call(lambda worker: worker.thread, 3, (lambda: done.append(_thread.get_ident()),))
        assert done == [_thread.get_ident()]


def test_a_team_ends_its_threads():
    with no_thread_is_left():
        with Team(3) as team:
            assert len({_thread.get_ident(), *team.call(lambda worker: _thread.get_ident(), 3)}) == 3
        Team(3)  # one that nobody closes


def test_a_failed_call_keeps_no_thread_and_no_array():
    def fail(worker):
        raise MemoryError("no room")

    gc.disable()
    try:
        with no_thread_is_left(), pytest.raises(MemoryError):
            Team(2).call(lambda worker: worker.thread and fail(worker), 2)
    finally:
        gc.enable()


@pytest.mark.parametrize("thread", [0, 1])
def test_an_error_in_any_thread_of_a_team_is_raised(thread):
    def fail(worker):
        if worker.thread == thread:
            raise MemoryError("no room")
        return 0

    with Team(2) as team, pytest.raises(MemoryError, match="no room"):
        team.call(fail, 2)


@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_is_raised_when_all_threads_have_returned():
    returned = set()

    def press(worker):
        if worker.thread == 0:
            _thread.interrupt_main()
        else:
            time.sleep(0.1)
        returned.add(worker.thread)

    with Team(2) as team:
        with pytest.raises(KeyboardInterrupt):
            team.call(press, 2)
        assert 1 in returned
        assert team.call(lambda worker: worker.thread, 2) == [0, 1]


@kernel
def _meet_often(times, counts, worker):
    """Count on each thread how often all have met."""
    if not first_barrier(worker):
        return -1
    for _ in range(times):
        counts[worker.thread] += 1
        barrier(worker)
    return counts[worker.thread]


def test_nobody_waits_in_a_kernel_for_a_thread_that_can_not_enter():
    """It lacks memory, say. Here it refuses its arguments."""
    counts = np.zeros(2, np.int64)

    def enter(absent, worker):
        return _meet_often(3, counts if worker.thread != absent else "nothing", worker)

    with Team(2) as team:
        assert team.call(functools.partial(enter, None), 2) == [3, 3]
        for absent in (0, 1):
            with pytest.raises(TypingError):
                team.call(functools.partial(enter, absent), 2)
            assert counts.tolist() == [3, 3]
        assert team.call(functools.partial(enter, None), 2) == [6, 6]
        assert new_arrivals().tolist() == [0] * 16


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("arrive", [by_signal, by_ctrl_c, by_thread])
def test_a_call_of_a_kernel_happens_as_a_whole_or_not_at_all(arrive):
    """Whenever an exception arrives in the calling thread."""
    rng, calls = random.Random(0), set()
    with no_thread_is_left():
        for number in range(30):
            counts, steps, team = np.zeros(2, np.int64), [], Team(2)
            meet = functools.partial(_meet_often, 5, counts)
            team.call(functools.partial(_meet_often, 0, counts), 1)

            def call(team=team, meet=meet, steps=steps):
                while True:
                    team.call(meet, 2, (functools.partial(steps.append, 5),))

            arrive(call, rng.uniform(0, 0.001 * (1 + number)))  # a busy machine needs the long ones
            assert counts.tolist() == [sum(steps)] * 2
            assert team.call(meet, 2) == [sum(steps) + 5] * 2
            team.close()
            calls.add(len(steps))
    assert max(calls) > 0


def test_a_team_that_can_not_be_started_leaves_no_thread(monkeypatch):
    start_no_more_than(monkeypatch, 2)
    message = "No more than 3 of 5 threads can be started: pass fewer"
    with no_thread_is_left(), pytest.raises(InputError, match=message):
        Team(5)


def test_a_team_may_be_smaller_if_fewer_threads_will_do(monkeypatch):
    start_no_more_than(monkeypatch, 2)
    with Team(5, 3) as team:
        assert team.threads == 3
        assert team.call(lambda worker: worker.thread, 3) == [0, 1, 2]
        assert startable_threads(4) == 0
        with pytest.raises(InputError, match="No more than 1 of 3"):
            Team(3, 2)


def test_startable_threads_are_those_wanted_or_fewer(monkeypatch):
    assert startable_threads(3) == 3
    start_no_more_than(monkeypatch, 2)
    assert startable_threads(3) == 2


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("n_chunks", [0, 1, 2, 3, CHUNKS_PER_TASK, N_CHUNKS])
def test_results_come_in_the_order_of_the_chunks(n_chunks, threads):
    called = []

    def call(chunk):
        called.append(chunk.start)
        time.sleep(chunk.start % 3 * 1e-4)
        return chunk.start, chunk.stop

    n = max(0, 2 * n_chunks - 1)
    wanted = [(start, start + 2) for start in range(0, n, 2)]
    with no_thread_is_left():
        assert run_in_chunks(n, 2, threads, call) == wanted
    assert sorted(called) == [start for start, _ in wanted]  # each chunk once


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("n_chunks", [LEAST_CHUNKS, N_CHUNKS])
def test_all_threads_work_on_the_chunks(n_chunks, threads):
    everybody, met = threading.Barrier(threads), set()

    def call(chunk):
        if chunk.start > 0 and threading.get_ident() not in met:
            met.add(threading.get_ident())
            everybody.wait(timeout=10)

    run_in_chunks(n_chunks, 1, threads, call)
    assert len(met) == threads
    assert threading.get_ident() in met


def test_the_calling_thread_runs_the_first_chunk_alone():
    """A kernel is compiled there, where Ctrl-C is heard."""
    running, before = [], _thread._count()

    def call(chunk):
        running.append((chunk.start, threading.get_ident()))
        time.sleep(0.02 if chunk.start == 0 else 0)
        if chunk.start == 0:
            assert running == [(0, threading.main_thread().ident)]
            assert _thread._count() <= before

    run_in_chunks(N_CHUNKS, 1, 3, call)
    assert len(running) == N_CHUNKS


def test_threads_are_started_for_many_chunks_only(monkeypatch):
    monkeypatch.setattr("fastmlp.system.threads.cores", lambda: 4)
    assert threads_for_chunks(1, 10) == 1
    assert threads_for_chunks(2 * LEAST_CHUNKS * 10 - 1, 10) == 1
    assert threads_for_chunks(2 * LEAST_CHUNKS * 10, 10) == 2
    assert threads_for_chunks(10**9, 10) == 4
    assert threads_for_chunks(10**9, 10, 2) == 2
    assert threads_for_chunks(10**9, 10, 6) == 6


@pytest.mark.parametrize("wrong", [0, N_CHUNKS // 2, N_CHUNKS - 1])
def test_an_error_in_any_chunk_is_raised(wrong):
    def fail(chunk):
        if chunk.start == wrong:
            raise MemoryError("no room")

    for threads in (1, 2, 3):
        with no_thread_is_left(), pytest.raises(MemoryError, match="no room"):
            run_in_chunks(N_CHUNKS, 1, threads, fail)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("presser", [0, 9_993])  # the calling thread runs the first chunk, then the last task
def test_ctrl_c_cancels_the_chunks_that_have_not_begun(presser):
    called = []

    def call(chunk):
        called.append(chunk)
        if chunk.start == presser:
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.001)

    with no_thread_is_left(), pytest.raises(KeyboardInterrupt):
        run_in_chunks(10_000, 1, 2, call)
    assert len(called) < 100  # each thread ends its task at most


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_is_heard_while_the_calling_thread_waits():
    begun = threading.Event()

    def call(chunk):
        if chunk.start == 1:
            assert threading.get_ident() != threading.main_thread().ident
            begun.set()
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)
        elif chunk.start > 1:
            begun.wait(timeout=10)

    with no_thread_is_left(), pytest.raises(KeyboardInterrupt):
        run_in_chunks(5, 1, 2, call)


@pytest.mark.parametrize("others", [0, 1])
def test_chunks_are_shared_by_the_threads_that_can_be_started(monkeypatch, others):
    start_no_more_than(monkeypatch, others)
    assert run_in_chunks(N_CHUNKS, 1, 3, lambda chunk: chunk.start) == list(range(N_CHUNKS))


def test_chunks_may_be_run_in_several_threads_at_once():
    with ThreadPoolExecutor(4) as pool:
        for results in pool.map(lambda _: run_in_chunks(N_CHUNKS, 1, 2, lambda chunk: chunk.start), range(50)):
            assert results == list(range(N_CHUNKS))
