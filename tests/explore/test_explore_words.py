"""The paragraphs say what the facts say: on facts of the opposite kind, the opposite."""

import copy

import pytest

from fastmlp.explore import (
    data_size,
    dream,
    edges,
    gradient,
    label_noise,
    landscape,
    minima,
    mistakes,
    noise,
    none_of_these,
    shuffled_labels,
    weights,
)
from fastmlp.network import Network


def text(experiment, facts, *more):
    return experiment.__globals__["_text"](facts, *more)


def changed(facts, **changes):
    """Return a copy with values changed; a__b stands for facts["a"]["b"]."""
    facts = copy.deepcopy(facts)
    for path, value in changes.items():
        *above, last = path.split("__")
        here = facts
        for key in above:
            here = here[key]
        here[last] = value
    return facts


KINDS = ("noise", "shuffled pixels", "scrambled patches", "stripes", "two at once", "negatives")
NONE = {
    "images_of_none_in_training": 9,
    "refused": dict.fromkeys(KINDS, 0.99) | {"two at once": 0.1},
    "unsure_without_the_output": dict.fromkeys((*KINDS, "real images"), 0.2),
    "accuracy": 0.95,
    "accuracy_without_the_output": 0.96,
    "real_images_refused": 0.01,
}


def test_none_of_these():
    assert "1.00 percentage points less than without" in text(none_of_these, NONE)
    assert "is learned like the others" in text(none_of_these, NONE)
    same = text(none_of_these, changed(NONE, accuracy=0.96 + 1e-7, refused__noise=0.0))
    assert "right, as without the output" in same
    assert "not learned to tell noise" in same
    assert "learned like" not in same
    assert "not learned to tell real images" in text(none_of_these, changed(NONE, real_images_refused=0.47))
    assert "examples were enough" in text(none_of_these, changed(NONE, **{"refused__two at once": 0.95}))


ONE = {"output": {"a": 0.95, "b": 0.4}, "mean_output": 0.7, "neighbours": 0.1, "likeness_to_class": 0.2}
DREAM = {
    "classes": 2,
    "plain": ONE | {"most_like_own_class": 1},
    "smoothed": ONE | {"most_like_own_class": 2},
    "neighbours_of_real_images": 0.9,
    "accuracy": 0.95,
    "chance": 0.5,
}


def test_dream():
    assert "has no idea how to draw them" in text(dream, DREAM)
    assert "no idea" not in text(dream, changed(DREAM, accuracy=0.4))
    assert "can't tell the classes apart well" in text(dream, changed(DREAM, accuracy=0.4))
    assert "no idea" not in text(dream, changed(DREAM, plain__likeness_to_class=0.8))
    assert "digit" not in text(dream, DREAM)
    assert "For b the plain climb ends below 0.5" in text(dream, DREAM)
    assert "below 0.5" not in text(dream, changed(DREAM, plain__output__b=0.6))
    assert "below 0.5" not in text(dream, changed(DREAM, plain__output__a=0.3))


@pytest.mark.parametrize(
    ("gains", "batches", "said"),
    [
        ((0.02, 0.03), (750, 750), "still helping"),
        ((-0.12, -0.1), (750, 9600), "do not help here"),
        ((None, None), (750, 750), ""),
        ((-0.1, 0.1), (750, 750), ""),
    ],
)
def test_data_size(gains, batches, said):
    curves = {"test_accuracy": [0.7, 0.9], "train_accuracy": [1.0, 0.95]}
    facts = {"sizes": [100, 1000], "batches": batches}
    facts["networks"] = {name: curves | {"last_tenfold": gain} for name, gain in zip("ab", gains, strict=True)}
    words = text(data_size, facts)
    for each in ("still helping", "do not help here"):
        assert (each in words) == (each == said)
    assert ("the difference is in the data" in words) == (batches[1] == 750)
    assert "learns these images" in words
    facts["networks"]["a"] = facts["networks"]["a"] | {"train_accuracy": [0.7, 0.95]}
    assert "learns these images" not in text(data_size, facts)


FIRST = {"neurons": 16, "neighbours": 0.5, "neighbours_shuffled": 0.0, "size_at_blank_inputs": 3e-6, "accuracy": 0.9}


def test_weights():
    both = {"blank_inputs": 0.1, "as it is": FIRST, "with weight decay": FIRST}
    assert "the size at blank pixels 3e-06" in text(weights, both)
    assert "(" not in text(weights, both).split("With weight decay")[1]
    assert "blank" not in text(weights, changed(both, blank_inputs=0.0))
    assert "hardly more of a pattern" in text(weights, changed(both, **{"as it is__neighbours": 0.01}))
    assert "drawn as" not in text(weights, {"blank_inputs": 0.1, "as it is": FIRST})


def test_noise():
    one = {"above_0.5": 0.5, "above_0.9": 0.1, "most_said": "a", "most_said_share": 0.4, "accuracy": 0.9}
    facts = {"images": 9, "distance_to_nearest": {"random": 9.0, "real": 3.0}, "networks": {"x": one, "y": one}}
    assert "far away" in text(noise, facts)
    facts["distance_to_nearest"]["random"] = 3.0
    assert "far away" not in text(noise, facts)
    assert "no stranger" in text(noise, facts)


def test_shuffled_labels():
    true = {"epochs": 5, "train_accuracy": 1.0, "test_accuracy": 0.9, "epochs_to_half": 0.5}
    shuffled = {"epochs": 50, "train_accuracy": 0.995, "test_accuracy": 0.1, "epochs_to_half": 20.0}
    facts = {"images": 9, "chance": 0.1, "true": true, "shuffled": shuffled}
    assert "structure is easier" in text(shuffled_labels, facts)
    assert "structure" not in text(shuffled_labels, changed(facts, true__test_accuracy=0.12))
    assert "not clearly learned faster" in text(shuffled_labels, changed(facts, shuffled__epochs_to_half=0.5))
    assert "structure" not in text(shuffled_labels, changed(facts, shuffled__train_accuracy=0.5))


def test_label_noise():
    facts = {"shares": [0, 0.6, 0.9], "right_labels": [1, 0.46, 0.19], "test_accuracy": [0.95, 0.9, 0.6], "chance": 0.1}
    facts |= {"swapped_test_accuracy": 0.951, "true_test_accuracy": 0.95, "true_test_accuracy_other_seed": 0.951}
    assert "what is left over is enough" in text(label_noise, facts)
    assert "any names will do" in text(label_noise, facts)
    assert "any names" not in text(label_noise, changed(facts, swapped_test_accuracy=0.8))
    assert "any names" not in text(label_noise, changed(facts, true_test_accuracy=0.1, swapped_test_accuracy=0.1))
    assert "enough" not in text(label_noise, changed(facts, test_accuracy=[0.95, 0.5, 0.2]))
    assert "errors can't cost much" in text(label_noise, changed(facts, true_test_accuracy=0.11))


def test_minima():
    narrow = {"mean": 0.5, "spread": 0.1, "relative_spread": 0.2, "barrier": 0.3}
    facts = {"seeds": 3, "images": 9, "widths": {"4": narrow, "64": narrow | {"spread": 0.01, "relative_spread": 0.02}}}
    assert "matters little" in text(minima, facts)
    assert "different valleys. Part of that" in text(minima, facts)
    assert "matters little" not in text(minima, changed(facts, widths__64__spread=0.095))
    flat = text(minima, changed(facts, widths__4__barrier=0.0, widths__64__barrier=0.0))
    assert flat.endswith("no wall between them.")


def test_landscape():
    facts = {"samples": 9, "points": 3, "share_of_path_in_plane": 0.9, "local_minima_on_plane": 1}
    facts |= {"loss_at_start": 1.6, "loss_under_start": 0.463, "loss_at_network": 0.1, "lowest_on_plane": 0.1}
    facts |= {"share_of_loss_lost_in_first_epoch": 0.7, "length_of_path": 9, "distance_from_start": 5}
    facts |= {"length_of_weights": 20}
    assert "starts at 1.600 (the plane has 0.463 under it)" in text(landscape, facts)
    assert "of the way down" in text(landscape, facts)
    assert "of the way down" not in text(landscape, changed(facts, loss_at_network=1.7))


def test_gradient():
    one = {"length": 1.0, "their_share": 0.1, "components_for_90_percent": 5}
    one["layers"] = [{"share": 0.5, "share_of_components": 0.5}]
    facts = {"samples": 9, "before": one, "after": one, "blank_inputs": 0.1, "inputs_without_gradient": 0.1}
    assert "few of them" in text(gradient, facts, Network((3, 2)))
    assert "multiplied by 0" in text(gradient, facts, Network((3, 2)))
    assert "get shorter" not in text(gradient, facts, Network((3, 2)))
    even = changed(facts, after__their_share=0.6, blank_inputs=0.0)
    assert "few of them" not in text(gradient, even, Network((3, 2)))
    assert "multiplied by 0" not in text(gradient, even, Network((3, 2)))


def test_mistakes():
    facts = {"accuracy": 1.0, "samples": 9, "mistakes": 0, "mean_top_output": 0.9, "calibration_error": 0.1}
    alike = text(mistakes, facts | {"accuracy_by_class": {"a": 1.0, "b": 1.0}})
    assert "best is" not in alike
    assert "Of the" not in alike
    assert "best is a" in text(mistakes, facts | {"accuracy_by_class": {"a": 1.0, "b": 0.9}})


def test_edges():
    way = {"accuracy": 0.9, "neighbours": 0.5, "in_window": 0.2}
    facts = {"width": 4, "epochs": 2, "window": 9, "even": 0.1, "ways": {"plain": way, "local connections": way}}
    assert "convolutions" in text(edges, facts)
    assert "convolutions" not in text(edges, changed(facts, even=1.0))
    assert "convolutions" not in text(edges, changed(facts, ways__plain__in_window=0.9))
