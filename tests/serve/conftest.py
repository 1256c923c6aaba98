"""Servers of the page in processes of their own, and a real browser with a page of it."""

import asyncio
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def mnist_or_drawn(digits):
    """The name of MNIST where it is on this machine, else the folder of drawn digits."""
    from fastmlp.datasets import find_dataset

    return "mnist" if find_dataset("mnist") else digits


@pytest.fixture(scope="session")
def image_data(digits):
    """The small set of drawn digits, as the page has it."""
    from fastmlp.datasets import load_dataset
    from fastmlp.serve.image_data import ImageData

    return ImageData(load_dataset(digits))


@pytest.fixture
def in_loop():
    """A function that runs a coroutine function in an event loop of its own, for at most a minute."""

    def run(function):
        async def timed():
            async with asyncio.timeout(60):
                return await function()

        return asyncio.run(timed())

    return run


@pytest.fixture(scope="session")
def make_server(tmp_path_factory):
    """A function that starts `fastmlp serve` with some options; all servers end with the tests.

    With `port` and the same `home` as an earlier one, a server has the token of that one.
    """
    pytest.importorskip("uvicorn", reason="the page needs fastmlp[serve]")
    pytest.importorskip("starlette", reason="the page needs fastmlp[serve]")
    pytest.importorskip("websockets", reason="the page needs fastmlp[serve]")
    from helpers.page_client import ServerProcess

    servers = []

    def start(*options, home=None):
        servers.append(ServerProcess(*options, cache=home or tmp_path_factory.mktemp("home")))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


@pytest.fixture(scope="module")
def server(make_server, digits):
    """A server with the small set of drawn digits."""
    server = make_server("--data", digits)
    yield server
    server.end()


@pytest.fixture(scope="module")
def mnist_server(make_server, mnist_or_drawn):
    """A server with MNIST where it is on this machine, else with drawn digits."""
    server = make_server("--data", mnist_or_drawn)
    yield server
    server.end()


@pytest.fixture(scope="session")
def browser():
    """Chromium, without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="needs Playwright's client")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """A function that opens an address in a browser of its own, and returns the page.

    Options are those of Playwright's `new_context`: viewport, has_touch, color_scheme. At the end of the test no page
    may have errors in its console, or have asked another host for anything, but for what `page.forgiven` (a list of
    parts of messages, empty at first) names.
    """
    contexts, problems = [], []

    def open_address(address, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.forgiven = []
        host = address.split("/")[2] if address.startswith("http") else None

        def note(text):
            problems.append((page, text))

        page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: note(str(error)))
        page.on("request", lambda request: None if _is_own(request.url, host) else note(f"asked {request.url}"))
        page.goto(address)
        return page

    yield open_address
    left = [text for page, text in problems if not any(part in text for part in page.forgiven)]
    for context in contexts:
        context.close()
    assert left == []


def _is_own(url, host):
    """Whether a URL is of the page's own host, or of none."""
    return url.startswith(("data:", "blob:", "file:", "about:")) or url.split("/")[2] == host
