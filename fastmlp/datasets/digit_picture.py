"""Convert a picture of a digit to the form of MNIST's images.

The last steps are those of the MNIST page: the digit is scaled to a box of 20x20 pixels with its aspect kept, then
centred in 28x28 pixels by its centre of mass. The steps before are this project's own: the shading of the paper is
fitted and subtracted, and what remains is ink. A shadow with a sharp edge counts as ink, because the fitted surface has
no edges.

The module needs only NumPy and Pillow. SciPy's `ndimage` has connected components and dilation, which take some 60
lines here, but a core dependency for them would cost every user more than the lines cost the reader.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastmlp.datasets.picture_files import open_picture
from fastmlp.errors import InputError, reason

if TYPE_CHECKING:
    from PIL import Image

Floats = npt.NDArray[np.float32]

SIDE = 28  # pixels of a side of an MNIST image
BOX = 20  # pixels of the longer side of a digit: exactly 20 in all of the first 3,000 test images
CENTRE = 14  # pixel index of the centre of mass: between 13.5 and 14.5 in all of them
STROKE = 2.0  # least width of a stroke in pixels; in MNIST the lower quartile is 2.0 and the median 2.4
LARGEST = 1000  # pixels of the longer side to which a larger picture, such as a photo, is reduced
SMALLEST = 4  # pixels of the shorter side that a digit needs; a 1, cropped to its box, has 2 or more and is longer
DENSE = 0.18  # least part of a picture that is ink if it is cropped to the digit's box
SEPARATION = 0.8  # least fraction of the variance between ink and paper there; an even shading has 0.75
HUGE = 1e6  # a picture with larger values is scaled to 255 first
FAINTEST = 8.0  # least difference of grey values, of 255, between ink and background


def read_digit(path: str | os.PathLike[str]) -> npt.NDArray[np.uint8]:
    """Read a picture of one digit and convert it to the form of MNIST's images.

    The ink may be dark on light paper or light on a dark ground, coloured, or drawn on a transparent ground. Uneven
    light and noise are removed. Only the first frame of an animation is read.

    Parameters
    ----------
    path : str or path
        A file that Pillow can read: PNG, JPEG (rotated as its EXIF entry says), GIF, TIFF, WebP and more.

    Returns
    -------
    (784,) uint8
        The 28x28 image row by row, 0 for paper and 255 for full ink, as `Network.predict` takes it.

    Raises
    ------
    InputError
        The file can't be read as a picture, or there is no ink in it.
    """
    path = Path(path)
    grey = _read_grey(path)
    try:
        return to_mnist_form(grey).reshape(SIDE * SIDE)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def to_mnist_form(grey: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Convert the grey values of a picture of one digit to the form of MNIST's images.

    Ink becomes light on dark. The digit is cropped, scaled with its aspect kept until its longer side has 20 pixels,
    and moved so that its centre of mass is in the middle of 28x28 pixels [1]_. Strokes thinner than MNIST's are
    thickened first; otherwise they would vanish when the digit is scaled down.

    Parameters
    ----------
    grey : (height, width) integers or floats
        Grey values on a scale of 255, dark ink on light paper or the reverse. Only differences between values matter.
        Only read.

    Returns
    -------
    (28, 28) uint8
        0 for paper, 255 for full ink. An image of MNIST is returned nearly unchanged.

    Raises
    ------
    InputError
        `grey` is not a 2-D array of finite numbers, is fewer than 4 pixels high or wide, or has no ink in it.

    References
    ----------
    .. [1] Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits, 1998; the method is that of
       Y. LeCun et al., Gradient-based learning applied to document recognition, 1998, section III.A.
    """
    try:
        values = np.asarray(grey)
    except ValueError as error:
        raise InputError(f"A picture must be a 2-D array of grey values ({reason(error)}).") from None
    if values.ndim != 2 or values.dtype.kind not in "uif":
        raise InputError(f"A picture must be a 2-D array of grey values, not {values.dtype} of shape {values.shape}.")
    if not np.isfinite(values).all():
        raise InputError("The picture holds values that are not finite numbers: save it anew.")
    if min(values.shape) < 2 or (min(values.shape) < SMALLEST and max(values.shape) < 2 * SMALLEST):
        height, width = values.shape
        raise InputError(f"A picture of {width}x{height} pixels is too small: give {SMALLEST}x{SMALLEST} or more.")
    largest = float(np.abs(values.astype(np.float64)).max())
    values = values / largest * 255 if largest > HUGE else values  # float32 would not hold their squares
    ink = _without_specks(_ink(values.astype(np.float32)))
    return _centred(_boxed(_cropped(ink)))


# ---- from a file to grey values --------------------------------------------------------------------------------------


def _read_grey(path: Path) -> Floats:
    """Return the grey values of a picture, its longer side reduced to LARGEST pixels.

    The values are on a scale of 255, but may be negative: only differences between them matter.
    """
    from PIL import ImageOps

    with open_picture(path) as picture:
        picture.draft("RGB", (LARGEST, LARGEST))  # a large JPEG is decoded at a half, a quarter or an eighth
        return _grey(ImageOps.exif_transpose(picture))


def _grey(image: "Image.Image") -> Floats:
    """Return grey values of a picture of any mode: its brightness, colour or opacity, whichever shows the ink."""
    if image.mode[0] in "IF":  # 16 or 32 bits, seldom used in full: the brightest value becomes 255
        values = _pixels(image.convert("F"))
        return values * np.float32(255 / max(float(np.abs(values).max()), 1e-6))
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        rgba = _pixels(image.convert("RGBA"))
        rgb, alpha = rgba[..., :3], rgba[..., 3]
        opaque = alpha > 127
        if opaque.mean() < 0.5 or np.ptp(rgb[opaque], axis=0).max() < 64:
            if alpha.min() < alpha.max():
                return alpha  # ink on a transparent ground; its colour does not matter
        else:  # a picture with transparent areas, which get the colour of the paper
            opacity = alpha[..., None] / 255
            paper = np.median(rgb[opaque], axis=0)
            return _one_channel(opacity * rgb + (1 - opacity) * paper)
        return _one_channel(rgb)
    if image.mode in ("1", "L"):
        return _pixels(image.convert("L"))
    return _one_channel(_pixels(image.convert("RGB")))


def _pixels(image: "Image.Image") -> Floats:
    """Return the pixels as floats; averaging reduces the longer side to LARGEST pixels."""
    from PIL import Image

    if max(image.size) > LARGEST:
        size = [max(1, round(n * LARGEST / max(image.size))) for n in image.size]
        image = image.resize(size, Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float32)


def _one_channel(rgb: npt.NDArray[Any]) -> Floats:
    """Project (height, width, 3) on the direction in which colours vary most, which shows yellow ink on white too."""
    flat = rgb.reshape(-1, 3)
    deviation = flat - flat.mean(axis=0)
    direction = np.linalg.eigh(deviation.T.astype(np.float64) @ deviation)[1][:, -1]
    direction /= np.abs(direction).sum()  # grey pictures keep their values, except for the sign
    return np.asarray(rgb @ direction, dtype=np.float32)


# ---- from grey values to ink -----------------------------------------------------------------------------------------


def _ink(grey: Floats) -> Floats:
    """Return ink from 0 to 1: the difference from the fitted background, without noise, as a fraction of full ink."""
    paper = _paper_of_crop(grey)
    if paper is not None:
        margin = -(-max(grey.shape) // 4)
        inside = tuple(slice(margin, margin + n) for n in grey.shape)
        return _ink_with_margin(np.pad(grey, margin, constant_values=paper))[inside]
    return _ink_with_margin(grey)


def _paper_of_crop(grey: Floats) -> float | None:
    """Return the value of the paper in a picture that is cropped to the digit's box; None for any other picture.

    Such a picture has two tones and much ink. The tone that most of the border has is the paper. In a narrow box, which
    only a 1 has, it is the other tone than that of the middle; and if the box is so tight that there is no paper, white
    or black, whichever differs more.
    """
    small = _resized(grey, *(min(64, n) for n in grey.shape))
    threshold, separation = _two_tones(small)
    light = small > threshold
    contrast = float(small[light].mean() - small[~light].mean()) if 0 < light.sum() < light.size else 0.0
    narrowness = min(grey.shape) / max(grey.shape)
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    if contrast < FAINTEST or separation < SEPARATION:
        is_bar = narrowness <= 0.25 and contrast > 5 * FAINTEST
        return (255.0 if small.mean() < 128 else 0.0) if is_bar else None
    middle = light[tuple(slice(2 * n // 5, 3 * n // 5 + 1) for n in light.shape)]
    paper_is_light = bool(middle.mean() < 0.5) if narrowness < 0.32 else bool(border.mean() > 0.5)
    paper = light == paper_is_light
    least = DENSE if 0.03 < border.mean() < 0.97 else 2 * DENSE  # where the border is all paper, it may be no crop
    return float(np.median(small[paper])) if 1 - paper.mean() > least else None


def _two_tones(values: Floats) -> tuple[float, float]:
    """Return the threshold between two tones, and the fraction of the variance that they explain (Otsu, 1979)."""
    ordered = np.sort(values, axis=None).astype(np.float64)
    n = np.arange(1, ordered.size)
    below = np.cumsum(ordered)[:-1]
    total = ordered.sum()
    between = (below / n - (total - below) / (ordered.size - n)) ** 2 * n * (ordered.size - n) / ordered.size**2
    best = int(np.argmax(between))
    return float(ordered[best]), float(between[best] / max(float(ordered.var()), 1e-12))


def _ink_with_margin(grey: Floats) -> Floats:
    """Do what _ink does, for a picture with paper around the digit."""
    residual = grey - _background(grey)
    # 40 % of normal noise is within 0.524 standard deviations; this quantile leaves out the ink
    noise = float(np.quantile(np.abs(residual), 0.4)) / 0.524
    if np.sum(residual.astype(np.float64) ** 3) < 0:  # the third power: a few strong pixels of ink outweigh much noise
        residual = -residual
    few = residual.size // 5000  # number of dead or glaring pixels, which must not set the scale
    full = float(np.partition(residual, -1 - few, axis=None)[-1 - few])
    if full < max(FAINTEST, 6 * noise):
        raise InputError(
            f"No ink differs from the background by {FAINTEST:.0f} of 255 grey values and clearly more than noise."
        )
    ink: Floats = np.clip(residual / full, 0, 1)
    ink[ink < 3.5 * noise / full] = 0
    return ink


def _background(grey: Floats) -> Floats:
    """Return the shading of the paper: a quadratic surface fitted to the pixels that are not ink.

    The fit is trimmed least squares on at most 64x64 pixels. It starts with a plane through the border and goes on with
    a quadratic surface through every pixel within 3 standard deviations, which in the end excludes the ink.
    """
    height, width = (min(64, n) for n in grey.shape)
    small = _resized(grey, height, width)
    terms = np.stack([np.broadcast_to(t, small.shape).ravel() for t in _surface_terms(height, width)], axis=1)
    values = small.ravel()
    rim_y, rim_x = max(1, height // 16), max(1, width // 16)  # wider than the line of a drawn frame
    border = np.ones(small.shape, dtype=bool)
    border[rim_y:-rim_y, rim_x:-rim_x] = False
    near = border.ravel()
    distance = np.abs(values - np.median(values[near]))
    for n_terms in (1, 3, 3, 6, 6, 6, 6, 6):
        spread = 1.4826 * np.median(distance[near])
        inside = distance < max(3 * spread, FAINTEST / 2)
        near = inside & border.ravel() if n_terms < 6 else inside
        coefficients = np.linalg.lstsq(terms[near, :n_terms], values[near], rcond=None)[0]
        distance = np.abs(values - terms[:, :n_terms] @ coefficients)
    surface = sum(c * t for c, t in zip(coefficients, _surface_terms(*grey.shape), strict=True))
    return np.asarray(surface, dtype=np.float32)


def _surface_terms(height: int, width: int) -> tuple[npt.NDArray[Any], ...]:
    """Return 1, x, y, x*x, x*y, y*y at the pixels, with x and y from -1 to 1, as arrays that broadcast."""
    y = ((np.arange(height, dtype=np.float32) + 0.5) * 2 / height - 1)[:, None]
    x = ((np.arange(width, dtype=np.float32) + 0.5) * 2 / width - 1)[None, :]
    return np.ones((1, 1), np.float32), x, y, x * x, x * y, y * y


def _without_specks(ink: Floats) -> Floats:
    """Return the ink of the digit alone, without specks and without a frame or the desk around the paper.

    Specks would spoil the crop and the scale. Connected components are found on at most 64x64 cells, so that a stroke
    with small gaps is one component. A component is kept if it has at least 5 % of the ink of the largest one;
    surroundings are not considered.
    """
    cell = -(-max(ink.shape) // 64)
    height, width = (-(-n // cell) for n in ink.shape)
    padded = np.zeros((height * cell, width * cell), dtype=bool)
    padded[: ink.shape[0], : ink.shape[1]] = ink > 0.35
    amount = padded.reshape(height, cell, width, cell).sum(axis=(1, 3))
    label = connected_components(amount > 0)
    amounts = np.bincount(label.ravel(), weights=amount.ravel())
    amounts[0] = 0  # label 0 is paper
    amounts[_surroundings(label)] = 0
    kept = (amounts > 0) & (amounts >= 0.05 * amounts.max())
    near = _neighbourhood_max(kept[label])  # includes the soft edges of the strokes
    mask = near.repeat(cell, axis=0).repeat(cell, axis=1)[: ink.shape[0], : ink.shape[1]]
    return np.where(mask, ink, np.float32(0))


def connected_components(filled: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Label each connected component (diagonals connect) with a positive number of its own; unfilled cells get 0."""
    label = np.where(filled, np.arange(1, filled.size + 1).reshape(filled.shape), 0)
    while True:  # every cell takes the highest label around it, until each component has a single one
        spread = np.where(filled, _neighbourhood_max(label), 0)
        if np.array_equal(spread, label):
            return label
        label = spread


def _surroundings(label: npt.NDArray[np.intp]) -> list[int]:
    """Return the components that touch at least three sides, if the largest that touches none can be a digit."""
    edges = label[:2], label[-2:], label[:, :2], label[:, -2:]  # a frame may lie a little inside
    sides = [set(edge.ravel().tolist()) for edge in edges]
    cells = np.bincount(label.ravel())
    cells[list({0}.union(*sides))] = 0
    if cells.max() == 0:
        return []
    extents = [int(np.ptp(places)) for places in np.nonzero(label == cells.argmax())]
    if max(extents) < max(label.shape) // 8:
        return []
    return [each for each in set().union(*sides) - {0} if sum(each in side for side in sides) >= 3]


def _neighbourhood_max(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the largest value of each 3x3 neighbourhood."""
    padded = np.pad(values, 1)
    rows = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    return np.asarray(np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:]))


# ---- from ink to 28x28 -----------------------------------------------------------------------------------------------


def _cropped(ink: Floats) -> Floats:
    """Return the rows and columns that hold ink."""
    rows = np.flatnonzero(ink.max(axis=1) > 0.2)
    columns = np.flatnonzero(ink.max(axis=0) > 0.2)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _boxed(ink: Floats) -> Floats:
    """Scale the digit to a longer side of BOX pixels, its aspect kept, with strokes at least about STROKE wide."""
    longer = max(ink.shape)
    if longer > BOX:
        working = min(longer, 8 * BOX)  # fine enough to measure and widen strokes in
        ink = _saturated(_scaled(ink, working))
        pixel = working / BOX
        ink = _widened(ink, round((STROKE * pixel - _stroke_width(ink)) / 2))
    return _saturated(_scaled(ink, BOX))


def _saturated(ink: Floats) -> Floats:
    """Raise the contrast until the brightest tenth of the strokes is full ink; scaling pales thin strokes."""
    strokes = ink[ink > 0.5 * ink.max()]
    return np.asarray(np.minimum(ink / np.quantile(strokes, 0.9), 1), dtype=np.float32)


def _stroke_width(ink: Floats) -> float:
    """Return the mean width of the strokes in pixels: 2 * area / outline, as for a long line."""
    padded = np.pad(ink, 1)
    outline = np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum()
    return float(2 * ink.sum() / (outline * np.pi / 4))  # steps along the axes overestimate a slanted outline by 4 / pi


def _widened(ink: Floats, by: int) -> Floats:
    """Widen strokes by `by` pixels on each side (a dilation with a disc); the picture grows by as much."""
    if by <= 0:
        return ink
    padded = np.pad(ink, 2 * by)
    height, width = (n + 2 * by for n in ink.shape)
    widened = np.zeros((height, width), dtype=np.float32)
    for dy in range(-by, by + 1):
        for dx in range(-by, by + 1):
            if dx * dx + dy * dy <= by * by:
                np.maximum(widened, padded[by + dy : by + dy + height, by + dx : by + dx + width], out=widened)
    return widened


def _scaled(ink: Floats, longer: int) -> Floats:
    """Scale to a longer side of `longer` pixels, with the aspect kept."""
    height, width = (max(1, round(n * longer / max(ink.shape))) for n in ink.shape)
    return _resized(ink, height, width)


def _resized(values: Floats, height: int, width: int) -> Floats:
    """Resize: by averaging to fewer pixels, by interpolation to more."""
    from PIL import Image

    method = Image.Resampling.BOX if height * width < values.size else Image.Resampling.BILINEAR
    image = Image.fromarray(np.ascontiguousarray(values)).resize((width, height), method)
    return np.asarray(image, dtype=np.float32)


def _centred(digit: Floats) -> npt.NDArray[np.uint8]:
    """Place the digit in 28x28 pixels with its centre of mass in the middle, or as near to it as the digit fits."""
    image = np.zeros((SIDE, SIDE), dtype=np.uint8)
    corner = []
    for axis, n in enumerate(digit.shape):
        mass = digit.sum(axis=1 - axis)
        middle = float((mass * np.arange(n)).sum() / mass.sum())
        corner.append(min(max(int(CENTRE - middle + 0.5), 0), SIDE - n))
    top, left = corner
    image[top : top + digit.shape[0], left : left + digit.shape[1]] = np.round(digit * 255)
    return image
