import os
import stat

import pytest

from fastmlp.serve import security
from fastmlp.serve.security import Guard, Rate, policy, token_of_user


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setattr(security, "user_cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def test_the_token_stays_and_only_the_user_can_read_it(cache):
    token = token_of_user()
    assert len(token) >= 32
    assert token_of_user() == token
    if os.name == "posix":
        assert stat.S_IMODE((cache / security.TOKEN_FILE).stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="other rights")
def test_a_token_that_others_may_have_read_is_replaced(cache):
    token = token_of_user()
    (cache / security.TOKEN_FILE).chmod(0o644)
    assert token_of_user() != token
    assert stat.S_IMODE((cache / security.TOKEN_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "short", "x" * 31, "é" * 40, "a b" * 20, "../" * 20])
def test_a_damaged_token_is_replaced(cache, content):
    cache.mkdir()
    (cache / security.TOKEN_FILE).write_text(content)
    (cache / security.TOKEN_FILE).chmod(0o600)
    assert token_of_user() != content
    assert len(token_of_user()) >= 32


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_token_is_not_written_through_a_link(cache, tmp_path):
    cache.mkdir()
    (tmp_path / "other").write_text("x" * 40)
    (tmp_path / "other").chmod(0o600)
    (cache / security.TOKEN_FILE).symlink_to(tmp_path / "other")
    assert token_of_user() != "x" * 40
    assert (tmp_path / "other").read_text() == "x" * 40


def test_without_a_place_to_keep_it_the_token_is_a_new_one(monkeypatch, tmp_path):
    monkeypatch.setattr(security, "user_cache", lambda: None)
    assert token_of_user() != token_of_user()
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(security, "user_cache", lambda: tmp_path / "file")
    assert token_of_user() != token_of_user()


def test_hosts_of_other_names_are_strangers():
    guard = Guard("t" * 32, 8784)
    assert guard.knows_host({"host": "127.0.0.1:8784"})
    assert guard.knows_host({"host": "localhost:8784"})
    for host in ("127.0.0.1", "127.0.0.1:80", "evil.example:8784", "127.0.0.1:8784.evil.example", "", "0.0.0.0:8784"):
        assert not guard.knows_host({"host": host})
    assert not guard.knows_host({})


def test_only_pages_of_this_server_and_programs_may_open_a_websocket():
    guard = Guard("t" * 32, 8784)
    host = {"host": "127.0.0.1:8784"}
    assert guard.is_same_origin(host)
    assert guard.is_same_origin(host | {"origin": "http://127.0.0.1:8784"})
    for origin in ("http://localhost:8784", "https://127.0.0.1:8784", "http://evil.example", "null", ""):
        assert not guard.is_same_origin(host | {"origin": origin})


def test_a_token_is_right_as_a_whole():
    guard = Guard("t" * 32, 8784)
    assert guard.knows_token({"token": "t" * 32})
    for token in ("", "t" * 31, "t" * 33, "T" * 32, "é"):
        assert not guard.knows_token({"token": token})
    assert not guard.knows_token({})


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    sources = policy("127.0.0.1:1")["Content-Security-Policy"]
    assert "default-src 'none'" in sources
    assert "unsafe" not in sources
    assert "*" not in sources
    assert "frame-ancestors 'none'" in sources


def test_a_rate_allows_bursts_and_then_the_average(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(security.time, "monotonic", lambda: now[0])
    rate = Rate(10, 5)
    assert [rate.allows_one() for _ in range(6)] == [True] * 5 + [False]
    now[0] += 0.35
    assert [rate.allows_one() for _ in range(4)] == [True, True, False, False]
    now[0] += 1000
    assert [rate.allows_one() for _ in range(6)] == [True] * 5 + [False]
