from .config import SweepConfig as SweepConfig
from .results import SweepResult as SweepResult
from .run import run_sweep as run_sweep
from .settings import SETTINGS as SETTINGS
