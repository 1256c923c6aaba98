"""The lecture's questions as experiments, which return facts, figures and a paragraph.

>>> from fastmlp import load_dataset
>>> from fastmlp.explore import Lab
>>> from fastmlp.explore.experiments import noise
>>> finding = noise.run(Lab(load_dataset("mnist")))
>>> finding.facts, finding.text, finding.figure
"""

from fastmlp.explore.cache import Store
from fastmlp.explore.experiments import EXPERIMENTS, Experiment, find_experiment
from fastmlp.explore.finding import Finding
from fastmlp.explore.lab import Lab, NotApplicableError

__all__ = ["EXPERIMENTS", "Experiment", "Finding", "Lab", "NotApplicableError", "Store", "find_experiment"]
