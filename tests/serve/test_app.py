import http.client
import json
import threading
from contextlib import contextmanager

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the page needs fastmlp[serve]")
pytest.importorskip("uvicorn", reason="the page needs fastmlp[serve]")
pytest.importorskip("websockets", reason="the page needs fastmlp[serve]")

from helpers.page_client import PageClient
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fastmlp.network.model_file import load_network
from fastmlp.serve import app as module
from fastmlp.serve.app import PageServer
from fastmlp.serve.security import Guard
from fastmlp.serve.server import Server, open_port
from fastmlp.serve.wire import unpacked

pytestmark = pytest.mark.page

TOKEN = "t" * 40


class Live:
    """A server in a thread of this process, and requests to it."""

    def __init__(self, data):
        bound = open_port(0)
        self.port = bound.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.page = PageServer(data, Guard(TOKEN, self.port))
        started = threading.Event()
        self._server = Server(self.page, started.set)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [bound]})
        self._thread.start()
        assert started.wait(30)

    def end(self):
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()

    def get(self, path, method="GET", **headers):
        """An answer, with `content`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in ({"host": self.host} | headers).items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            answer.content = answer.read()
            return answer
        finally:
            connection.close()

    @contextmanager
    def socket(self, token=TOKEN, **options):
        """The websocket of a page that has said hello."""
        with PageClient(self.port, token, **options) as client:
            yield client


@pytest.fixture
def live(image_data):
    live = Live(image_data)
    yield live
    live.end()


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page of three files in place of the real one, and a file beside it."""
    folder = tmp_path / "page"
    (folder / "deep").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the page</title>")
    (folder / "main.js").write_text("export {}")
    (folder / "deep" / "more.css").write_text("p {}")
    (folder / "secret.py").write_text("x")
    (tmp_path / "beside.js").write_text("x")
    (folder / "link.js").symlink_to(tmp_path / "beside.js")
    monkeypatch.setattr(module, "PAGE", folder)


def test_the_page_needs_the_token_and_its_modules_do_not(live, page):
    assert b"the page" in live.get(f"/?token={TOKEN}").content
    for query in ("", "?token=", "?token=wrong", f"?token={TOKEN}x", "?token=%00", "?token=%ff", f"?Token={TOKEN}"):
        answer = live.get(f"/{query}")
        assert answer.status == 403
        assert b"fastmlp serve" in answer.content
    assert live.get("/page/main.js").headers["content-type"].startswith("text/javascript")
    assert live.get("/page/deep/more.css").headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "path",
    ["secret.py", "../beside.js", "%2e%2e/beside.js", "..%2fbeside.js", "link.js", "none.js", "", "deep", "%00.js",
     "/etc/passwd", "x" * 5000 + ".js", "..\\beside.js"],
)  # fmt: skip
def test_nothing_but_the_files_of_the_page_is_served(live, page, path):
    assert live.get(f"/page/{path}").status == 404


def test_each_answer_has_the_policy(live, page):
    for path in ("/", f"/?token={TOKEN}", "/page/main.js", "/nowhere", f"/images?token={TOKEN}", "/ws"):
        answer = live.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'"), path
        assert f"ws://{live.host}" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_another_host_s_name_is_refused(live, page):
    for host in ("evil.example", "127.0.0.1:80", f"{live.host}.evil.example"):
        answer = live.get(f"/?token={TOKEN}", host=host)
        assert answer.status == 403
        assert host not in answer.headers["content-security-policy"]
        assert live.get("/page/main.js", host=host).status == 403


def test_other_methods_are_refused(live, page):
    assert live.get(f"/?token={TOKEN}", "POST").status == 405
    assert live.get("/page/main.js", "PUT").status == 405


def test_images_can_be_picked_by_class(live, image_data):
    header, arrays = unpacked(live.get(f"/images?token={TOKEN}&start=2&count=5&label=3").content)
    rows = np.flatnonzero(image_data.labels == 3)
    assert header["indices"] == rows[2:7].tolist()
    assert header["labels"] == [3] * 5
    assert header["total"] == len(rows)
    assert header["answers"] is None
    np.testing.assert_array_equal(arrays["images"], image_data.pictures(rows[2:7]))


def test_numbers_in_the_address_are_checked(live):
    for query in ("start=x", "start=-1", "count=1e3", "label=", "start=" + "9" * 30, "start=%C2%B2"):
        answer = live.get(f"/images?token={TOKEN}&{query}")
        assert answer.status == 400, query
        assert answer.content.endswith(b"is no whole number.")


def test_many_images_are_a_hundred_and_none_is_none(live):
    assert len(unpacked(live.get(f"/images?token={TOKEN}&count=5000").content)[0]["indices"]) == 100
    for query in ("start=400", "label=77", "count=0"):
        assert unpacked(live.get(f"/images?token={TOKEN}&{query}").content)[1]["images"].shape == (0, 28, 28)
    assert live.get("/images").status == 403


@pytest.mark.page
def test_the_images_that_a_session_s_network_gets_wrong(live):
    with live.socket() as client:
        header, _ = unpacked(live.get(f"/images?token={TOKEN}&session={client.session}&wrong=1").content)
        assert header["total"] > 100
        assert all(said != label for said, label in zip(header["answers"], header["labels"], strict=True))


def test_the_network_can_be_downloaded(live, image_data, tmp_path):
    with live.socket() as client:
        answer = live.get(f"/model.safetensors?token={TOKEN}&session={client.session}")
        assert 'filename="' in answer.headers["content-disposition"]
        (tmp_path / "model.safetensors").write_bytes(answer.content)
        network = load_network(tmp_path / "model.safetensors")
        assert network.sizes == (784, 16, 16, 10)
        assert network.schema == image_data.schema
        assert live.get(f"/model.safetensors?session={client.session}").status == 403
    assert live.get(f"/model.safetensors?token={TOKEN}&session=none").status == 404


def test_health_says_how_many_sessions_there_are(live):
    with live.socket():
        assert json.loads(live.get(f"/health?token={TOKEN}").content)["sessions"] == 1
    assert live.get("/health").status == 403


def test_a_stranger_gets_no_websocket(live):
    for token, options in (
        ("wrong", {}),
        ("", {}),
        (TOKEN, {"origin": "http://evil.example"}),
        (TOKEN, {"origin": "null"}),
        (TOKEN, {"origin": f"https://{live.host}"}),
        ("wrong", {"origin": f"http://{live.host}"}),
    ):
        with pytest.raises(InvalidStatus) as refused, live.socket(token, **options):
            pass
        assert refused.value.response.status_code == 403
    with live.socket(origin=f"http://{live.host}") as client:
        assert client.welcome["type"] == "welcome"
    assert len(live.page.sessions) == 1


def test_too_many_clients_are_told_so(live, monkeypatch):
    monkeypatch.setattr(module, "MOST_CLIENTS", 1)
    with live.socket():
        with live.socket(hello=False) as second, pytest.raises(ConnectionClosed) as closed:
            second.receive()
        assert closed.value.rcvd.code == 4429
        assert closed.value.rcvd.reason.endswith(".")
    for _ in range(50):  # the end of the first one is noted soon
        try:
            with live.socket() as third:
                assert third.welcome["type"] == "welcome"
                return
        except ConnectionClosed:
            pass
    pytest.fail("the first client still counts")
