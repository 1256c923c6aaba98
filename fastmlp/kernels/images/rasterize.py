"""Pen strokes drawn as anti-aliased grey images: the ink of the built-in digits."""

import math

from fastmlp.kernels._numba.compile import kernel


@kernel
def rasterize(points, radii, pen_down, edges, side, images):
    """Draw polylines of varying thickness into square images of bytes.

    A pixel's ink is the largest, over all segments, of min(max((r - d) / e + 1/2, 0), 1): d is the distance from the
    pixel's centre to the nearest point of the segment, r the pen's radius at that point, e the width of the rim over
    which ink fades. The byte is 255 * ink, rounded.

    Parameters
    ----------
    points : (n, n_points, 2) float32, C-contiguous
        x (to the right) and y (down) in pixels; the centre of the top left pixel is (0, 0). Read only. Points outside
        the image are allowed, and draw what reaches into it.
    radii : (n, n_points) float32, C-contiguous
        Half of the stroke's thickness at each point, in pixels. Read only.
    pen_down : (n, n_points) uint8, C-contiguous
        Not 0 if the segment from a point to the next one is drawn; the last one of a row is not used. Read only.
    edges : (n,) float32, C-contiguous
        Width of the rim in pixels, above 0. Read only.
    side : int
        Height and width of an image.
    images : (n, side * side) uint8, C-contiguous
        Overwritten.

    Notes
    -----
    Allocates nothing. A segment visits only the pixels of its bounding box, about 40 for a stroke of 3 pixels. One with
    a number that is not finite, or too large to be squared, may draw nothing. Shapes are not checked.
    """
    n, n_points = radii.shape
    for i in range(n):
        image = images[i]
        image[:] = 0
        edge = edges[i]
        for j in range(n_points - 1):
            if pen_down[i, j]:
                start = points[i, j, 0], points[i, j, 1], radii[i, j]
                end = points[i, j + 1, 0], points[i, j + 1, 1], radii[i, j + 1]
                _draw_segment(start, end, edge, side, image)


@kernel
def _pixels(low, high, side):
    """Return the first and the last pixel from `low` to `high` in a row of `side` pixels.

    They are bounded while they are floats: as an int, 1e20 may be any number. `max(0.0, x)` is 0 for NaN, `max(x, 0.0)`
    is NaN.
    """
    return math.ceil(min(max(0.0, low), float(side))), math.floor(min(max(-1.0, high), side - 1.0))


@kernel
def _draw_segment(start, end, edge, side, image):
    """Raise the pixels of `image`, (side * side,) uint8, to the ink of one segment; its ends are (x, y, radius)."""
    (x0, y0, r0), (x1, y1, r1) = start, end
    reach = max(r0, r1) + edge / 2
    left, right = _pixels(min(x0, x1) - reach, max(x0, x1) + reach, side)
    top, bottom = _pixels(min(y0, y1) - reach, max(y0, y1) + reach, side)
    dx, dy, dr = x1 - x0, y1 - y0, r1 - r0
    squared = dx * dx + dy * dy
    inverse = 1 / squared if squared > 0 else squared  # a segment of length 0 is a dot
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            along = min(max(((column - x0) * dx + (row - y0) * dy) * inverse, 0.0), 1.0)
            away_x = column - (x0 + along * dx)
            away_y = row - (y0 + along * dy)
            ink = (r0 + along * dr - math.sqrt(away_x * away_x + away_y * away_y)) / edge + 0.5
            value = int(255 * min(max(0.0, ink), 1.0) + 0.5)
            pixel = row * side + column
            if value > image[pixel]:
                image[pixel] = value
