"""The folder with the results of a training run."""

import contextlib
import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fastmlp.errors import InputError
from fastmlp.network.network import Network
from fastmlp.system.files import writable_folder
from fastmlp.system.input_files import resolved
from fastmlp.system.locks import FolderLock
from fastmlp.training.checkpoints import read_checkpoint
from fastmlp.training.history import History

CHECKPOINT = "checkpoint.safetensors"
HISTORY = "history.csv"
MODEL = "model.safetensors"
EVENTS = "events"
"""Names of the files, and of the folder of TensorBoard's event files, in the folder of the results."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run's results.

    Attributes
    ----------
    path : Path
    is_new : bool
        Whether this run created the folder.
    lock : FolderLock
        Keeps other runs out until it is released.
    """

    path: Path
    is_new: bool
    lock: FolderLock

    @property
    def checkpoint(self) -> Path:
        """Path of the checkpoint."""
        return self.path / CHECKPOINT

    @property
    def model(self) -> Path:
        """Path of the model file."""
        return self.path / MODEL

    def save(self, network: Network, history: History) -> None:
        """Write the model and the history.

        Raises
        ------
        InputError
            A file can't be written; the model is then saved in a temporary folder, which the message names.
        OSError
            The model can't be written anywhere.
        """
        try:
            network.save(self.model)
            history.to_csv(self.path / HISTORY)
        except OSError as error:
            rescued = Path(tempfile.mkdtemp(prefix="fastmlp-")) / MODEL
            try:
                network.save(rescued)
            except OSError:
                rescued.parent.rmdir()
                raise error from None
            raise InputError(
                f"{error.filename} can't be written ({error.strerror}): the trained model is in {rescued}."
            ) from None

    def remove_if_new(self) -> None:
        """Let other runs in, and remove the folder if this run created it and it is empty."""
        self.lock.release()
        if self.is_new:
            with contextlib.suppress(OSError):  # other programs may have written files there
                self.path.rmdir()


def open_run_folder(path: Path) -> RunFolder:
    """Return the folder at `path`, which is created if need be.

    Raises
    ------
    InputError
        The folder can't be written, or another run is writing to it.
    """
    is_new = not path.exists()
    folder = writable_folder(path)
    return RunFolder(folder, is_new, FolderLock(folder))


def new_run_folder(data_name: str, hidden: tuple[int, ...], seed: int) -> RunFolder:
    """Create a folder under runs/ that did not exist, named after the data set, the hidden layers and the seed.

    Raises
    ------
    InputError
        The folder runs/ can't be written.
    """
    name = "-".join([resolved(Path(data_name)).stem, *map(str, hidden), f"seed{seed}"])
    runs = writable_folder(Path("runs"))
    for candidate in itertools.chain([name], (f"{name}-run{number}" for number in itertools.count(2))):
        folder = runs / candidate
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            break
    return RunFolder(folder, True, FolderLock(folder))


def check_finished(path: Path) -> None:
    """Raise InputError if the folder holds a training with epochs left, whose checkpoint a new one would replace."""
    try:
        state = read_checkpoint(path / CHECKPOINT)
        data, done = state["data"], len(state["history"])
        is_finished = data["stopped"] or done >= data["first"] + data["epochs"]
    except (InputError, KeyError, TypeError):  # no checkpoint, or none that could go on
        return
    if not is_finished:
        raise InputError(
            f"There is an unfinished training in {str(path)!r}, after epoch {done}: go on with `fastmlp train "
            f"--resume {path}`, or choose another --out (or delete it)."
        )
