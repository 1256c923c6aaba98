"""The network's mistakes: the worst ones, which class is taken for which, and whether confidence means being right."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import plots
from fastmlp.explore import drawing
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab

BINS = 10


def mistakes(lab: Lab) -> Finding:
    """Look at what the network gets wrong on the test samples.

    Facts: the accuracy in all and by class, the pair that is confused most often, and the calibration: for ten bins of
    the top output, the samples in it, the mean top output and the share that is right; `calibration_error` is the mean
    distance of the two, weighted by the samples (the ECE of Guo et al., arXiv 1706.04599).
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
    figures = [_figure(facts), plots.confusion_matrix(y, said, classes)]
    if lab.data.image_shape is not None:
        figures.insert(0, plots.worst_mistakes(X, y, outputs, classes, lab.data.image_shape))
    return Finding(facts, _text(facts), tuple(figures))


def calibration(top: NDArray[Any], right: NDArray[np.bool_]) -> dict[str, Any]:
    """Compare the top output (n,) with being right (n,): in bins of 0.1, and as the mean distance over all samples."""
    number = np.minimum((top * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for each in range(BINS):
        inside = number == each
        if inside.any():
            mean, share = float(top[inside].mean()), float(right[inside].mean())
            bins.append({"from": each / BINS, "samples": int(inside.sum()), "top_output": mean, "right": share})
            error += float(inside.mean()) * abs(mean - share)
    return {"calibration": bins, "calibration_error": error, "mean_top_output": float(top.mean())}


def _text(facts: dict[str, Any]) -> str:
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
        f"The top output is {facts['mean_top_output']:.3f} in the mean where {facts['accuracy']:.3f} are right, so "
        f"the network is {verdict}; bin by bin the two differ by {100 * facts['calibration_error']:.1f} points in the "
        "mean. Nothing in the loss asks an output to be a probability on images that were not trained on."
    )


def _figure(facts: dict[str, Any]) -> Any:
    figure = drawing.figure("Accuracy by class, and confidence against being right", 11, 4.4)
    left, right = figure.subplots(1, 2)
    names, values = zip(*facts["accuracy_by_class"].items(), strict=True)
    drawing.label(left, "Accuracy by class", "class", "accuracy (%)")
    left.plot(range(len(names)), 100 * np.array(values), linestyle="", label="of the class", **drawing.style(0))
    left.axhline(
        100 * facts["accuracy"], color=drawing.ORANGE, linestyle="--", label=f"of all: {percent(facts['accuracy'])}"
    )
    left.legend(fontsize=8)
    short = [name if len(name) < 12 else name[:11] + "…" for name in names]
    left.set_xticks(range(len(names)), short, parse_math=False, rotation=90 if max(map(len, short)) > 3 else 0)
    drawing.label(right, "Calibration", "top output (mean of a bin)", "right (% of the bin)", percent=True)
    right.plot([0, 1], [0, 100], color="black", linestyle=":", label="an output that is a probability")
    bins = facts["calibration"]
    right.plot(
        [b["top_output"] for b in bins], [100 * b["right"] for b in bins], label="this network", **drawing.style(0)
    )
    for b in bins:
        right.annotate(
            f"{b['samples']:,}", (b["top_output"], 100 * b["right"]), (4, -11), textcoords="offset points", fontsize=7
        )
    right.set_xlim(-0.02, 1.08)
    right.legend(fontsize=8, title="beside the points: samples", title_fontsize=8)
    return figure
