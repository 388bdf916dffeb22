"""What a run says of itself, for people, scripts and TensorBoard."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cardioprint.training.recipes import Run


class Log:
    """JSON lines for people and scripts, TensorBoard where it is installed.

    Args:
        folder: Of the run.
        run: The whole configuration, for run.json.
        enabled: Whether this rank is the one that writes.
        machine: What the run runs on, for run.json.
    """

    def __init__(
        self, folder: Path, run: Run, *, enabled: bool, machine: Mapping[str, Any] | None = None
    ):
        self.enabled, self.path = enabled, folder / "log.jsonl"
        self.board: Any = None
        if enabled:
            if self.path.exists():  # a kill may have left half a line
                os.truncate(self.path, len(_lines(self.path)))
            resolved = {**dataclasses.asdict(run), "machine": dict(machine or {})}
            (folder / "run.json").write_text(json.dumps(resolved, indent=1))
            try:
                from torch.utils.tensorboard import SummaryWriter

                self.board = SummaryWriter(str(folder))
            except ImportError:
                pass

    def write(self, kind: str, step: int, values: dict[str, Any]) -> None:
        """Append one line."""
        if not self.enabled:
            return
        plain = {k: round(float(v), 5) for k, v in values.items()}
        with self.path.open("a") as file:
            file.write(json.dumps({"kind": kind, "step": step, **plain}) + "\n")
        if self.board is not None:
            for key, value in plain.items():
                self.board.add_scalar(f"{kind}/{key}", value, step)


def lowest(log: Path) -> float:
    """Return the lowest validation loss of a run so far; infinity where there is none."""
    if not log.exists():
        return math.inf
    lines = [json.loads(line) for line in _lines(log).splitlines()]
    return min((d["loss"] for d in lines if d["kind"] == "valid"), default=math.inf)


def _lines(log: Path) -> bytes:
    """Return a log's whole lines."""
    text = log.read_bytes()
    return text[: text.rfind(b"\n") + 1]
