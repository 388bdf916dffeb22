"""Ray clusters of several nodes on this machine, and builds on them that can be killed."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

# Ray reads these once a process, and machines of one cluster have to agree on them.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))

NODE = {"num_cpus": 1, "object_store_memory": 100 * 2**20}


@contextmanager
def two_nodes() -> Iterator[Any]:
    """Yield a `ray.cluster_utils.Cluster` of two nodes with one core each."""
    before = dict(os.environ)
    os.environ |= {
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": "1",
        "RAY_raylet_start_wait_time_s": "180",
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    os.environ.pop("RAY_ADDRESS", None)
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    try:
        cluster.add_node(**NODE)
        yield cluster
    finally:
        cluster.shutdown()
        os.environ.clear()
        os.environ |= before


def worker_nodes(cluster: Any) -> list[Any]:
    """Return the nodes that may be removed: all but the head."""
    return [node for node in cluster.list_all_nodes() if node is not cluster.head_node]


def main(arguments: list[str]) -> None:
    """Build on a cluster: SOURCE OUT ADDRESS; commits every second and says when it did."""
    import tiny_database as tiny
    from cardioprint.corpus import build as builds
    from cardioprint.corpus import units

    folder, out, address = arguments
    units.UNIT_RECORDS = 2
    builds.COMMIT_EVERY["ray"] = 1.0
    report = builds.build(
        [tiny.source(Path(folder))],
        out,
        engine="ray",
        address=address,
        progress=lambda p: print(json.dumps({"records": p.records}), flush=True),
    )
    print(json.dumps({"added": report.added, "kept": report.kept}), flush=True)


def started(*arguments: object) -> subprocess.Popen:
    """Start `main` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "import sys, ray_cluster as r; r.main(sys.argv[1:])"]
        + [str(a) for a in arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
