"""Jobs that another process finds by name, and what it does with them."""

import os
import signal
import time

from cardioprint.benchmark.tasks.base import Measured
from cardioprint.benchmark.workers import Job
from cardioprint.errors import CardioprintError
from toy_bench import FACTS, toy_rows


def rows(quick):
    return toy_rows()


def run(task, bench):
    raise AssertionError("the functions below measure these jobs")


def job(name, *tables, family="paired"):
    task = Measured(name=name, title="", paper="", facts=FACTS, family=family, run=run)
    return Job(task=task, tables=tables, key="")


def shout(job, say):
    say(f"{job.task.name}: shouting")
    return "" if job.task.name.islower() else f"{job.task.name} is left out"


def make_shout():
    return shout


def fail(job, say):
    if job.task.name != "fine":
        time.sleep(1)  # the other job is finished by then
    if job.task.name == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if job.task.name == "known":
        raise CardioprintError("the table is damaged. Fix: fetch it again")
    if job.task.name == "bug":
        raise ZeroDivisionError("by zero")
    return ""


def make_fail():
    return fail
