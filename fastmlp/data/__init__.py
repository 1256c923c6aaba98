"""Data sets: the published digits by name, your own by path, and the built-in drawn ones.

Called by everything above; calls `errors`, `files` and, for the drawn digits, `kernels`.
"""

from fastmlp.data.dataset import Dataset, Split
from fastmlp.data.download import Unreachable
from fastmlp.data.idx import read_idx, write_idx
from fastmlp.data.load import dataset_places, fetch_dataset, find_dataset, load_dataset

__all__ = [
    "Dataset",
    "Split",
    "Unreachable",
    "dataset_places",
    "fetch_dataset",
    "find_dataset",
    "load_dataset",
    "read_idx",
    "write_idx",
]
