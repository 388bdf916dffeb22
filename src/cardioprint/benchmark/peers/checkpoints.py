"""Weights from files of others, read without running anything that is in them.

`.safetensors` holds numbers and nothing else. `.pt`, `.pth` and `.pkl` are pickles, which can
run code; they are read by PyTorch's restricted unpickler alone, and a file that it refuses
stays closed.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor, nn

WRAPPERS = ("state_dict", "model_state_dict", "model_state", "net", "model")
"""Keys under which authors keep the tensors of a checkpoint."""


def read_tensors(path: Path, who: str, where: str) -> dict[str, Tensor]:
    """Return the tensors of a file by name.

    Args:
        path: The file.
        who: The model, for messages.
        where: Where its authors publish it and under which licence, for messages.

    Raises:
        ModelError: The file is absent, damaged, unsafe or holds no tensors.
    """
    if not path.is_file():
        raise ModelError(
            f"{path}: no such file. The weights of {who} are not part of cardioprint. "
            f"Fix: get them from {where}, and give the path"
        )
    state = _safetensors(path, who) if path.suffix == ".safetensors" else _restricted(path, who)
    for key in WRAPPERS:
        inner = state.get(key)
        if isinstance(inner, Mapping):
            state = dict(inner)
            break
    tensors = {str(k).removeprefix("module."): v for k, v in state.items() if _is_tensor(v)}
    # A tensor may claim a billion numbers and store one; networks are built to such sizes.
    hollow = [k for k, v in tensors.items() if v.nbytes > v.untyped_storage().nbytes()]
    if hollow:
        raise ModelError(f"{path}: {hollow[0]} stores fewer numbers than it claims. Fix: get {who}")
    if not tensors:
        raise ModelError(
            f"{path}: holds no tensors by name. Fix: give the checkpoint of {who} as published"
        )
    return {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}


def _is_tensor(value: object) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _safetensors(path: Path, who: str) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(
            f"{path}: not a readable safetensors file ({error}). Fix: get {who} again"
        ) from None


def _restricted(path: Path, who: str) -> dict[str, Any]:
    import torch

    # Scores that authors keep beside the tensors as NumPy numbers; neither runs anything.
    # NumPy 1 knew the first of them by another name.
    scalar = np.float64(0).__reduce__()[0]
    harmless: list[Any] = [
        scalar,
        (scalar, "numpy.core.multiarray.scalar"),
        np.dtype,
        *(type(np.dtype(t)) for t in (np.float32, np.float64, np.int64)),
    ]
    try:
        with torch.serialization.safe_globals(harmless):
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"{path}: not opened, it holds more than numbers or is damaged ({reason}). "
            f"Fix: get the checkpoint of {who} from its authors, or convert it to safetensors"
        ) from None
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(
            f"{path}: not a readable checkpoint ({type(error).__name__}). Fix: get {who} again"
        ) from None
    if not isinstance(found, Mapping):
        raise ModelError(f"{path}: holds a {type(found).__name__}. Fix: give a checkpoint of {who}")
    return dict(found)


def load_strict(network: nn.Module, state: Mapping[str, Tensor], who: str, source: object) -> None:
    """Put tensors into a network that must fit name by name and shape by shape.

    Raises:
        ModelError: A name is missing, left over, or of another shape.
    """
    wanted = network.state_dict()
    # Counters of batch norms are absent from files of PyTorch before 0.4.1, and mean nothing here.
    absent = {k for k in wanted.keys() - state.keys() if not k.endswith("num_batches_tracked")}
    extra = state.keys() - wanted.keys()
    other = [k for k in wanted.keys() & state.keys() if wanted[k].shape != state[k].shape]
    wrong = []
    if absent:
        wrong.append(f"{len(absent)} tensors are missing (first {min(absent)})")
    if extra:
        wrong.append(f"{len(extra)} do not belong (first {min(extra)})")
    if other:
        k = min(other)
        wrong.append(
            f"{len(other)} have other shapes ({k}: {tuple(state[k].shape)} for "
            f"{tuple(wanted[k].shape)})"
        )
    if wrong:
        raise ModelError(
            f"{source}: not the weights of {who}: {'; '.join(wrong)}. "
            "Fix: give the published checkpoint of this model and size"
        )
    counters = {k: v for k, v in wanted.items() if k not in state}
    network.load_state_dict({**counters, **state}, strict=True)
