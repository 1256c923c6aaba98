"""The facts that `fastmlp show` prints of a network."""

from collections.abc import Sequence
from typing import Any

from fastmlp.network.network import Network
from fastmlp.system.terminal import table

MOST_NAMES = 12
"""Classes and columns that are listed; of more, the first ones."""


def model_facts(network: Network) -> dict[str, Any]:
    """Return the facts that `show --json` prints."""
    return {
        "sizes": list(network.sizes),
        "n_params": network.n_params,
        "activation": network.activation,
        "loss": network.loss,
        "weight_init": network.weight_init,
        "dtype": str(network.dtype),
        "classes": list(network.classes),
        "schema": None if network.schema is None else network.schema.to_json(),
    }


def model_summary(model: str, network: Network) -> str:
    """Return the table that `show` prints."""
    sizes = "-".join(map(str, network.sizes))
    names = "targets" if network.loss == "regression" else "classes"
    rows = [
        ("model", model),
        ("network", f"{sizes}, {network.activation}, {network.loss.replace('_', ' ')}"),
        (
            "parameters",
            f"{network.n_params:,} weights and biases, {network.dtype}; {network.weight_init} initial weights",
        ),
        (names, _few(network.classes)),
    ]
    return table([*rows, *_input_rows(network)])


def _input_rows(network: Network) -> list[tuple[str, str]]:
    schema = network.schema
    if schema is None:
        return [("inputs", f"{network.sizes[0]}: bytes mean value / 255, other numbers are taken as they are")]
    rows = [("inputs", f"{network.sizes[0]}: {schema}")]
    if schema.image_shape is not None:
        how = "taken as they are in their files" if schema.from_files else "in arrays"
        ink = "dark on light" if schema.is_dark_on_light else "light on dark"
        rows.append(("pictures", f"{'x'.join(map(str, schema.image_shape))}, {ink}, {how}"))
    if schema.columns is not None:
        titles = [each.name or str(number) for number, each in enumerate(schema.columns, start=1)]
        rows.append(("columns", _few(titles)))
        texts = zip(titles, schema.columns, strict=True)
        rows += [(f"  {title}", f"text: {_few(each.categories)}") for title, each in texts if each.categories]
    if schema.labels:
        rows.append(("labels", f"column {_few(schema.labels)}"))
    known = f"values from {schema.low:g} to {schema.high:g}" if schema.has_known_range else "values of unknown range"
    rows.append(("trained on", known))
    if schema.target_mean:
        pairs = zip(schema.target_mean, schema.target_deviation, strict=True)
        rows.append(("targets' scale", "; ".join(f"{mean:.4g} ± {deviation:.4g}" for mean, deviation in pairs)))
    return rows


def _few(names: Sequence[str]) -> str:
    more = f", ... ({len(names)})" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
