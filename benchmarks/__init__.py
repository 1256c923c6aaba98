"""Benchmarks of fastmlp against NumPy, PyTorch, JAX, scikit-learn and ONNX Runtime; `python -m benchmarks` runs them.

    workloads.py      the networks that are trained, one table
    contestants/      the table of contestants and an adapter for each;  numpy_baseline.py  the baseline's network
    worker.py         the process of one contestant;  arena.py  starts these processes and calls them in turn
    agreement.py      the check that all train the same network, before anything is timed
    results.py        result files
    speed.py (and density.py), busy.py, accuracy.py, costs.py, sweeps.py, roofline.py (and peak.py)
                      sections, each with a result file
    small.py          the section on small data;  small_data/  its table of contestants, adapters and process
    presets.py, speedrun.py    sections that measure fastmlp alone
    comparison.py     medians and ratios;  texts.py  numbers and conditions in words
    tables.py, figures.py      tables and figures of the results;  readme.py  writes the tables into the README
    __main__.py       the command

Imports point upwards in this list. A contestant's process imports fastmlp only if fastmlp is the contestant. Three
programs stand apart: guard.py measures the ratios for tests/benchmarks/test_guard.py, networks.py trains many networks,
and test_*.py are for `pytest benchmarks --benchmark-only`.
"""
