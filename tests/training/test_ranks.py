"""Several processes are one: the same steps, the same checkpoint, resumable on another number."""

import json
import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from cardioprint.training import ranks  # noqa: E402

STEPS = 6

SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
torch.set_num_threads(1)
from cardioprint.corpus.cache import open_cache
from cardioprint.training import loop
from cardioprint.training.machine import Machine
from cardioprint.training.recipes import smoke

cache, folder, strategy, steps, broken = sys.argv[1:]
if broken == "broken":  # one rank alone meets a loss that is no number
    everywhere = loop.ranks.everywhere
    def one_is_not(good):
        return everywhere(good & torch.tensor(loop.ranks.place() == 0))
    loop.ranks.everywhere = one_is_not
cache = open_cache(Path(cache))
run = replace(smoke(), steps=int(steps), validate_every=3, save_every=3)
# A run of three steps and one of six are to begin alike.
run = replace(run, objective=replace(run.objective, fade=(-1.0, -0.5), centre=0.1))
loop.schedule = lambda step, run: 1.0
loop.train(run, cache, cache, Path(folder), Machine(bfloat16=False, strategy=strategy))
"""


def started(folder, cache, *, number, strategy="ddp", steps=STEPS, broken=""):
    script = folder.parent / "ranks.py"
    script.write_text(SCRIPT)
    arguments = [str(script), str(cache.folder), str(folder), strategy, str(steps), broken]
    return subprocess.run(
        [
            sys.executable,
            *("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(number)),
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def alone(smoke_cache, tmp_path_factory):
    """Weights and log of six steps in one process."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    done = started(folder, smoke_cache, number=1)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def agree(folder, alone):
    """Compare averaged weights and everything the log says but speed."""
    one, other = (load_file(f / "last.safetensors") for f in (alone, folder))
    assert one.keys() == other.keys()
    for name in one:
        # AdamW divides by the root of a mean square: where gradients are nearly nothing, rounding
        # decides the sign of a step of the size of the learning rate.
        if name.startswith("average."):
            torch.testing.assert_close(other[name], one[name], rtol=1e-3, atol=2e-4, msg=name)
    logs = [
        [json.loads(x) for x in (f / "log.jsonl").read_text().splitlines()] for f in (alone, folder)
    ]
    ends = [next(x for x in reversed(log) if x["kind"] == "valid") for log in logs]
    assert ends[0].keys() == ends[1].keys()
    for key in ends[0]:
        if key != "kind":
            assert ends[1][key] == pytest.approx(ends[0][key], rel=2e-3, abs=2e-3), key


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ("ddp", "fsdp"))
def test_two_ranks_equal_one(smoke_cache, alone, tmp_path, strategy):
    done = started(tmp_path / "run", smoke_cache, number=2, strategy=strategy)
    assert done.returncode == 0, done.stderr[-3000:]
    agree(tmp_path / "run", alone)


@pytest.mark.slow
def test_a_run_goes_on_with_another_number_of_ranks(smoke_cache, alone, tmp_path):
    folder = tmp_path / "run"
    for number, strategy, steps in ((2, "fsdp", 3), (1, "ddp", STEPS)):
        done = started(folder, smoke_cache, number=number, strategy=strategy, steps=steps)
        assert done.returncode == 0, done.stderr[-3000:]
    agree(folder, alone)


@pytest.mark.slow
def test_no_rank_goes_on_without_the_others(smoke_cache, tmp_path):
    done = started(tmp_path / "run", smoke_cache, number=2, broken="broken")
    assert done.returncode != 0
    assert "DeadRunError" in done.stderr


def test_one_process_is_all_ranks():
    x = torch.arange(6.0).reshape(3, 2).requires_grad_()
    assert ranks.number() == 1
    assert ranks.place() == 0
    assert ranks.gather(x) is x
    assert torch.equal(ranks.mean(x), x)
    assert ranks.everywhere(torch.tensor(True))
    assert not ranks.everywhere(torch.tensor(False))
