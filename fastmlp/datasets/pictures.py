"""Pictures as they are: grey or colour values of a file, without any search for ink.

All pictures are converted to grey by the same formula, and 16-bit values are divided by 256, so that a grey value means
the same brightness in each of them. `digit_picture`, in contrast, adapts to the single picture that it reads.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.picture_files import open_picture
from fastmlp.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm"})
"""Endings of the names of picture files."""
COLORFUL, COLORED_PART = 40, 0.02
"""A picture is one in colour if its channels differ by so much of 255 in such a part of its pixels."""


def read_grey(file: Path, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Return the grey values of a picture, (height, width), turned as its EXIF entry says.

    What is transparent is laid on white if what is not is rather dark, else on black.

    Parameters
    ----------
    file : Path
    size : (height, width), optional
        The size to which the picture is scaled; by default its own.

    Raises
    ------
    InputError
        The file can't be read as a picture.
    """
    with open_picture(file) as picture:
        if picture.mode[0] in "IF":  # 16 bits per pixel, which Pillow would clip at 255
            turned = _of_sixteen_bits(file, _turned(picture))
        else:
            turned = _without_transparency(_turned(picture)).convert("L")
        return np.asarray(_scaled(turned, size))


def _of_sixteen_bits(file: Path, picture: "Image.Image") -> "Image.Image":
    """Return a picture of 16 bits with 8; raise InputError for floats and larger numbers, whose white is unknown."""
    from PIL import Image

    values = np.asarray(picture)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 65_535:
        raise InputError(f"{file} has {values.dtype} pixels up to {values.max():g}: save them with 8 bits.")
    return Image.fromarray((values.astype(np.uint32) >> 8).astype(np.uint8))


def read_rgb(file: Path, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Return the colours of a picture, (height, width, 3); otherwise as read_grey."""
    with open_picture(file) as picture:
        return np.asarray(_scaled(_without_transparency(_turned(picture)).convert("RGB"), size))


def is_colored(file: Path) -> bool:
    """Return whether a picture shows colours, and not grey values, of whatever mode its file is."""
    with open_picture(file) as picture:
        if picture.mode[0] in "1LIF":
            return False
        rgb = np.asarray(_without_transparency(picture).convert("RGB"), np.int16)
    differ = rgb.max(axis=2) - rgb.min(axis=2) > COLORFUL
    return bool(differ.mean() > COLORED_PART)


def _turned(picture: "Image.Image") -> "Image.Image":
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _scaled(picture: "Image.Image", size: tuple[int, int] | None) -> "Image.Image":
    if size is None or picture.size == size[::-1]:
        return picture
    from PIL import Image

    return picture.resize(size[::-1], Image.Resampling.BOX if picture.width > size[1] else Image.Resampling.BILINEAR)


def _without_transparency(picture: "Image.Image") -> "Image.Image":
    """Return the picture laid on the likely colour of its ground: white under dark ink, black under light ink."""
    if not ("A" in picture.mode or "a" in picture.mode or "transparency" in picture.info):
        return picture
    from PIL import Image

    rgba = picture.convert("RGBA")
    alpha = np.asarray(rgba.getchannel("A"), np.float64)
    if alpha.min() == 255:
        return rgba
    brightness = np.asarray(rgba.convert("L"), np.float64)
    mean = float((brightness * alpha).sum() / max(alpha.sum(), 1.0))
    ground = Image.new("RGBA", rgba.size, (255, 255, 255, 255) if mean < 128 else (0, 0, 0, 255))
    return Image.alpha_composite(ground, rgba)
