"""The command `fastmlp presets`."""

import click

from fastmlp.cli.options import JSON, print_result


@click.command()
@JSON
def presets(as_json: bool) -> None:
    """List the presets for `fastmlp train --preset`, and what each was measured to reach."""
    from fastmlp.cli.summaries import presets_summary
    from fastmlp.presets.presets import load_presets, load_reached

    found, reached = load_presets(), load_reached()
    result = {name: {"recipe": preset.to_dict(), "reached": reached.get(name)} for name, preset in found.items()}
    print_result(result, presets_summary(found, reached), as_json)
