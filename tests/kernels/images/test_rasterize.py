"""Lines drawn as pixels, against a readable twin that visits every pixel."""

import numpy as np
import pytest

from fastmlp.kernels.images.rasterize import rasterize


def rasterize_twin(points, radii, pen_down, edges, side):
    """The most ink that any segment gives to each pixel, in float64."""
    n, n_points = radii.shape
    pixels = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).astype(float)  # x, y
    images = np.zeros((n, side, side))
    for i in range(n):
        for j in range(n_points - 1):
            if not pen_down[i, j]:
                continue
            start, end = points[i, j].astype(float), points[i, j + 1].astype(float)
            length = np.linalg.norm(end - start)
            along = np.zeros((side, side))
            if length > 0:
                along = np.clip((pixels - start) @ (end - start) / length**2, 0, 1)
            nearest = start + along[:, :, None] * (end - start)
            distance = np.linalg.norm(pixels - nearest, axis=2)
            radius = (1 - along) * float(radii[i, j]) + along * float(radii[i, j + 1])
            ink = np.clip((radius - distance) / float(edges[i]) + 0.5, 0, 1)
            images[i] = np.maximum(images[i], 255 * ink)
    return images.reshape(n, side * side)


def draw(points, radii, pen_down, edges, side):
    images = np.full((len(points), side * side), 0xAA, np.uint8)  # must be overwritten
    rasterize(
        np.asarray(points, np.float32),
        np.asarray(radii, np.float32),
        np.asarray(pen_down, np.uint8),
        np.asarray(edges, np.float32),
        side,
        images,
    )
    return images


@pytest.mark.parametrize("side", [1, 9, 28])
def test_images_agree_with_the_twin(side):
    rng = np.random.default_rng(5)
    n, n_points = 12, 7
    points = rng.uniform(-0.3 * side, 1.3 * side, (n, n_points, 2)).astype(np.float32)  # some lie outside
    points[:, 3] = points[:, 2]  # a dot
    radii = rng.uniform(0.1, 3, (n, n_points)).astype(np.float32)
    pen_down = rng.integers(0, 2, (n, n_points)).astype(np.uint8)
    edges = rng.uniform(0.2, 2.5, n).astype(np.float32)
    images = draw(points, radii, pen_down, edges, side)
    expected = rasterize_twin(points, radii, pen_down, edges, side)
    np.testing.assert_allclose(images, expected, rtol=0, atol=0.51)  # rounding to whole numbers, and float32
    assert images.any()


def test_a_vertical_line_is_as_wide_as_its_radius_says():
    image = draw([[[4, -5], [4, 14]]], [[1.5, 1.5]], [[1, 1]], [1.0], 9).reshape(9, 9)
    np.testing.assert_array_equal(image, np.tile([0, 0, 0, 255, 255, 255, 0, 0, 0], (9, 1)))
    image = draw([[[4, -5], [4, 14]]], [[1.0, 1.0]], [[1, 1]], [1.0], 9).reshape(9, 9)
    np.testing.assert_array_equal(image, np.tile([0, 0, 0, 128, 255, 128, 0, 0, 0], (9, 1)))


def test_a_lifted_pen_draws_nothing_and_the_last_point_starts_no_segment():
    points = [[[1, 4], [7, 4], [4, 1]], [[1, 4], [7, 4], [4, 7]]]
    radii = np.ones((2, 3))
    images = draw(points, radii, [[0, 0, 1], [1, 0, 1]], [1.0, 1.0], 9).reshape(2, 9, 9)
    assert not images[0].any()
    assert images[1, 4, 1:8].all()
    assert not images[1, 7].any()


@pytest.mark.parametrize("far", [1e20, -1e20, 3e38, np.inf, -np.inf, np.nan])
def test_numbers_too_large_for_an_index_draw_nothing_beside_the_image(far):
    side = 9
    for point, of_radius, of_edge in [
        ((far, 4), 1, 1),
        ((4, far), 1, 1),
        ((far, far), 1, 1),
        ((4, 4), far, 1),
        ((4, 4), 1, far),
    ]:
        around = np.full(3 * side * side, 0xAA, np.uint8)
        image = around[side * side : -side * side].reshape(1, -1)
        points = np.array([[[4, 4], point]], np.float32)
        rasterize(points, np.float32([[1, of_radius]]), np.ones((1, 2), np.uint8), np.float32([of_edge]), side, image)
        assert (around[: side * side] == 0xAA).all()
        assert (around[-side * side :] == 0xAA).all()
