"""Small stand-ins for published data sets, and what the fixtures of this folder's conftest return."""

import gzip
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fastmlp.data import write_idx
from fastmlp.data.catalogue import Published, PublishedFile

NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass
class Mirror:
    """A web server: what it sends for each path, and what it was asked for."""

    address: str
    contents: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    delay: float = 0.0
    asked: list[str] = field(default_factory=list)

    def add(self, folder: Path, under: str = "") -> str:
        """Serve the files of `folder`, and return the mirror's address."""
        self.contents |= {f"/{under}{path.name}": path.read_bytes() for path in folder.iterdir()}
        return f"{self.address}/{under}"


@dataclass
class Places:
    """The places where a data set can be on this machine."""

    env: Path
    working_copy: Path
    cache: Path


def arrays(n_train: int = 12, n_test: int = 6, seed: int = 0) -> list[np.ndarray]:
    """Return images and labels of a small data set, in the order of `NAMES`."""
    rng = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    for n in (n_train, n_test):
        parts += [rng.integers(0, 256, (n, 28, 28), np.uint8), (np.arange(n) % 3).astype(np.uint8)]
    return parts


def write_set(folder: Path, parts: list[np.ndarray], names: tuple[str, ...] = NAMES) -> Path:
    """Write the four files into a new folder."""
    folder.mkdir(parents=True)
    for name, array in zip(names, parts, strict=True):
        write_idx(folder / name, array)
    return folder


def published(folder: Path, *mirrors: str, by_content: bool = True, names: tuple[str, ...] = NAMES) -> Published:
    """Describe the files in `folder` as a published data set with classes a, b, c."""
    files = []
    for name in names:
        packed = (folder / name).read_bytes()
        if by_content:
            checksum = {"content_sha256": hashlib.sha256(gzip.decompress(packed)).hexdigest()}
        else:
            checksum = {"sha256": hashlib.sha256(packed).hexdigest()}
        files.append(PublishedFile(name, len(packed), **checksum))
    return Published("Test set, of noise", 12, 6, ("a", "b", "c"), mirrors, tuple(files))
