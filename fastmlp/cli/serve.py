"""The command `fastmlp serve`."""

from typing import TYPE_CHECKING

import click

from fastmlp.cli.options import DATA, load_data
from fastmlp.errors import InputError

if TYPE_CHECKING:
    from fastmlp.network.network import Network
    from fastmlp.serve.image_data import ImageData

NEEDED = ("starlette", "uvicorn", "websockets")
DRAWN_NOTE = "These are not MNIST's digits, which can't be had here, but digits drawn by code."


@click.command()
@click.option(
    "--model", type=click.Path(), metavar="FILE", help="Begin with this trained network.  [default: an untrained one]"
)
@DATA
@click.option("--port", type=click.IntRange(1, 65535), metavar="P", help="Port of this machine.  [default: 8784]")
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
def serve(model: str | None, data: str | None, port: int | None, browser: bool) -> None:
    """Open a page on which one draws a digit, sees it go through every layer, and trains the network live.

    Only this machine can reach the page, at the address that is printed. Ctrl-C ends it.
    """
    _check_extra()
    from fastmlp.serve.app import PageServer
    from fastmlp.serve.security import Guard, token_of_user
    from fastmlp.serve.server import HOST, open_port, run_server
    from fastmlp.system.terminal import announce_compiling, notice

    bound = open_port(port)
    with bound:
        images, network = _load(model, data)
        announce_compiling()
        _compile()
        token, number = token_of_user(), bound.getsockname()[1]
        address = f"http://{HOST}:{number}/?token={token}"

        def say() -> None:
            print(address, flush=True)
            notice("Ctrl-C ends the page.")
            if browser:
                _open(address)

        run_server(PageServer(images, Guard(token, number), network, model), bound, say)


def _check_extra() -> None:
    """Raise InputError if a package of the extra is missing."""
    from importlib.util import find_spec

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(f"The page needs {' and '.join(missing)}: pip install 'fastmlp[serve]'.")


def _load(model: str | None, data: str | None) -> "tuple[ImageData, Network | None]":
    """Return the data set and the network to begin with."""
    from fastmlp.datasets.reading import AS_USUAL, Reading
    from fastmlp.network.model_file import load_network
    from fastmlp.serve.controls import memory_of
    from fastmlp.serve.image_data import ImageData

    network = None if model is None else load_network(model)
    reading = AS_USUAL if network is None else Reading(known=network.schema)
    dataset = load_data(data, reading)
    images = ImageData(dataset, DRAWN_NOTE if data is None and dataset.name == "drawn" else "")
    if network is not None:
        images.check_network(network, str(model))
        memory_of(network.sizes)
    return images, network


def _compile() -> None:
    """Compile or load the kernels that every page needs, before the first browser waits for them."""
    import numpy as np

    from fastmlp.explore.forward import forward
    from fastmlp.network.network import Network
    from fastmlp.training.warm_up import Form, compile_form

    compile_form(Form("bytes", "many zeros", "narrow", "sgd", "plain"))
    forward(Network((64, 16, 10)), np.zeros((1, 64)))  # the way of a drawing through the layers


def _open(address: str) -> None:
    """Open the browser; if there is none, the printed address does."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
