"""Pieces of work on a cluster of this machine."""

import os
import signal
import time

import pytest

import ray_cluster  # noqa: F401 (the variables it sets)
from cardioprint.errors import CardioprintError
from cardioprint.runtime.cluster import Cluster
from cardioprint.runtime.spread import EVERY_CORE, Died, Failed, spread

pytest.importorskip("ray.data")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        with Cluster() as cluster:
            cluster.join(2)
            yield cluster


def test_every_piece_ends_once_however_it_ends(cluster):
    def work(item, *, report):
        for step in range(3):
            report(step)
            if item == "dies" and step == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            if item == "fails":
                raise ValueError("it is wrong")
            if item == "is refused":
                raise CardioprintError("no room")
        return item.upper()

    items = ["a", "dies", "fails", "is refused", *"bcdefgh"]
    ends = list(spread(items, work, cluster=cluster, workers=EVERY_CORE))
    assert sorted(n for n, _ in ends) == list(range(len(items)))
    by_item = {items[n]: outcome for n, outcome in ends}
    assert by_item.pop("dies") == Died(at=2)
    assert by_item.pop("fails") == Failed(message="ValueError: it is wrong")
    assert by_item.pop("is refused") == Failed(message="no room")
    assert by_item == {k: k.upper() for k in by_item}


def test_results_come_as_they_end_and_no_more_run_than_asked_for(cluster, tmp_path):
    def work(item, *, report):
        running = tmp_path / str(item)
        running.touch()
        assert len(list(tmp_path.iterdir())) <= 1
        time.sleep(0.2)
        running.unlink()
        return time.time()

    came = []
    for _, ended in spread(range(5), work, cluster=cluster, workers=1):
        came.append(time.time() - ended)
    assert max(came[:-1]) < 1.0


def test_a_machine_without_the_package_is_named(cluster):
    def work(item, *, report):
        import no_such_module_anywhere  # noqa: F401  # type: ignore[import-not-found]

    with pytest.raises(CardioprintError, match=r"machine .* cannot do this work: No module named"):
        list(spread([1], work, cluster=cluster, workers=1))
