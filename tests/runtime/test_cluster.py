import os
import socket
import subprocess
import sys
import threading

import pytest

from cardioprint.errors import CardioprintError
from cardioprint.runtime import attempt, cluster
from cardioprint.runtime.cluster import Cluster


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(CardioprintError, match=r"pip install 'cardioprint\[ray\]'"):
        Cluster()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1"),
        ("no.such.host.invalid:6379", "no Ray cluster answers"),
        ("127.0.0.1:99999999", "no Ray cluster answers"),
        ("nonsense", "no address of a Ray cluster"),
        ("ray://127.0.0.1:10001", "cannot be led from outside the cluster"),
    ],
)
def test_an_address_that_does_not_answer(address, message, monkeypatch):
    pytest.importorskip("ray.data")
    monkeypatch.setenv("RAY_ADDRESS", address)
    for given in (address, ""):
        with pytest.raises(CardioprintError, match=message), Cluster(given) as one:
            one.join(1)


def test_something_else_that_listens_is_found_out():
    pytest.importorskip("ray.data")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"

        def answer():
            line, _ = server.accept()
            with line:
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(CardioprintError, match="something else listens"):
            Cluster(address).join(1)


def test_versions_that_differ_are_told(monkeypatch):
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")

    def init(**_):
        raise RuntimeError("Version mismatch: The cluster was started with:\n    Ray: 2.0.0")

    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(Cluster, "_answers", lambda self: None)
    with pytest.raises(CardioprintError, match=r"Ray: 2\.0\.0.*install the same"):
        Cluster("127.0.0.1:6379").join(1)


def test_nothing_heavy_is_loaded_before_it_is_needed():
    code = (
        "import sys, cardioprint.corpus.ray_engine, cardioprint.fingerprints.ray_engine;"
        "assert not {'ray', 'pyarrow', 'lance', 'torch'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})


class TestDiary:
    def test_a_worker_that_died_on_a_step_is_remembered(self, monkeypatch):
        monkeypatch.setattr(attempt, "_alive", lambda node: True)
        diary = attempt.Diary()
        assert diary.begin(7, "node") is None
        diary.note(7, 3)
        assert diary.begin(7, "node") == diary.last(7) == 3
        assert diary.begin(8, "node") is None

    def test_a_machine_that_died_says_nothing_of_the_work(self, monkeypatch):
        monkeypatch.setattr(attempt, "_alive", lambda node: node == "other")
        diary = attempt.Diary()
        diary.begin(7, "node")
        diary.note(7, 3)
        assert diary.begin(7, "other") is None
        assert diary.last(7) == -1

    def test_an_attempt_whose_result_was_lost_is_made_again(self, monkeypatch):
        monkeypatch.setattr(attempt, "_alive", lambda node: True)
        diary = attempt.Diary()
        diary.begin(7, "node")
        diary.end(7)
        assert diary.begin(7, "node") is None
