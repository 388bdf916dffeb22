"""Tasks in several processes: the same figures, each table with one worker, a death is told."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from cardioprint.benchmark import results, run, workers
from cardioprint.benchmark.run import Settings
from cardioprint.benchmark.tasks.catalogue import TASKS
from cardioprint.benchmark.workers import Job, grouped, side_by_side
from cardioprint.errors import CardioprintError
from toy_bench import toy_people, toy_task
from toy_jobs import job, make_fail, make_shout, rows


def names(groups):
    return [[j.task.name for j in g.jobs] for g in groups]


def test_tasks_that_share_a_table_stay_together_in_order_and_transfers_come_last():
    jobs = [
        job("carried", "ecgid", "ppg_bp", family="transfer"),
        job("a", "bidmc", "ecgid"),
        job("b", "five_class"),
        job("c", "ecgid"),
        job("d"),
        job("e", "bidmc"),
        job("f", "rhythm_ppg"),
    ]
    found = grouped(jobs)
    assert names(found) == [["f"], ["a", "c", "e"], ["b"], ["d"], ["carried"]]
    assert found[-1].after == {"ecgid", "ppg_bp"} and not found[-1].tables


def test_every_task_of_the_catalogue_is_in_one_group_and_named_tables_exist():
    jobs = [Job(task=t, tables=run.needed(t), key="") for t in TASKS.values()]
    found = grouped(jobs)
    assert sorted(name for group in names(found) for name in group) == sorted(TASKS)
    known = {t for j in jobs for t in j.tables} | set(TASKS)
    assert set(workers.COSTLIEST) <= known
    for k, group in enumerate(found):
        assert not any(group.tables & later.tables for later in found[k + 1 :])
        assert group.after <= frozenset().union(*(g.tables for g in found[:k]))


def test_processes_do_all_jobs_and_say_so():
    jobs = [job("a", "x"), job("b", "y"), job("C", "x"), job("last", "x", "y", family="transfer")]
    said = []
    ends = list(side_by_side(grouped(jobs), make_shout, 2, lambda *what: said.append(what)))
    assert {j.task.name: why for j, why in ends} == {
        "a": "",
        "b": "",
        "C": "C is left out",
        "last": "",
    }
    order = [j.task.name for j, _ in ends]
    assert order.index("a") < order.index("C") < order.index("last") and order[-1] == "last"
    assert any("shouting" in text for text, _ in said)
    assert [done for _, done in said] == sorted(done for _, done in said)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("killed", r"measured killed was ended by SIGKILL \(out of memory\?\).*same command again"),
        ("known", "the table is damaged. Fix: fetch it again"),
        ("bug", "bug: ZeroDivisionError: by zero. Fix: --workers 1"),
    ],
)
def test_a_death_is_one_sentence_and_what_was_finished_is_kept(name, message):
    done = []
    with pytest.raises(CardioprintError, match=message):
        for ended, _ in side_by_side(
            grouped([job("fine", "x"), job(name, "y"), job("never", "y")]), make_fail, 2, print
        ):
            done.append(ended.task.name)
    assert "never" not in done


def test_two_workers_find_what_one_finds(tmp_path, monkeypatch):
    made = partial(toy_task, load=rows)
    for k, table in enumerate(("ppg_bp", "uci_bp", "ppg_bp")):
        monkeypatch.setitem(run.TASKS, f"toy{k}", made(name=f"toy{k}", tables=(table,)))
    monkeypatch.setattr(run, "path_of", lambda table: tmp_path)  # toys read no table
    monkeypatch.setattr(run, "_report", lambda folder: None)
    tasks = ("toy0", "toy1", "toy2")
    found = []
    for count in (1, 2):
        out = tmp_path / str(count)
        asked = Settings(out=out, tasks=tasks, quick=True, workers=count)
        told = run.run(asked, people=toy_people())
        assert told.tasks == tasks and told.columns[0].dimension == 12
        assert all(c.seconds > 0 for c in told.columns)
        parts = [results.load_task(out / "tasks" / f"{t}.json") for t in tasks]
        found.append([results._plain({**vars(p), "seconds": 0.0}) for p in parts])
    assert found[0] == found[1]


def test_a_process_ends_with_its_killed_parent(tmp_path):
    """Whoever kills the command with -9 finds no process left, and goes on with a rerun."""
    program = tmp_path / "program.py"
    program.write_text(
        "import os, time\n"
        "from pathlib import Path\n"
        "from cardioprint.benchmark.workers import grouped, side_by_side\n"
        "from toy_jobs import job\n"
        "def wait(job, say):\n"
        f"    Path({str(tmp_path)!r}, job.task.name).write_text(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "def make():\n"
        "    return wait\n"
        "if __name__ == '__main__':\n"
        "    list(side_by_side(grouped([job('a', 'x'), job('b', 'y')]), make, 2, print))\n"
    )
    path = os.pathsep.join(p for p in sys.path if p)
    parent = subprocess.Popen([sys.executable, program], env={**os.environ, "PYTHONPATH": path})
    noted = [tmp_path / "a", tmp_path / "b"]
    try:
        wait_until(lambda: all(p.exists() and p.read_text() for p in noted))
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not any(alive(int(p.read_text())) for p in noted))


def wait_until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
