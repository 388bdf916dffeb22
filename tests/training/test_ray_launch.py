"""A cluster's ranks are those of a torchrun, and a killed one costs steps, not the run."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import ray_cluster  # before Ray: it sets what Ray reads once a process

torch = pytest.importorskip("torch")
pytest.importorskip("ray.train")

from safetensors.torch import load_file  # noqa: E402

from cardioprint.cli.make import pretrain  # noqa: E402
from cardioprint.errors import CardioprintError  # noqa: E402
from cardioprint.training import ray_launch  # noqa: E402
from cardioprint.training.loop import DeadRunError  # noqa: E402
from cardioprint.training.ray_launch import Ranks, launch  # noqa: E402
from cardioprint.training.recipes import smoke  # noqa: E402

STEPS = 120

TORCHRUN = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
torch.set_num_threads(1)
from cardioprint.corpus.cache import open_cache
from cardioprint.training.loop import train
from cardioprint.training.recipes import smoke

cache, folder, steps = sys.argv[1:]
run = replace(smoke(), steps=int(steps), validate_every=30, save_every=10)
train(run, open_cache(Path(cache)), None, Path(folder))
"""


def run_of(**changes):
    return replace(smoke(), steps=STEPS, validate_every=30, save_every=10, **changes)


@pytest.fixture(scope="module")
def cluster():
    with ray_cluster.two_nodes() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def undisturbed(smoke_cache, tmp_path_factory):
    """Return the weights of a run on two ranks of a torchrun."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "ranks.py").write_text(TORCHRUN)
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    arguments = (folder / "ranks.py", smoke_cache.folder, folder / "run", STEPS)
    done = subprocess.run(
        [sys.executable, *launcher, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return load_file(folder / "run" / "last.safetensors")


def ranks_of_mine():
    """Return the processes that are ranks of this process's cluster, by its token."""
    mine = f"RAY_AUTH_TOKEN={os.environ['RAY_AUTH_TOKEN']}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            named = b"RayTrainWorker" in (process / "cmdline").read_bytes()
            if named and mine in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:  # it ended meanwhile, or is somebody else's
            continue
    return found


def kill_one(folder, killed, after=40):
    """Kill a rank once the run has come this far."""
    log, until = folder / "log.jsonl", time.monotonic() + 400
    while time.monotonic() < until:
        lines = log.read_text().splitlines() if log.exists() else []
        if lines and lines[-1].endswith("}") and json.loads(lines[-1])["step"] >= after:
            killed += ranks_of_mine()
            os.kill(killed[-1], signal.SIGKILL)
            return
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_rank_costs_steps_and_not_the_run(cluster, smoke_cache, undisturbed, tmp_path):
    folder, killed = tmp_path / "run", []
    killer = threading.Thread(target=kill_one, args=(folder, killed))
    killer.start()
    launch(
        run_of(),
        smoke_cache.folder.parent,
        folder,
        wanted=Ranks(number=2),
        address=cluster.address,
    )
    killer.join()
    assert len(killed) == 2
    steps = [json.loads(x)["step"] for x in (folder / "log.jsonl").read_text().splitlines()]
    assert any(b <= a for a, b in pairwise(steps))  # it began again
    assert 0 not in steps[1:]  # but not from the start
    last = load_file(folder / "last.safetensors")
    assert last.keys() == undisturbed.keys()
    for name, value in undisturbed.items():
        torch.testing.assert_close(last[name], value, rtol=0, atol=1e-6, msg=name)
    assert not list(folder.glob(".shared-*"))


@pytest.mark.slow
def test_a_dead_run_is_not_started_again(cluster, smoke_cache, tmp_path):
    broken = run_of(learning_rate=1e30)
    with pytest.raises(DeadRunError, match="step"):
        launch(
            broken,
            smoke_cache.folder.parent,
            tmp_path,
            wanted=Ranks(number=2),
            address=cluster.address,
        )
    lines = [json.loads(x) for x in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [x["step"] for x in lines].count(0) == 1


@pytest.mark.slow
def test_a_cluster_that_cannot_do_it_says_so(cluster, smoke_cache, tmp_path):
    cache = smoke_cache.folder.parent

    def asked(cache=cache, out=tmp_path / "run", **wanted):
        launch(run_of(), cache, out, wanted=Ranks(**wanted), address=cluster.address)

    with pytest.raises(CardioprintError, match="3 ranks need 3 CPUs, and the cluster has 2"):
        asked(number=3)
    with pytest.raises(CardioprintError, match="2 GPUs, and the cluster has 0"):
        asked(number=2, gpu=True)
    with pytest.raises(CardioprintError, match="no cache at"):
        asked(cache=tmp_path, number=2)
    (tmp_path / "file").write_text("")
    with pytest.raises(CardioprintError, match="cannot write into the run folder"):
        asked(out=tmp_path / "file" / "run", number=2)


def test_what_is_wrong_is_said_before_a_cluster_is_asked(smoke_cache, tmp_path, monkeypatch):
    cache = smoke_cache.folder.parent
    for wrong in ({"address": "auto"}, {"ranks": 2}, {"gpu": True}):
        with pytest.raises(CardioprintError, match="--engine ray"):
            pretrain("smoke", cache=cache, out=tmp_path, **wrong)
    ray = {"cache": cache, "out": tmp_path, "engine": "ray"}
    with pytest.raises(CardioprintError, match="at least one rank"):
        pretrain("smoke", **ray, ranks=0)
    with pytest.raises(CardioprintError, match="9 ranks cannot share 8 rows"):
        pretrain("smoke", **ray, ranks=9)
    with pytest.raises(CardioprintError, match="is no address"):
        pretrain("smoke", **ray, address="nowhere")
    with pytest.raises(CardioprintError, match="no Ray cluster answers"):
        pretrain("smoke", **ray, address="127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "ray.train.torch", None)
    with pytest.raises(CardioprintError, match=r"cardioprint\[train,ray\]"):
        pretrain("smoke", **ray)
    monkeypatch.setattr("cardioprint.runtime.cluster.find_spec", lambda name: None)
    with pytest.raises(CardioprintError, match="needs Ray"):
        pretrain("smoke", **ray)
    assert not list(tmp_path.iterdir())


def test_a_machine_is_asked_whether_it_shares_the_folders(smoke_cache, tmp_path, monkeypatch):
    cache = smoke_cache.folder.parent
    with ray_launch._token(tmp_path / "run") as token:
        assert ray_launch._looking(cache, token)() == ""
        elsewhere = ray_launch._looking(cache, token.with_name("unseen"))()
        assert "does not share the run folder" in elsewhere and str(tmp_path / "run") in elsewhere
        assert "has no cache at" in ray_launch._looking(tmp_path, token)()
        monkeypatch.setattr(ray_launch, "installed", lambda: "0.0.1")
        assert "the driver has 0.0.1" in ray_launch._looking(cache, token)()
    assert not list((tmp_path / "run").iterdir())
