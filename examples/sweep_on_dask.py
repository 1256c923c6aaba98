"""A sweep on a Dask cluster: here several processes of this machine, or your own cluster.

    python examples/sweep_on_dask.py [DATA]

Every worker does the same: it opens the sweep's store, trains what no other worker has begun, and ends when nothing is
left. So any cluster will do that can start a function several times. joblib starts it on Dask here. With
`ray.util.joblib.register_ray()` and `parallel_config("ray")` it starts it on Ray; pass `n_jobs` there, because without
it Ray's backend lets one worker do everything.
"""

import sys
import tempfile
from pathlib import Path

from dask.distributed import Client, LocalCluster
from joblib import Parallel, delayed, parallel_config

from fastmlp.sweep import SweepConfig, run_sweep

SETTINGS = {"hidden": ["16", "32", "16,16"], "learning_rate": [0.5, 2.0], "epochs": 2}
WORKERS = 2


def work(folder: str, store: str, data: str) -> int:
    """Train what is left of the sweep; return the number of networks."""
    config = SweepConfig(SETTINGS, data=data, seeds=2)
    return run_sweep(config, folder, storage=store, jobs=1, report=False, show=False).trained


def main(data: str = "mnist") -> int:
    """Run the sweep on a local cluster and print its best network; return the number of trained networks."""
    folder = Path(tempfile.mkdtemp(prefix="sweep-"))
    store = str(folder / "journal.log")  # for several machines: a path that all can reach, or a database's URL
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        parallel_config("dask"),
    ):
        calls = (delayed(work)(str(folder / str(worker)), store, data) for worker in range(WORKERS))
        trained = Parallel(n_jobs=WORKERS)(calls)
    config = SweepConfig(SETTINGS, data=data, seeds=2)
    result = run_sweep(config, folder, storage=store)  # trains nothing, but writes the report
    assert result.best is not None
    print(
        f"{' + '.join(map(str, trained))} networks; best {result.best['validation_accuracy']:.2%} on held-out samples"
    )
    print(f"with {result.best['settings']}; see {folder / 'report.html'}")
    return sum(trained)


if __name__ == "__main__":
    main(*sys.argv[1:])
