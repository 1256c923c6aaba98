"""Small data sets in the form of published ones, and a mirror for them."""

import gzip
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fastmlp.datasets import write_idx
from fastmlp.datasets.catalogue import Published, PublishedFile

NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass
class Mirror:
    """State of an HTTP server that serves as a mirror.

    Attributes
    ----------
    address : str
    contents : dict
        The bytes to send for each path.
    cut_after : int or None
        Number of bytes after which an answer breaks off.
    delay : float
        Seconds before each answer.
    asked : list
        The paths of all requests.
    """

    address: str
    contents: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    delay: float = 0.0
    asked: list[str] = field(default_factory=list)

    def add(self, folder: Path, under: str = "") -> str:
        """Serve the files of `folder`; return the address under which they are served."""
        self.contents |= {f"/{under}{path.name}": path.read_bytes() for path in folder.iterdir()}
        return f"{self.address}/{under}"


@dataclass
class Places:
    """Folders of this machine where named data sets are looked for."""

    env: Path
    working_copy: Path
    cache: Path


def arrays(n_train: int = 12, n_test: int = 6, seed: int = 0) -> list[np.ndarray]:
    """Return images and labels of a small data set, in the order of `NAMES`."""
    rng = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    for n in (n_train, n_test):
        found += [rng.integers(0, 256, (n, 28, 28), np.uint8), (np.arange(n) % 3).astype(np.uint8)]
    return found


def write_set(folder: Path, four: list[np.ndarray], names: tuple[str, ...] = NAMES) -> Path:
    """Write four arrays as IDX files into a new folder, and return it."""
    folder.mkdir(parents=True)
    for name, array in zip(names, four, strict=True):
        write_idx(folder / name, array)
    return folder


def published(folder: Path, *mirrors: str, by_content: bool = True, names: tuple[str, ...] = NAMES) -> Published:
    """Return a catalogue entry for the files in `folder`, with the classes a, b and c."""
    files = []
    for name in names:
        packed = (folder / name).read_bytes()
        if by_content:
            checksum = {"content_sha256": hashlib.sha256(gzip.decompress(packed)).hexdigest()}
        else:
            checksum = {"sha256": hashlib.sha256(packed).hexdigest()}
        files.append(PublishedFile(name, len(packed), **checksum))
    return Published("Test set, of noise", 12, 6, ("a", "b", "c"), mirrors, tuple(files))
