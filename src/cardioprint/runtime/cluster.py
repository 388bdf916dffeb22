"""A Ray cluster: one that runs is joined, else one is started on this machine."""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from cardioprint.errors import CardioprintError

ADDRESS_VARIABLE = "RAY_ADDRESS"
"""Environment variable that names the cluster to join, as for Ray's own commands."""

STORE = 200 * 2**20
"""Bytes of shared memory of a cluster that is started here: only small things pass through it."""

GREETING, SETTINGS = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, *bytes(5)]), b"\x04"
"""How a gRPC client begins, and the kind of frame that a server answers with (RFC 9113, 3.4)."""

PATIENCE = 10.0
"""Seconds that a machine has to answer."""


class Cluster:
    """A Ray cluster, joined when first needed and left at the end of the `with` block.

    Whoever has called `ray.init` before keeps that connection: it is used, and not closed.

    Args:
        address: "auto" (the one that runs on this machine) or "host:port"; "": $RAY_ADDRESS, else
            one is started on this machine, for as long as it is needed.

    Raises:
        CardioprintError: Ray is not installed, or the address is of another kind.
    """

    def __init__(self, address: str = ""):
        self.address = (address or os.environ.get(ADDRESS_VARIABLE, "")).strip()
        self._joined = self._ours = False
        if find_spec("ray") is None:
            raise CardioprintError(
                "this engine needs Ray. Fix: pip install 'cardioprint[ray]', on every machine of "
                "the cluster"
            )
        if "://" in self.address:
            raise CardioprintError(
                f"{self.address}: a job cannot be led from outside the cluster. Fix: run the same "
                "command on one of its machines with --address auto, or hand it in with `ray job "
                "submit`"
            )

    def join(self, cores: int) -> None:
        """Join the cluster or start one, if that has not been done.

        Args:
            cores: Tasks at a time, if one is started.

        Raises:
            CardioprintError: Nobody answers, its versions differ, or it cannot be started.
        """
        if self._joined:
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
            import ray.data
        except ImportError as error:
            raise CardioprintError(
                f"Ray is not complete here ({error}). Fix: pip install 'cardioprint[ray]'"
            ) from error
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # speaks of every job
        if not ray.is_initialized():
            options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
            if self.address not in ("", "local"):
                self._answers()
                options["address"] = self.address
            else:
                options |= {
                    "address": "local",
                    "num_cpus": max(cores, 1),
                    "include_dashboard": False,
                    "object_store_memory": STORE,
                }
            try:
                with warnings.catch_warnings(), _without_address():
                    # Ray's processes are forked only to become other programs.
                    warnings.filterwarnings("ignore", "lance is not fork-safe")
                    ray.init(**options)
            except Exception as error:  # whatever goes wrong in its processes
                ray.shutdown()
                raise self._explained(error) from error
            self._ours = True
        self._joined = True

    def cores(self) -> int:
        """Return how many tasks it can run at a time now, at least 1."""
        import ray

        return max(1, int(ray.cluster_resources().get("CPU", 0)))

    def __enter__(self) -> Cluster:
        """Return the cluster."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it; one that was started here ends."""
        if self._ours:
            import ray

            ray.shutdown()
        self._joined = self._ours = False

    def _answers(self) -> None:
        """Ask whether anybody listens: Ray itself would try for minutes.

        Raises:
            CardioprintError: Nobody does.
        """
        if self.address == "auto":
            return
        host, colon, port = self.address.rpartition(":")
        if not colon or not port.isdecimal():
            raise CardioprintError(
                f"{self.address!r} is no address of a Ray cluster. Fix: give host:port (`ray "
                "start --head` prints it) or auto"
            )
        try:
            with socket.create_connection((host.strip("[]"), int(port)), PATIENCE) as line:
                line.sendall(GREETING)
                if line.recv(9)[3:4] != SETTINGS:
                    raise OSError("something else listens there")
        except (OSError, OverflowError) as error:
            raise CardioprintError(
                f"no Ray cluster answers at {self.address} ({error}). Fix: check the address and "
                "that `ray start --head` has been run there; without an address one is started "
                "on this machine"
            ) from error

    def _explained(self, error: Exception) -> CardioprintError:
        """Return what Ray says, and what can be done."""
        text = " ".join(str(error).split())[:400] or type(error).__name__
        if "Version mismatch" in text:
            return CardioprintError(
                f"the cluster has other versions than this machine ({text}). Fix: install the "
                "same Python, ray and cardioprint on all of its machines"
            )
        if self.address == "auto" and isinstance(error, ConnectionError):
            return CardioprintError(
                "no Ray cluster runs on this machine. Fix: `ray start --head` first, give its "
                "address, or leave --address out to have one started for this run"
            )
        if self.address:
            return CardioprintError(
                f"cannot join the Ray cluster at {self.address} ({text}). Fix: run this on a "
                "machine that belongs to the cluster (`ray start --address=...` makes it one); "
                "where the cluster asks for a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN"
            )
        return CardioprintError(
            f"a Ray cluster cannot be started on this machine ({text}). Fix: free memory, or use "
            "--engine local"
        )


@contextmanager
def _without_address() -> Iterator[None]:
    """Hide the variable from Ray, to which it says more than an argument."""
    held = os.environ.pop(ADDRESS_VARIABLE, None)
    try:
        yield
    finally:
        if held is not None:
            os.environ[ADDRESS_VARIABLE] = held
