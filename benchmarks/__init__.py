"""Benchmarks: what is compared, the contestants, and the measurements. `python -m benchmarks ` runs them.

    workloads.py      what is trained: one table
    contestants/      who trains it: a file each, and their table;  numpy_baseline.py  the baseline's network
    worker.py         a process that is one contestant;  arena.py  starts them and asks them in turn
    agreement.py      all train the same network, or nothing is timed
    speed.py, accuracy.py, costs.py, sweeps.py, roofline.py (and peak.py)   the parts, each with a result file
    results.py        result files;  figures.py  their pictures;  tables.py  their tables;  readme.py  the README's

Imports point upwards in this list. The contestants' processes import nothing of fastmlp, but for fastmlp's own.
"""
