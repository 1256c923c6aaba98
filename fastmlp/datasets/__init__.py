"""Data sets: the published digits by name, your own by path, and the built-in drawn ones."""

from fastmlp.datasets.dataset import Dataset, Split
from fastmlp.datasets.download import Unreachable
from fastmlp.datasets.idx import read_idx, write_idx
from fastmlp.datasets.load import dataset_places, fetch_dataset, find_dataset, load_dataset
from fastmlp.datasets.unlabelled import read_samples

__all__ = [
    "Dataset",
    "Split",
    "Unreachable",
    "dataset_places",
    "fetch_dataset",
    "find_dataset",
    "load_dataset",
    "read_idx",
    "read_samples",
    "write_idx",
]
