"""Several processes train one sweep, with its store on a journal file or on a PostgreSQL or MariaDB server."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import optuna
import pytest
from helpers.sweep_tables import once_each, table_of

from fastmlp.errors import InputError
from fastmlp.sweep.store import open_study, quiet, store_at

pytestmark = pytest.mark.slow


def postgresql_programs():
    """Return the folder of PostgreSQL's server programs; skip where there are none and CI can't install them."""
    for _ in range(2):
        found = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
        if found:
            return Path(found).resolve().parent
        if not (os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get")):
            break
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "postgresql"], check=False, timeout=180)
    pytest.skip("there is no PostgreSQL server here (no initdb): install the package postgresql")


@pytest.fixture(scope="module")
def postgresql():
    """Start a PostgreSQL server that listens on a socket only; give its URL."""
    programs = postgresql_programs()
    folder = Path(tempfile.mkdtemp(prefix="fastmlp-pg-", dir="/tmp"))  # a socket's path must be short
    own = {}
    if os.geteuid() == 0:  # which PostgreSQL refuses to run as
        user = "postgres" if any(each.pw_name == "postgres" for each in pwd.getpwall()) else "nobody"
        shutil.chown(folder, user)
        own = {"user": user}

    def call(*command):
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=60, **own)

    call(programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "sweep", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    call(programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
    yield f"postgresql+psycopg://sweep@/postgres?host={folder}"
    call(programs / "pg_ctl", "-D", folder / "data", "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def mariadb():
    """Start a MariaDB server that listens on a socket only; give its URL."""
    install, daemon = shutil.which("mariadb-install-db"), shutil.which("mariadbd", path="/usr/sbin:/usr/bin")
    if not (install and daemon):
        pytest.skip("there is no MariaDB server here (no mariadbd): install the package mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="fastmlp-my-", dir="/tmp"))
    own = {}
    if os.geteuid() == 0:
        user = "mysql" if any(each.pw_name == "mysql" for each in pwd.getpwall()) else "nobody"
        shutil.chown(folder, user)
        own = {"user": user}
    name = pwd.getpwnam(own["user"]).pw_name if own else pwd.getpwuid(os.geteuid()).pw_name
    silent = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **own}
    options = ["--no-defaults", f"--datadir={folder / 'data'}"]
    normal = ["--auth-root-authentication-method=normal", "--skip-test-db", f"--user={name}"]
    subprocess.run([install, *options, *normal], check=True, timeout=60, **silent)
    call = [daemon, *options, f"--socket={folder / 'socket'}", "--skip-networking", f"--pid-file={folder / 'pid'}"]
    process = subprocess.Popen(call, **silent)
    for _ in range(300):
        with socket.socket(socket.AF_UNIX) as listening:  # PyMySQL leaves its own open where nobody listens
            if listening.connect_ex(str(folder / "socket")) == 0:
                break
        time.sleep(0.1)
    import pymysql

    with pymysql.connect(unix_socket=str(folder / "socket"), user="root") as connection:
        connection.cursor().execute("CREATE DATABASE sweeps CHARACTER SET utf8mb4")
    yield f"mysql+pymysql://root@/sweeps?unix_socket={folder / 'socket'}"
    process.terminate()
    process.wait(60)
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", ["journal", "postgresql", "mariadb"])
def test_three_processes_train_each_network_once(kind, command, tmp_path, request):
    store = tmp_path / "journal.log" if kind == "journal" else request.getfixturevalue(kind)
    options = [f"--storage={store}", "--jobs=1", "--epochs=8", "--json"]
    commands = [command(tmp_path / str(number), *options) for number in range(3)]
    team = [subprocess.Popen(each, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for each in commands]
    ends = [process.communicate() for process in team]
    assert [process.returncode for process in team] == [0, 0, 0], ends
    results = [json.loads(out.splitlines()[-1]) for out, _ in ends]
    assert [result["complete"] for result in results] == [12, 12, 12]
    assert sum(result["trained"] for result in results) == 12
    if kind == "journal":
        once_each(store, 12)
    assert table_of(tmp_path / "0") == table_of(tmp_path / "1") == table_of(tmp_path / "2")


def test_a_database_keeps_its_trials_when_a_process_is_killed(postgresql, command, tmp_path):
    options = [f"--storage={postgresql}", "--name=killed", "--jobs=1", "--epochs=20"]
    process = subprocess.Popen(command(tmp_path / "out", *options), stderr=subprocess.PIPE, text=True)
    with store_at(postgresql) as storage:
        while process.poll() is None:  # until one has ended
            names = [study.study_name for study in storage.get_all_studies()]
            trials = optuna.load_study(study_name="killed", storage=storage).trials if "killed" in names else []
            if any(trial.state.is_finished() for trial in trials):
                break
            time.sleep(0.05)
    process.kill()
    process.communicate()
    end = subprocess.run(command(tmp_path / "out", *options, "--json"), capture_output=True, text=True, check=True)
    result = json.loads(end.stdout)
    assert result["complete"] == 12
    assert 0 < result["trained"] < 12


def test_mysql_holds_the_curves_of_a_thousand_epochs(mariadb):
    curve = [[1 / 3, 1 / 3, 1 / 3]] * 2000
    with quiet(), store_at(mariadb) as storage:
        study, _ = open_study(storage, "curves", ["maximize"], {})
        trial = study.ask()
        trial.set_user_attr("results", curve)
    with quiet(), store_at(mariadb) as storage:
        study, _ = open_study(storage, "curves", ["maximize"], {})
        assert study.trials[0].user_attrs["results"] == curve


def test_a_database_that_fails_is_said_in_one_sentence(mariadb):
    url = mariadb.replace("root@", "root:@")
    said = r"The store 'mysql\+pymysql://root:\*\*\*@.* has failed \(.*Data too long"
    with pytest.raises(InputError, match=said), quiet(), store_at(url) as storage:
        open_study(storage, "n" * 600, ["maximize"], {})
