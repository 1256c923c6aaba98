import signal
import socket

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the page needs fastmlp[serve]")
pytest.importorskip("uvicorn", reason="the page needs fastmlp[serve]")
pytest.importorskip("websockets", reason="the page needs fastmlp[serve]")

from helpers.page_client import PageClient
from websockets.exceptions import ConnectionClosed

from fastmlp.errors import InputError
from fastmlp.serve.server import HOST, PORT, TRIES, open_port


def test_a_port_is_of_this_machine_alone_and_sends_at_once():
    with open_port(0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert bound.proto == socket.IPPROTO_TCP


def test_a_used_port_is_one_sentence():
    with open_port(0) as bound:
        number = bound.getsockname()[1]
        with pytest.raises(InputError, match=rf"^Port {number} can't be used .*--port\.$"):
            open_port(number)


def test_without_a_port_the_next_free_one_is_taken():
    with open_port(None) as first, open_port(None) as second:
        assert first.getsockname()[1] != second.getsockname()[1]
        assert {PORT, *range(PORT, PORT + TRIES)} >= {first.getsockname()[1]} or first.getsockname()[1] > 0


def test_the_server_listens_to_this_machine_alone():
    assert HOST == "127.0.0.1"


@pytest.mark.page
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_soon_in_the_middle_of_a_training(make_server, digits, number):
    server = make_server("--data", digits)
    with PageClient(server.port, server.token, settings={"epochs": 1000, "hidden": [512, 512]}) as client:
        client.send(type="train")
        client.wait_epoch(1)
        seconds, status, said = server.end(number)
        with pytest.raises(ConnectionClosed) as closed:
            client.wait("nothing")
    assert closed.value.rcvd.code in (1001, 1012)
    assert seconds < 2  # 0.5 s on a machine with nothing else to do
    assert status == (130 if number == signal.SIGINT else -signal.SIGTERM)
    assert "Traceback" not in said


@pytest.mark.page
def test_it_ends_while_kernels_are_compiled(make_server, digits, tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "empty"))
    server = make_server("--data", digits)
    with PageClient(server.port, server.token, settings={"dropout": 0.5, "optimizer": "adam"}) as client:
        client.send(type="train")
        client.wait("state", run="preparing")
        client.draw(np.full((20, 20), 255, np.uint8), seq=3)
        client.wait("answer", timeout=10, seq=3)  # the page goes on meanwhile
        seconds, _, said = server.end()
    assert seconds < 4
    assert "Traceback" not in said


@pytest.mark.page
def test_a_page_connects_again_to_a_server_that_was_restarted(make_server, digits, tmp_path):
    first = make_server("--data", digits, home=tmp_path)
    client = PageClient(first.port, first.token)
    client.close()
    first.end()
    second = make_server("--data", digits, "--port", first.port, home=tmp_path)
    assert second.token == first.token
    with PageClient(second.port, first.token, session=client.session, settings={"seed": 4}) as client:
        assert not client.welcome["resumed"]
        client.wait("state")
