import contextlib
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the page needs fastmlp[serve]")
pytest.importorskip("websockets", reason="the page needs fastmlp[serve]")

from helpers.page_client import PageClient
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.page


@pytest.fixture
def join(server):
    """A function that connects to the server; at the end the server has printed nothing, and still answers."""
    clients = []

    def connect(**options):
        clients.append(PageClient(server.port, server.token, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()
    with PageClient(server.port, server.token) as last:
        last.send(type="clear", seq=1)
        last.wait("answer", seq=1)


@pytest.fixture(scope="module", autouse=True)
def _silent(server):
    yield
    seconds, status, said = server.end()
    assert status == 130
    assert seconds < 3
    assert [line for line in said.splitlines() if line.strip() and not line.startswith(("Compiling", "Ctrl-C"))] == []


def ends(client, code):
    """Read to the end of the connection, which must have this code and a sentence."""
    with pytest.raises(ConnectionClosed) as closed:
        client.wait("nothing")
    assert closed.value.rcvd.code == code
    assert code == 1009 or closed.value.rcvd.reason.endswith(".")


def start_anew(client):
    """End a training, whether it is running still or over."""
    client.send(type="reset")
    client.wait("state", run="idle", epoch=0)


def test_welcome_has_all_that_the_page_needs(join):
    client = join(settings={"hidden": [8], "colour": "red", "seed": 5, "batch_size": -1})
    welcome = client.welcome
    assert not welcome["resumed"]
    assert welcome["data"]["can_draw"]
    assert len(welcome["controls"]) == 13
    assert welcome["limits"]["message_bytes"] == 65536
    assert [each["stop"] for each in welcome["tour"]] == ["neurons", "noise", "memory", "width"]
    found = {}
    while not {"state", "error", "frame"} <= found.keys():
        message = client.receive()
        found[message["type"]] = message
    assert found["state"]["settings"]["hidden"] == [8]
    assert found["state"]["settings"]["seed"] == 5


def test_a_whole_training_with_drawings(join):
    client = join(settings={"epochs": 30})
    client.send(type="train")
    epochs, ages = [], []
    pixels = np.zeros((70, 70), np.uint8)
    pixels[10:60, 33:38] = 255
    while True:
        client.draw(pixels, seq=7)
        message = client.receive()
        if message["type"] == "frame":
            epochs += [record[0] for record in message["records"]]
            ages.append(message["age"])
        if message["type"] == "state" and message["run"] == "idle" and message["trained"]:
            break
    while not epochs or epochs[-1] < 30:
        epochs += [record[0] for record in client.wait("frame")["records"]]
    assert epochs == list(range(1, 31))
    client.draw(pixels, seq=9)
    answer = client.wait("answer", seq=9)
    assert answer["answer"] == 1
    assert answer["arrays"]["image"].shape == (28, 28)


def test_the_rate_and_other_settings_are_moved_while_it_trains(join):
    client = join(settings={"epochs": 1000})
    client.send(type="train")
    client.wait_epoch(3)
    for rate in (0.5, 0.2, 1e-4):
        client.send(type="set", settings={"learning_rate": rate})
        assert client.wait("frame", rate=rate)["generation"] == 1
    for generation, hidden in enumerate(([8], [], [32, 16, 8]), start=2):
        client.send(type="set", settings={"hidden": hidden})
        state = client.wait("state", generation=generation)
        assert state["sizes"] == [784, *hidden, 10]
        assert client.wait("frame", generation=generation)
    start_anew(client)


def test_two_browsers_have_two_networks(join):
    one, two = (join(settings={"epochs": 1000, "hidden": [n]}) for n in (400, 300))  # slow enough
    for client in (one, two):
        client.send(type="train")
    for client, sizes in ((one, [784, 400, 10]), (two, [784, 300, 10])):
        state = client.wait("state", run="training")
        assert state["sizes"] == sizes
        client.wait_epoch(3)
    start_anew(one)
    before = two.wait("frame")["epoch"]
    while two.wait("frame")["epoch"] <= before:
        pass
    start_anew(two)


def test_a_lost_connection_comes_back_to_its_training(join, server):
    first = join(settings={"epochs": 1000, "seed": 3})
    first.send(type="pick", index=5)
    first.send(type="train")
    first.wait_epoch(2)
    first.socket.socket.close()  # without a goodbye
    time.sleep(0.3)
    again = join(session=first.session, settings={"seed": 77})
    assert again.welcome["resumed"]
    state = again.wait("state")
    assert state["settings"]["seed"] == 3
    assert state["run"] == "training"
    frame = again.wait("frame")
    assert [record[0] for record in frame["records"]] == list(range(1, len(frame["records"]) + 1))
    assert again.wait("answer")["index"] == 5
    start_anew(again)


def test_the_same_session_twice_ends_the_first_connection(join):
    first = join()
    second = join(session=first.session)
    ends(first, 4409)
    second.send(type="noise", seq=4)
    second.wait("answer", seq=4)


@pytest.mark.parametrize(
    "message", ["", "{}", '{"type": "train"}', '{"type": "hello"', b"", b"\x01\x08\x00\x00" + bytes(64), "[" * 4000]
)
def test_who_does_not_say_hello_first_is_sent_away(join, message):
    client = join(hello=False)
    client.socket.send(message)
    ends(client, 4408)


@pytest.mark.parametrize("session", [3, [], {}, "x" * 1000, "../../etc"])
@pytest.mark.parametrize("settings", [3, [], "x", {"hidden": [[]]}, {"x" * 1000: 1}])
def test_a_strange_hello_gets_a_new_session_with_the_default_settings(join, session, settings):
    client = join(session=session, settings=settings)
    assert not client.welcome["resumed"]
    assert client.wait("state")["settings"]["hidden"] == [16, 16]
    assert client.wait("error")["message"]


def test_garbage_is_answered_and_does_no_harm(join):
    client, rng = join(), np.random.default_rng(0)
    for _ in range(60):
        client.socket.send(rng.bytes(int(rng.integers(0, 3000))))
        client.socket.send(rng.bytes(int(rng.integers(0, 300))).decode("latin-1"))
    client.send(type="noise", seq=8)
    client.wait("answer", seq=8)


def test_a_huge_message_ends_its_connection_only(join):
    other = join()
    for message in (bytes(1 << 17), "x" * (1 << 17), b"\x01" * (1 << 22)):
        client = join()
        with contextlib.suppress(ConnectionClosed):  # here or below
            client.socket.send(message)
        ends(client, 1009)
    other.send(type="noise", seq=8)
    other.wait("answer", seq=8)


def test_a_flood_ends_its_connection_only(join):
    other, client = join(), join()
    with contextlib.suppress(ConnectionClosed):  # here or below
        for _ in range(3000):
            client.send(type="clear")
    ends(client, 4429)
    other.send(type="noise", seq=8)
    other.wait("answer", seq=8)


def test_a_page_that_reads_nothing_costs_no_memory_and_gets_the_newest(join, server):
    client = join(settings={"epochs": 1000, "hidden": [512]})
    client.send(type="train")
    client.wait_epoch(1)
    time.sleep(4)  # it reads nothing; the outbox keeps one message of a kind
    client.send(type="pause")
    frames = []
    while True:
        message = client.receive()
        if message["type"] == "frame":
            frames.append(message)
        if message["type"] == "state" and message["run"] == "paused":
            break
    epochs = [record[0] for frame in frames for record in frame["records"]]
    assert epochs == list(range(epochs[0], epochs[0] + len(epochs)))
    assert json.dumps(client.welcome["limits"])


def resident(pid):
    """Megabytes of memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_memory_stays_flat_while_it_trains(join, server):
    client = join(settings={"epochs": 1000})
    client.send(type="noise")
    client.send(type="train")

    def read(seconds):
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            message = client.receive()
            if message["type"] == "state" and message["run"] == "idle":
                client.send(type="reset")
                client.send(type="train")

    read(15)
    before = resident(server.process.pid)
    read(45)
    assert resident(server.process.pid) - before < 10
    client.send(type="pause")


@pytest.mark.page
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux")
def test_frames_and_answers_take_less_than_a_tenth_of_a_core_and_are_in_time(join, server):
    """The thread of the event loop is all that the page takes from the training."""
    client = join(settings={"epochs": 1000, "hidden": [512]})
    client.send(type="noise")
    client.send(type="train")
    client.wait_epoch(1)

    def seconds():
        fields = (
            Path(f"/proc/{server.process.pid}/task/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before, started, ages, delays = seconds(), time.perf_counter(), [], []
    for seq in range(1, 200):
        asked = time.perf_counter()
        client.send(type="noise", seq=seq)
        while (message := client.receive()).get("seq") != seq:
            if message["type"] == "frame" and message["records"]:
                ages.append(message["age"])
        delays.append(time.perf_counter() - asked)
        time.sleep(0.02)
    assert (seconds() - before) / (time.perf_counter() - started) < 0.2  # with 40 answers a second on top
    assert np.median(ages) < 0.1
    assert np.median(delays) < 0.05
    start_anew(client)
