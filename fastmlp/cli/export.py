"""The command `fastmlp export`."""

from pathlib import Path

import click

from fastmlp.cli.options import JSON, print_result
from fastmlp.errors import InputError


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--to",
    metavar="onnx|pytorch|c|numpy",
    help="The format: an ONNX graph, a state dict in safetensors, a C header, or a NumPy script with an .npz file "
    "beside it.  [default: that of --out's ending]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The file to write; an earlier export is replaced.  [default: beside the model]",
)
@click.option(
    "--inputs",
    metavar="uint8|float32|float64",
    help="Type of the values that go in. Pixels of uint8 go from 0 to 255, others from 0 to 1.  [default: as in the "
    "training]",
)
@click.option("--dtype", default="float32", show_default=True, metavar="TYPE", help="float32 or float64.")
@JSON
def export(model: Path, to: str | None, out: Path | None, inputs: str | None, dtype: str, as_json: bool) -> None:
    """Write a model for another library, which takes samples as they are: bytes or numbers, not yet scaled.

    Prints what goes in and comes out, and the code with which the other side loads it.
    """
    from fastmlp.exchange.export_file import default_path
    from fastmlp.network.model_file import load_network

    if out is None:
        if to is None:
            raise InputError("No format was named: pass --to onnx, pytorch, c or numpy, or --out PATH.")
        out = default_path(model, to)
    exported = load_network(model).export(out, to, inputs=inputs, dtype=dtype)
    print_result({"model": str(model)} | exported.to_json(), str(exported), as_json)
