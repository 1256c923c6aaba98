"""Lab: what every experiment works with: the data, the network to look at, and trainings on all cores."""

import copy
import dataclasses
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.datasets.dataset import Dataset, Split
from fastmlp.errors import InputError
from fastmlp.explore.cache import Store
from fastmlp.explore.jobs import Job, Trained, is_result, restored, train
from fastmlp.inputs.arrays import as_inputs
from fastmlp.inputs.packed import Packed
from fastmlp.network.network import Network
from fastmlp.presets.presets import find_preset
from fastmlp.system.machine import cores
from fastmlp.system.threads import startable_threads
from fastmlp.training.hyperparameters import Hyperparameters

MOST_IMAGES = 60_000
"""Training images that an experiment uses at most."""


class NotApplicableError(InputError):
    """The experiment can't be run on this data or network; the message says why in one sentence."""


class Progress(Protocol):
    """Shows how far several trainings are."""

    def start(self, n_networks: int) -> None:
        """Begin to show the training of so many networks."""

    def update(self, fraction: float) -> None:
        """Show that this fraction of all the work is done."""

    def close(self) -> None:
        """End: the trainings have ended."""


class Lab:
    """The data, the network to look at, and a way to train many more.

    Parameters
    ----------
    data : Dataset
        Its test samples judge the networks; for most experiments they must be images.
    network : Network, optional
        The network to look at; by default the lecture's, 784-16-16-10, trained on `data`.
    seed : int
        Seed of everything that is sampled and trained.
    image : (n_in,) array, optional
        The image that the experiment `activations` shows; by default a test image.
    store : Store, optional
        Where trained networks are kept for the next run; by default nowhere.
    progress : Progress, optional
        Shows how far the trainings are.

    Attributes
    ----------
    given : Network or None
        The argument `network`.

    Raises
    ------
    InputError
        The network has other inputs or other classes than the data, or its loss is not for labels.
    """

    def __init__(
        self,
        data: Dataset,
        network: Network | None = None,
        *,
        seed: int = 0,
        image: NDArray[Any] | None = None,
        store: Store | None = None,
        progress: Progress | None = None,
    ) -> None:
        n_in = data.train.X.shape[1]
        if network is not None:
            _check_network(network, data)
        data, network = _scaled(data, network)
        if image is not None and np.shape(image) != (n_in,):
            raise InputError(f"The image has shape {np.shape(image)}: pass one of {n_in} values.")
        self.data, self.seed, self.image = data, seed, image
        self.given = network
        self.store = store or Store(None)
        self._progress = progress
        self._subsets: dict[tuple[str, int], Split] = {}

    # ---- data ----------------------------------------------------------------------------------------------------

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of an image; raises NotApplicableError if the samples are not images."""
        if self.data.image_shape is None:
            raise NotApplicableError(
                f"The samples of {self.data.name} are not images: this experiment needs images to draw."
            )
        return self.data.image_shape

    @property
    def n_classes(self) -> int:
        """Number of classes of the data."""
        return len(self.data.classes)

    @property
    def chance(self) -> float:
        """Accuracy on the test samples of always answering their most frequent class."""
        return float(np.bincount(self.data.test.y).max() / len(self.data.test.y))

    def rng(self, *purpose: int) -> np.random.Generator:
        """Return a random generator seeded by the Lab's seed and this purpose."""
        return np.random.default_rng((self.seed, *purpose))

    def some_training(self, n: int = MOST_IMAGES) -> Split:
        """Return a random subset of `n` training samples, or all if there are no more; the same for the same n."""
        return self._subset("train", n)

    def some_test(self, n: int) -> Split:
        """Return a random subset of `n` test samples, or all if there are no more; the same for the same n."""
        return self._subset("test", n)

    def _subset(self, which: str, n: int) -> Split:
        split: Split = getattr(self.data, which)
        if n >= len(split.X):
            return split
        if (which, n) not in self._subsets:
            rows = np.sort(self.rng(1).permutation(len(split.X))[:n])
            self._subsets[which, n] = Split(split.X[rows], split.y[rows])
        return self._subsets[which, n]

    def values(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return inputs as the networks see them: bytes divided by 255."""
        return X / 255.0 if X.dtype == np.uint8 else X.astype(np.float64)

    @cached_property
    def value_range(self) -> tuple[float, float]:
        """Smallest and largest value of an input: 0 and 1 for bytes."""
        if self.data.train.X.dtype == np.uint8:
            return 0.0, 1.0
        return float(self.data.train.X.min()), float(self.data.train.X.max())

    @cached_property
    def blank_inputs(self) -> NDArray[np.bool_]:
        """Mask (n_in,) of the inputs that are 0 in every training sample."""
        return np.asarray(~np.any(self.data.train.X, axis=0))

    # ---- networks ------------------------------------------------------------------------------------------------

    @cached_property
    def lecture(self) -> Hyperparameters:
        """Hyperparameters of the lecture's network: the preset `lecture`."""
        return find_preset("lecture")

    @cached_property
    def trained(self) -> Trained | None:
        """The lecture's network with the path of its training; None if another network was given."""
        if self.given is not None:
            return None
        return self.train([self.job(self.lecture, keep_path=True)])[0]

    @property
    def network(self) -> Network:
        """The network to look at; do not change it."""
        return self.given if self.given is not None else self.trained.network  # type: ignore[union-attr]

    @property
    def about_network(self) -> str:
        """The network to look at, in words."""
        if self.given is not None:
            return f"The given {self.given!r}"
        sizes = (self.data.train.X.shape[1], *self.lecture.hidden, self.n_classes)
        return f"The lecture's network {'-'.join(map(str, sizes))}"

    def job(
        self,
        hyperparameters: Hyperparameters,
        samples: Split | None = None,
        *,
        validation: Split | None = None,
        classes: tuple[str, ...] | None = None,
        seed: int | None = None,
        until: float | None = None,
        keep_path: bool = False,
    ) -> Job:
        """Return a training on the Lab's data, to be passed to `train`.

        Parameters
        ----------
        hyperparameters : Hyperparameters
        samples : Split, optional
            By default up to 60,000 training samples.
        classes : tuple of str, optional
            By default those of the data.
        seed : int, optional
            By default the Lab's.
        validation, until, keep_path
            As in Job.
        """
        return Job(
            hyperparameters,
            samples or self.some_training(),
            classes or self.data.classes,
            self.data.image_shape,
            self.seed if seed is None else seed,
            validation,
            until,
            keep_path,
        )

    def train(self, jobs: Sequence[Job]) -> list[Trained]:
        """Train networks on all cores and return their results in the order of the jobs.

        Networks that are in the store are not trained again.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C; the networks that are trained by then are in the store.
        """
        names = self.store.names([job.key for job in jobs])
        results = {name: self.store.get(name) for name in names}
        missing = {
            name: job
            for name, job in zip(names, jobs, strict=True)
            if (kept := results[name]) is None or not is_result(job, kept)
        }
        if missing:
            results |= self._train_missing(missing)
        trained = []
        for name, job in zip(names, jobs, strict=True):
            arrays = results[name]
            assert arrays is not None
            trained.append(restored(job, arrays))
        return trained

    def _train_missing(self, jobs: dict[str, Job]) -> dict[str, dict[str, NDArray[Any]]]:
        """Train networks in threads, the longest first; return their arrays by name, which are also in the store."""
        threads = 1 if len(jobs) > 1 else None
        results, total = {}, _TotalProgress(jobs, self._progress)

        def train_one(name: str) -> None:
            results[name] = train(jobs[name], threads, lambda fraction: total.update(name, fraction))
            self.store.put(name, results[name])
            total.update(name, 1.0)

        with total:
            _on_all_cores(train_one, sorted(jobs, key=lambda name: -jobs[name].work), total.stop)
        return results

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """Return function(item) for each item, computed on all cores (kernels release the GIL)."""
        items = list(items)
        results: dict[int, Any] = {}

        def call(number: int) -> None:
            results[number] = function(items[number])

        _on_all_cores(call, range(len(items)), lambda: None)
        return [results[number] for number in range(len(items))]


class _TotalProgress:
    """Progress of several trainings together, from their threads; and the way to stop them all."""

    def __init__(self, jobs: dict[str, Job], progress: Progress | None) -> None:
        work = sum(job.work for job in jobs.values())
        self._weights = {name: job.work / work for name, job in jobs.items()}
        self._done = dict.fromkeys(jobs, 0.0)
        self._progress, self._lock, self._stopped = progress, threading.Lock(), threading.Event()

    def update(self, name: str, fraction: float) -> None:
        """Note that this fraction of a training is done; raise an exception that ends it after `stop`."""
        if self._stopped.is_set():
            raise _StoppedError
        with self._lock:
            self._done[name] = fraction * self._weights[name]
            if self._progress is not None:
                self._progress.update(sum(self._done.values()))

    def stop(self) -> None:
        """End every training at its next report."""
        self._stopped.set()

    def __enter__(self) -> None:
        if self._progress is not None:
            self._progress.start(len(self._done))

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.close()


class _StoppedError(Exception):
    """Ends a training in a thread because the main thread was interrupted."""


def _on_all_cores(function: Callable[[Any], None], items: Iterable[Any], stop: Callable[[], None]) -> None:
    """Call function(item) in a thread for each item. After an error or Ctrl-C, call `stop` and wait for the threads."""
    threads = startable_threads(cores())
    if threads == 0:
        for item in items:
            function(item)
        return
    with ThreadPoolExecutor(threads) as pool:
        try:
            futures = [pool.submit(function, item) for item in items]
            wait(futures, return_when="FIRST_EXCEPTION")
            for future in futures:
                if future.done():
                    future.result()
        except BaseException:
            stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _scaled(data: Dataset, network: Network | None) -> tuple[Dataset, Network | None]:
    """Return the data with inputs that are scaled already, as the network says if there is one; and that network.

    Experiments then change inputs and compute gradients in the numbers that a network sees. Pixels stay as they are.
    """
    schema = data.schema if network is None or network.schema is None else network.schema
    if schema is None or (schema.keeps_bytes and data.train.X.dtype == np.uint8):
        return data, network
    dtype = np.dtype("float32") if network is None else network.dtype
    splits = []
    for split in (data.train, data.test):
        X = as_inputs(split.X, split.X.shape[1], dtype, schema=schema)
        assert not isinstance(X, Packed)  # a data set holds dense samples
        splits.append(Split(X, split.y))
    if network is not None:
        network = copy.copy(network)
        network.schema = None
    return dataclasses.replace(data, train=splits[0], test=splits[1], schema=None), network


def _check_network(network: Network, data: Dataset) -> None:
    """Raise InputError if a network can't be looked at with this data."""
    n_in = data.train.X.shape[1]
    if network.sizes[0] != n_in:
        raise InputError(
            f"The network takes {network.sizes[0]} inputs and the samples of {data.name} have {n_in}: pass the "
            "data set that it was trained on with --data."
        )
    if network.loss not in kernels.LABEL_LOSSES:
        raise InputError(f"The network's loss is {network.loss}, which is not for labels: pass one that classifies.")
    if network.classes != data.classes:
        raise InputError(
            f"The network knows the classes {_few(network.classes)} and {data.name} has {_few(data.classes)}: "
            "pass the data set that it was trained on with --data."
        )


def _few(names: Sequence[str]) -> str:
    """Return up to ten names for a message."""
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
