"""Lab: what an experiment works with: the data, the network that is looked at, and many trainings on all cores.

Called by every experiment; imports the training of one network and the store of those that are trained.
"""

import dataclasses
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.data import Dataset, Split
from fastmlp.errors import InputError
from fastmlp.explore.store import Store
from fastmlp.explore.training import Job, Plan, Trained, restored, train
from fastmlp.machine import cores
from fastmlp.network import Network
from fastmlp.presets import preset

MOST_IMAGES = 60_000
"""Training images that an experiment uses at most."""


class NotApplicableError(InputError):
    """The experiment can't be made on this data or network; the message says why in one sentence."""


class Progress(Protocol):
    """Hears how far the trainings are."""

    def start(self, n_networks: int) -> None:
        """Hear that so many networks are trained now."""

    def move(self, share: float) -> None:
        """Hear that this share of their work is done."""

    def stop(self) -> None:
        """Hear that they are trained."""


class Lab:
    """The data, the network that is looked at, and a way to train many more.

    Parameters
    ----------
    data : Dataset
        Its test samples judge the networks; for most experiments they must be images.
    network : Network, optional
        The one to look at; by default the lecture's, 784-16-16-10, trained on `data`.
    seed : int
        Of everything that is drawn and trained.
    image : (n_in,) array, optional
        The image whose way through the network `activations` shows; by default a test image.
    store : Store, optional
        Where trained networks are kept for the next run; by default nowhere.
    progress : Progress, optional

    Raises
    ------
    InputError
        The network takes other inputs, or knows other classes, than the data has.
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
        if network is not None and network.sizes[0] != n_in:
            raise InputError(
                f"The network takes {network.sizes[0]} inputs and the samples of {data.name} have {n_in}: pass the "
                "data set that it was trained on with --data."
            )
        if network is not None and network.loss not in kernels.OF_LABELS:
            raise InputError(
                f"The network's loss is {network.loss}, which is not for labels: pass one that classifies."
            )
        if network is not None and network.classes != data.classes:
            raise InputError(
                f"The network knows the classes {_few(network.classes)} and {data.name} has {_few(data.classes)}: "
                "pass the data set that it was trained on with --data."
            )
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
        """The shape of an image; raises NotApplicableError where the samples are no images."""
        if self.data.image_shape is None:
            raise NotApplicableError(
                f"The samples of {self.data.name} are no images: this experiment draws what it sees as images."
            )
        return self.data.image_shape

    @property
    def n_classes(self) -> int:
        """How many classes the data has."""
        return len(self.data.classes)

    @property
    def chance(self) -> float:
        """The accuracy on the test samples of whoever always says the most frequent class."""
        return float(np.bincount(self.data.test.y).max() / len(self.data.test.y))

    def rng(self, *purpose: int) -> np.random.Generator:
        """Return a generator for this purpose, seeded by the Lab's seed."""
        return np.random.default_rng((self.seed, *purpose))

    def some_training(self, n: int = MOST_IMAGES) -> Split:
        """Return `n` training samples drawn at random, or all where there are no more; the same for the same n."""
        return self._drawn("train", n)

    def some_test(self, n: int) -> Split:
        """Return `n` test samples drawn at random, or all where there are no more; the same for the same n."""
        return self._drawn("test", n)

    def _drawn(self, which: str, n: int) -> Split:
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
        """The smallest and the largest value of an input: 0 and 1 for bytes."""
        if self.data.train.X.dtype == np.uint8:
            return 0.0, 1.0
        return float(self.data.train.X.min()), float(self.data.train.X.max())

    @cached_property
    def blank_inputs(self) -> NDArray[np.bool_]:
        """Which inputs (n_in,) are 0 in every training sample."""
        return np.asarray(~np.any(self.data.train.X, axis=0))

    # ---- networks ------------------------------------------------------------------------------------------------

    @cached_property
    def lecture(self) -> Plan:
        """The settings of the lecture's network: those of the preset `lecture`."""
        recipe = dataclasses.asdict(preset("lecture"))
        known = {field.name for field in dataclasses.fields(Plan)}
        return Plan(**{name: value for name, value in recipe.items() if name in known}, seed=self.seed, path=True)

    @cached_property
    def trained(self) -> Trained | None:
        """The lecture's network with the path of its training; None where another network was given."""
        if self.given is not None:
            return None
        return self.train([self.job(self.lecture, self.some_training())])[0]

    @property
    def network(self) -> Network:
        """The network that is looked at; do not change it."""
        return self.given if self.given is not None else self.trained.network  # type: ignore[union-attr]

    @property
    def about_network(self) -> str:
        """The network that is looked at, in words."""
        if self.given is not None:
            return f"The given {self.given!r}"
        sizes = (self.data.train.X.shape[1], *self.lecture.hidden, self.n_classes)
        return f"The lecture's network {'-'.join(map(str, sizes))}"

    def job(
        self, plan: Plan, samples: Split | None = None, validation: Split | None = None, n_classes: int | None = None
    ) -> Job:
        """Return a training of `plan` on samples, by default up to 60,000 training samples."""
        return Job(plan, samples or self.some_training(), n_classes or self.n_classes, validation)

    def train(self, jobs: Sequence[Job]) -> list[Trained]:
        """Train networks on all cores, those that are not in the store; return them in the order of the jobs.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C; the networks that are done are in the store.
        """
        keys = self.store.keys([job.parts for job in jobs])
        results = {key: self.store.get(key) for key in keys}
        missing = {key: job for key, job in zip(keys, jobs, strict=True) if results[key] is None}
        if missing:
            self._train_missing(missing, results)
        trained = []
        for key, job in zip(keys, jobs, strict=True):
            arrays = results[key]
            assert arrays is not None
            trained.append(restored(job, arrays, self.data.classes if job.n_classes == self.n_classes else None))
        return trained

    def _train_missing(self, missing: dict[str, Job], results: dict[str, dict[str, NDArray[Any]] | None]) -> None:
        threads = 1 if len(missing) > 1 else None
        total = sum(job.work for job in missing.values())
        done, lock = dict.fromkeys(missing, 0.0), threading.Lock()

        def one(key: str) -> None:
            job = missing[key]

            def heard(share: float) -> None:
                with lock:
                    done[key] = share * job.work / total
                    if self._progress is not None:
                        self._progress.move(sum(done.values()))

            results[key] = train(job, threads, _unless(stop, heard))
            self.store.put(key, results[key] or {})
            heard(1.0)

        stop = threading.Event()
        if self._progress is not None:
            self._progress.start(len(missing))
        try:
            _on_all_cores(one, sorted(missing, key=lambda key: -missing[key].work), stop)
        finally:
            if self._progress is not None:
                self._progress.stop()

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """Return function(item) for each item, computed on all cores (kernels release Python's lock)."""
        items = list(items)
        results: dict[int, Any] = {}

        def one(number: int) -> None:
            results[number] = function(items[number])

        _on_all_cores(one, range(len(items)), threading.Event())
        return [results[number] for number in range(len(items))]


def _on_all_cores(function: Callable[[Any], None], items: Iterable[Any], stop: threading.Event) -> None:
    """Call function(item) for each item in threads; on an error or Ctrl-C set `stop` and wait for those that run."""
    with ThreadPoolExecutor(cores()) as pool:
        try:
            futures = [pool.submit(function, item) for item in items]
            wait(futures, return_when="FIRST_EXCEPTION")
            for future in futures:
                if future.done():
                    future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _unless(stop: threading.Event, heard: Callable[[float], None]) -> Callable[[float], None]:
    def hear(share: float) -> None:
        if stop.is_set():
            raise _StoppedError
        heard(share)

    return hear


class _StoppedError(Exception):
    """Ends a training in a thread because the main one was interrupted."""


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
