"""A network's mistakes: the worst ones, the confused classes, and whether a confident answer is right more often."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore.finding import Finding, percent, shortened
from fastmlp.explore.lab import Lab
from fastmlp.plots.mistakes import confusion_matrix, worst_mistakes
from fastmlp.plots.style import ORANGE, label_axes, line_style, own_settings, titled_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 10


def run(lab: Lab) -> Finding:
    """Look at what the network gets wrong on the test samples.

    Returns
    -------
    Finding
        Facts: the accuracy of all samples and by class; the pair of classes that is confused most often; and the
        calibration: for ten bins of the top output, the number of samples, the mean top output and the accuracy.
        `calibration_error` is the mean difference of the last two, weighted by the samples (the ECE of Guo et al.,
        arXiv 1706.04599).
    """
    network, (X, y) = lab.network, lab.data.test
    outputs = network.predict_proba(X)
    said, top = outputs.argmax(axis=1), outputs.max(axis=1)
    right = said == y
    confusions = np.bincount(y * lab.n_classes + said, minlength=lab.n_classes**2).reshape(lab.n_classes, -1)
    np.fill_diagonal(confusions, 0)
    true, taken = (int(i) for i in np.unravel_index(confusions.argmax(), confusions.shape))
    classes = lab.data.classes
    facts: dict[str, Any] = {
        "samples": len(y),
        "mistakes": int((~right).sum()),
        "accuracy": float(right.mean()),
        "accuracy_by_class": {name: float(right[y == k].mean()) for k, name in enumerate(classes) if np.any(y == k)},
        "most_confused": {"true": classes[true], "said": classes[taken], "times": int(confusions[true, taken])},
        "sure_mistakes": int((~right & (top > 0.9)).sum()),
        **calibration(top, right),
    }
    drawings = [partial(draw, facts), partial(confusion_matrix, y, said, classes)]
    if lab.data.image_shape is not None:
        drawings.insert(0, partial(worst_mistakes, X, y, outputs, classes, lab.data.image_shape))
    return Finding(facts, describe(facts), tuple(drawings))


def calibration(top: NDArray[Any], right: NDArray[np.bool_]) -> dict[str, Any]:
    """Compare the top output (n,) with being right (n,): in bins of 0.1, and by the mean difference over samples."""
    number = np.minimum((top * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for each in range(BINS):
        inside = number == each
        if inside.any():
            mean, accuracy = float(top[inside].mean()), float(right[inside].mean())
            bins.append({"from": each / BINS, "samples": int(inside.sum()), "top_output": mean, "right": accuracy})
            error += float(inside.mean()) * abs(mean - accuracy)
    return {"calibration": bins, "calibration_error": error, "mean_top_output": float(top.mean())}


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    by_class = facts["accuracy_by_class"]
    best, worst = max(by_class, key=by_class.__getitem__), min(by_class, key=by_class.__getitem__)
    text = f"{percent(facts['accuracy'], 2)} of {facts['samples']:,} test samples are right"
    if by_class[best] > by_class[worst]:
        text += f": best is {best} ({percent(by_class[best])}), worst is {worst} ({percent(by_class[worst])})"
    text += ". "
    if facts["mistakes"]:
        pair = facts["most_confused"]
        text += (
            f"Of the {facts['mistakes']:,} mistakes, {pair['times']} are a {pair['true']} taken for a {pair['said']}, "
            f"the commonest, and {facts['sure_mistakes']:,} are made with an output above 0.9; look at the worst ones "
            "before you blame the network for them. "
        )
    gap = facts["mean_top_output"] - facts["accuracy"]
    verdict = f"{'over' if gap > 0 else 'under'}confident by {abs(100 * gap):.1f} percentage points"
    verdict = "neither over- nor underconfident in all" if abs(gap) < 0.0005 else verdict
    return text + (
        f"The mean top output is {facts['mean_top_output']:.3f} and the accuracy {facts['accuracy']:.3f}, so "
        f"the network is {verdict}; bin by bin the two differ by {100 * facts['calibration_error']:.1f} points on "
        "average. Nothing in the loss asks an output to be a probability on images that were not trained on."
    )


@own_settings()
def draw(facts: dict[str, Any]) -> "Figure":
    """Draw the accuracy by class, and the calibration."""
    figure = titled_figure("Accuracy by class, and confidence against being right", 11, 4.4)
    left, right = figure.subplots(1, 2)
    _draw_by_class(left, facts)
    _draw_calibration(right, facts["calibration"])
    return figure


def _draw_by_class(axes: "Axes", facts: dict[str, Any]) -> None:
    """Draw the accuracy of each class, and of all."""
    names, values = zip(*facts["accuracy_by_class"].items(), strict=True)
    label_axes(axes, "Accuracy by class", "class", "accuracy (%)")
    axes.plot(range(len(names)), 100 * np.array(values), linestyle="", label="of the class", **line_style(0))
    whole = f"of all: {percent(facts['accuracy'])}"
    axes.axhline(100 * facts["accuracy"], color=ORANGE, linestyle="--", label=whole)
    axes.legend(fontsize=8)
    short = shortened(names, 11)
    axes.set_xticks(range(len(names)), short, parse_math=False, rotation=90 if max(map(len, short)) > 3 else 0)


def _draw_calibration(axes: "Axes", bins: list[dict[str, Any]]) -> None:
    """Draw the accuracy of each bin against its mean top output."""
    label_axes(axes, "Calibration", "top output (mean of a bin)", "right (% of the bin)", percent=True)
    axes.plot([0, 1], [0, 100], color="black", linestyle=":", label="an output that is a probability")
    outputs, accuracy = [b["top_output"] for b in bins], [100 * b["right"] for b in bins]
    axes.plot(outputs, accuracy, label="this network", **line_style(0))
    for b, place in zip(bins, zip(outputs, accuracy, strict=True), strict=True):
        axes.annotate(f"{b['samples']:,}", place, (4, -11), textcoords="offset points", fontsize=7)
    axes.set_xlim(-0.02, 1.08)
    axes.legend(fontsize=8, title="beside the points: samples", title_fontsize=8)
