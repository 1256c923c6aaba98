"""A team of threads in one kernel, and chunks of samples shared by a pool."""

import _thread
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fastmlp.errors import InputError
from fastmlp.system.threads import CHUNKS_PER_TASK, LEAST_CHUNKS, Team, run_in_chunks, threads_for_chunks

N_CHUNKS = 10 * CHUNKS_PER_TASK + 3


def ours():
    """Return the running threads that a team or a pool of ours has started."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("fastmlp")]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_team_is_in_the_function_at_the_same_time(threads):
    everybody = threading.Barrier(threads)

    def meet(thread):
        everybody.wait(timeout=10)
        return 10**thread

    with Team(3) as team:
        for _ in range(3):
            assert team.call(meet, threads) == int("1" * threads)


def test_a_team_ends_its_threads():
    with Team(3) as team:
        team.call(lambda thread: thread, 3)
        threads = ours()
        assert len(threads) == 2
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.mark.parametrize("thread", [0, 1])
def test_an_error_in_any_thread_of_a_team_is_raised(thread):
    def fail(number):
        if number == thread:
            raise MemoryError("no room")
        return 0

    with Team(2) as team, pytest.raises(MemoryError, match="no room"):
        team.call(fail, 2)


@pytest.mark.usefixtures("interrupts")
def test_a_call_of_a_team_holds_ctrl_c_back_to_its_end():
    returned = set()

    def press(thread):
        if thread == 0:
            _thread.interrupt_main()
            time.sleep(0.05)
        else:
            time.sleep(0.1)
        returned.add(thread)
        return 0

    with Team(2) as team:
        with pytest.raises(KeyboardInterrupt):
            team.call(press, 2)
        assert returned == {0, 1}


def start_no_more_than(monkeypatch, n):
    """Let the system refuse to start a thread after `n`."""
    start, started = threading.Thread.start, []

    def limited(thread):
        if len(started) == n:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)


def test_a_team_that_can_not_be_started_leaves_no_thread(monkeypatch):
    start_no_more_than(monkeypatch, 2)
    with pytest.raises(InputError, match="No more than 3 of 5 threads can be started: pass fewer"):
        Team(5)
    for thread in ours():
        thread.join(timeout=10)
    assert not ours()


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
    assert run_in_chunks(n, 2, threads, call) == wanted
    assert sorted(called) == [start for start, _ in wanted]  # each chunk once
    assert not ours()


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
    running = []

    def call(chunk):
        running.append((chunk.start, threading.current_thread()))
        time.sleep(0.02 if chunk.start == 0 else 0)
        if chunk.start == 0:
            assert running == [(0, threading.main_thread())]
            assert not ours()

    run_in_chunks(N_CHUNKS, 1, 3, call)
    assert len(running) == N_CHUNKS


def test_threads_are_started_for_many_chunks_only(monkeypatch):
    monkeypatch.setattr("fastmlp.system.threads.cores", lambda: 4)
    assert threads_for_chunks(1, 10) == 1
    assert threads_for_chunks(2 * LEAST_CHUNKS * 10 - 1, 10) == 1
    assert threads_for_chunks(2 * LEAST_CHUNKS * 10, 10) == 2
    assert threads_for_chunks(10**9, 10) == 4


@pytest.mark.parametrize("wrong", [0, N_CHUNKS // 2, N_CHUNKS - 1])
def test_an_error_in_any_chunk_is_raised(wrong):
    def fail(chunk):
        if chunk.start == wrong:
            raise MemoryError("no room")

    for threads in (1, 2, 3):
        with pytest.raises(MemoryError, match="no room"):
            run_in_chunks(N_CHUNKS, 1, threads, fail)
        assert not ours()


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

    with pytest.raises(KeyboardInterrupt):
        run_in_chunks(10_000, 1, 2, call)
    assert len(called) < 100  # each thread ends its task at most
    assert not ours()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_is_heard_while_the_calling_thread_waits():
    begun = threading.Event()

    def call(chunk):
        if chunk.start == 1:
            assert threading.current_thread() is not threading.main_thread()
            begun.set()
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)
        elif chunk.start > 1:
            begun.wait(timeout=10)

    with pytest.raises(KeyboardInterrupt):
        run_in_chunks(5, 1, 2, call)
    assert not ours()


def test_chunks_say_that_no_thread_can_be_started(monkeypatch):
    start_no_more_than(monkeypatch, 0)
    with pytest.raises(InputError, match="2 threads can't be started: pass fewer samples at a time"):
        run_in_chunks(N_CHUNKS, 1, 2, lambda chunk: None)


def test_chunks_may_be_run_in_several_threads_at_once():
    with ThreadPoolExecutor(4) as pool:
        for results in pool.map(lambda _: run_in_chunks(N_CHUNKS, 1, 2, lambda chunk: chunk.start), range(50)):
            assert results == list(range(N_CHUNKS))
