"""Open picture files with Pillow, and say in one sentence why a file is not a picture."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastmlp.errors import InputError, reason
from fastmlp.system.input_files import file_size

if TYPE_CHECKING:
    from PIL import Image


@contextmanager
def open_picture(path: Path) -> Iterator["Image.Image"]:
    """Yield the picture in a file, for the body of a `with` statement.

    Pillow decodes a picture when its pixels are first used. Errors in the body are therefore those of the file, too.
    Warnings are ignored, because odd metadata says nothing about the pixels.

    Raises
    ------
    InputError
        The file does not exist, is not a picture, is damaged, or has more pixels than Pillow considers safe.
    """
    from PIL import Image, UnidentifiedImageError

    if path.is_dir():
        raise InputError(f"{path}: this is a folder, name one picture in it.")
    if file_size(path) is None:
        raise InputError(f"{path}: there is no such file, check the name.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as picture:
                if picture.format == "EPS":  # a program, which Pillow would run with Ghostscript
                    raise UnidentifiedImageError
                yield picture
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise InputError(f"{path}: the picture has too many pixels, scale it down.") from None
        except UnidentifiedImageError:
            raise InputError(f"{path}: this is not a picture that Pillow can read, save it as PNG or JPEG.") from None
        except Exception as error:  # Pillow's many readers raise nearly anything for a damaged file
            raise InputError(f"{path}: the picture can't be read ({reason(error)}), save it anew.") from None
