import time

import numpy as np
import pytest

from fastmlp.datasets.digit_picture import to_mnist_form
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.serve.drawing import resampling, to_digit


def centre_of_mass(digit):
    ink = digit.astype(float)
    return tuple(float((ink.sum(axis=axis) * np.arange(28)).sum() / ink.sum()) for axis in (1, 0))


def box(digit):
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def drawn_seven(side=112, top=0.1, left=0.2, size=0.5):
    drawing = np.zeros((side, side), np.uint8)
    for step in np.linspace(0, 1, 200):
        for y, x in ((top, left + size * step), (top + size * step, left + size * (1 - step / 2))):
            row, column = int(y * side), int(x * side)
            drawing[row : row + 6, column : column + 6] = 255
    return drawing


@pytest.mark.parametrize("side", [8, 28, 70, 112, 200])
def test_the_longer_side_has_twenty_pixels_and_the_mass_is_in_the_middle(side):
    digit = to_digit(drawn_seven(side))
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
    assert digit.max() == 255
    assert max(box(digit)) in (19, 20)  # the last row of an area average may be too faint for a byte
    assert np.abs(np.subtract(centre_of_mass(digit), 14)).max() <= 0.5


def test_place_and_size_of_a_drawing_do_not_matter():
    drawing = drawn_seven()
    moved = np.roll(drawing, (25, 15), axis=(0, 1))
    np.testing.assert_array_equal(to_digit(drawing), to_digit(moved))
    doubled = drawing.repeat(2, axis=0).repeat(2, axis=1)[:200, :200]
    assert np.abs(to_digit(drawing).astype(int) - to_digit(doubled)).max() <= 1


def test_a_digit_in_the_form_of_mnist_keeps_it():
    digits = draw_digits(50)[0].reshape(-1, 28, 28)
    differences = [np.abs(to_digit(digit).astype(int) - to_mnist_form(digit)).mean() for digit in digits]
    assert np.mean(differences) < 6  # of 255; another digit differs by some 45
    others = [np.abs(to_digit(digit).astype(int) - digits[0]).mean() for digit in digits[1:]]
    assert np.mean(others) > 20


def test_an_empty_drawing_is_none_and_a_dot_is_ink():
    assert to_digit(np.zeros((50, 50), np.uint8)) is None
    assert to_digit(np.full((50, 50), 15, np.uint8)) is None
    dot = np.zeros((50, 50), np.uint8)
    dot[3, 40] = 200
    assert box(to_digit(dot)) == (20, 20)


@pytest.mark.parametrize("shape", [(200, 1), (1, 200), (200, 3)])
def test_lines_stay_inside(shape):
    drawing = np.zeros((200, 200), np.uint8)
    drawing[: shape[0], : shape[1]] = 255
    digit = to_digit(drawing)
    assert max(box(digit)) == 20
    assert min(box(digit)) == 1


@pytest.mark.parametrize(("n", "m"), [(28, 20), (100, 20), (7, 20), (20, 20), (1, 20)])
def test_resampling_keeps_a_constant(n, m):
    np.testing.assert_allclose(resampling(n, m) @ np.ones(n, np.float32), 1, rtol=1e-6)


def test_resampling_averages_areas():
    np.testing.assert_allclose(resampling(4, 2), [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])
    np.testing.assert_allclose(resampling(3, 2), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]], rtol=1e-6)


@pytest.mark.page
def test_a_drawing_takes_less_than_a_millisecond():
    drawing = drawn_seven(200)
    started = time.process_time()
    for _ in range(200):
        to_digit(drawing)
    assert (time.process_time() - started) / 200 < 1e-3
