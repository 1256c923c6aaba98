"""One HTML file with a network inside: drawing, flow and neurons, without Python and without a server.

The file has the modules of the page, unchanged but for comments: each becomes a function that returns what it exports,
so that one inline script holds them all, and a Content-Security-Policy can name it by its hash.
"""

import base64
import hashlib
import html
import json
import os
import re
from importlib.resources import files
from pathlib import Path

import numpy as np

from fastmlp.errors import InputError
from fastmlp.network.network import Network
from fastmlp.system.files import write_text

SIDE = 28
STYLES = ("style.css", "draw.css", "network.css")
FIRST_MODULE = "single.js"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([a-z_]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^\s*//.*\n|^\s*/\*\*?(?:[^*]|\*(?!/))*\*/\n", re.MULTILINE)


def write_html(network: Network, path: str | os.PathLike[str]) -> None:
    """Write a network as one HTML file on which a digit is drawn and seen on its way through the layers.

    Its outputs are those of `Network.predict_proba` within 1e-5. The file asks no host for anything, and opens from a
    disk or on a phone. It has about 60 KB of code, and 16/3 bytes for each weight and bias: 125 KB for the lecture's
    network.

    Parameters
    ----------
    network : Network
        Of images of 28x28 grey pixels, with labels.
    path : str or path
        Overwritten whole or not at all.

    Raises
    ------
    InputError
        The network takes other samples, or predicts numbers.
    OSError
        The file can't be written.
    """
    _check(network)
    script, style = _bundle(), "\n".join(_without_comments(_read(name)) for name in STYLES)
    params = np.ascontiguousarray(network.params, dtype="<f4").tobytes()
    values = {
        "title": "fastmlp",
        "about": html.escape(f"{'-'.join(map(str, network.sizes))}, {network.n_params:,} weights and biases"),
        "network": json.dumps(_about(network)).replace("<", "\\u003c"),
        "params": base64.b64encode(params).decode(),
        "script": script,
        "script_hash": _hash(script),
        "style": style,
        "style_hash": _hash(style),
    }
    template = files("fastmlp.serve").joinpath("single.html").read_text(encoding="utf-8")
    page = re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], template)
    write_text(Path(path), page)


def _check(network: Network) -> None:
    shape = network.schema.image_shape if network.schema is not None else None
    if network.sizes[0] != SIDE * SIDE or shape not in (None, (SIDE, SIDE)):
        raise InputError(
            f"A page to draw on needs a network of {SIDE}x{SIDE} grey pixels, and this one has {network.sizes[0]:,} "
            "inputs of another form: export it --to onnx, pytorch, c or numpy."
        )
    if network.loss == "regression":
        raise InputError("A page to draw on needs a network that predicts classes, and this one predicts numbers.")


def _about(network: Network) -> dict[str, object]:
    return {
        "sizes": network.sizes,
        "activation": network.activation,
        "loss": network.loss,
        "classes": network.classes,
        "schema": None if network.schema is None else network.schema.to_json(),
    }


# ---- from modules to one script --------------------------------------------------------------------------------------


def _bundle() -> str:
    """Return one script that runs FIRST_MODULE, with every module it imports, each once and before its users."""
    parts: dict[str, str] = {}
    _add(FIRST_MODULE.removesuffix(".js"), parts)
    return "\n".join(parts.values())


def _add(name: str, parts: dict[str, str]) -> None:
    """Add a module to `parts`, after those that it imports."""
    source = _without_comments(_read(f"{name}.js"))
    for _, imported in _IMPORT.findall(source):
        if imported not in parts:
            _add(imported, parts)
    body = _IMPORT.sub(lambda match: f"const {match[1]} = modules.{match[2]};", source)
    exported = ", ".join(each for _, each in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1", body)
    opening = "" if parts else "const modules = {};\n"
    parts[name] = f"{opening}modules.{name} = (() => {{\n{body}return {{ {exported} }};\n}})();"


def _without_comments(source: str) -> str:
    """Return the source without lines of comments, blank lines and indents; strings that span lines have none."""
    lines = (line.strip() for line in _COMMENT.sub("", source).splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def _read(name: str) -> str:
    return files("fastmlp.serve").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the name of an inline script or style in a Content-Security-Policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
