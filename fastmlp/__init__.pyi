from .datasets.dataset import Dataset as Dataset
from .datasets.dataset import Split as Split
from .datasets.load import load_dataset as load_dataset
from .errors import DivergedError as DivergedError
from .errors import InputError as InputError
from .inputs.augmentation import Augmentation as Augmentation
from .network.model_file import load_network as load_network
from .network.network import Network as Network
from .network.prediction import Evaluation as Evaluation
from .training.callbacks import Callback as Callback
from .training.history import Epoch as Epoch
from .training.history import History as History
from .training.regularization import Regularization as Regularization
from .training.trainer import Trainer as Trainer

__version__: str
