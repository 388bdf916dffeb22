"""ONNX graphs of an M2AE: two encoders, the bottleneck, two decoders; float32 and int8.

Five small graphs instead of one for each combination: weights are stored once, and an absent
modality's encoder is never run.
"""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from pathlib import Path

import torch
from einops import rearrange
from torch import Tensor, nn

from cardioprint.models.m2ae import M2AE, MODALITIES, Encoded, whole
from cardioprint.runtime.folder import digest

QUANTISED = ["MatMul", "Gemm"]
"""Operators that are quantised."""

READOUT = 2
"""Matrix products of the read-out, the bottleneck's last. They stay exact: in 8 bits they cost
most of the agreement (smallest cosine of PPG fingerprints 0.993 against 0.999) for 0.3 MB."""


COURSE = 7
"""Matrix products of a course: unfolding, widening, listening, both waves, two of reading."""


class EncoderGraph(nn.Module):
    """samples, valid -> one token a patch, which patches count, and the window's course."""

    def __init__(self, model: M2AE, modality: str):
        super().__init__()
        self.model, self.modality = model, modality

    def forward(self, samples: Tensor, valid: Tensor) -> tuple[Tensor, ...]:
        """Return tokens (batch, patch, feature), keep (batch, patch), course (batch, print).

        The last only for a model that reads it.
        """
        view = whole(samples, valid, self.model.config.patch)
        assert view.keep is not None
        encoded = self.model.encoders[self.modality](view)
        if not self.model.courses:
            return encoded.tokens, view.keep
        return encoded.tokens, view.keep, self.model.course(self.modality, encoded)[0]


class BottleneckGraph(nn.Module):
    """Both encoders' tokens -> the bottleneck's tokens and the fingerprint."""

    def __init__(self, model: M2AE):
        super().__init__()
        self.model = model

    def forward(
        self,
        ecg_tokens: Tensor,
        ecg_keep: Tensor,
        ppg_tokens: Tensor,
        ppg_keep: Tensor,
        ecg_course: Tensor | None = None,
        ppg_course: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return tokens (batch, latent, feature) and fingerprint (batch, feature)."""
        at = torch.arange(self.model.config.patches).expand(ecg_keep.shape[0], -1)
        given = ((ecg_tokens, ecg_keep), (ppg_tokens, ppg_keep))
        encoded = {
            m: Encoded(tokens=tokens, at=at, keep=keep)
            for m, (tokens, keep) in zip(MODALITIES, given, strict=True)
        }
        courses = []
        for course, keep in ((ecg_course, ecg_keep), (ppg_course, ppg_keep)):
            if course is not None:
                courses.append((course, keep.any(dim=1, keepdim=True).to(course.dtype)))
        z = self.model.bottleneck(encoded)
        return z, self.model.summary(z, courses)


class DecoderGraph(nn.Module):
    """The bottleneck's tokens -> one modality's window."""

    def __init__(self, model: M2AE, modality: str):
        super().__init__()
        self.decoder = model.decoders[modality]

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the window, (batch, time)."""
        return rearrange(self.decoder(tokens), "b p s -> b (p s)")


def export(model: M2AE, folder: Path, *, int8: bool = True, float32: bool = False) -> list[Path]:
    """Write a model's graphs into its folder and their hashes into its model.json.

    Args:
        model: The model.
        folder: A folder written by `save_pretrained`.
        int8: Write graphs with 8-bit weights and dynamically quantised activations.
        float32: Write graphs in full precision.

    Returns:
        The files written.
    """
    model = model.eval()
    c = model.config
    samples, valid = torch.randn(3, c.window_samples), torch.ones(3, c.window_samples).bool()
    tokens, keep = torch.randn(3, c.patches, c.features), torch.ones(3, c.patches).bool()
    latents = torch.randn(3, c.latents, c.features)
    courses = tuple(torch.randn(3, c.fingerprint) for _ in MODALITIES if c.course)
    named = [f"{m}_course" for m in MODALITIES if c.course]
    written: list[Path] = []
    graphs: list[tuple[str, nn.Module, tuple[Tensor, ...], list[str], list[str]]] = [
        (
            "bottleneck",
            BottleneckGraph(model),
            # Clones: the exporter takes one tensor given twice for one input.
            (tokens, keep, tokens.clone(), keep.clone(), *courses),
            ["ecg_tokens", "ecg_keep", "ppg_tokens", "ppg_keep", *named],
            ["tokens", "fingerprint"],
        ),
    ]
    for m in MODALITIES:
        graphs.append(
            (
                f"encoder_{m}",
                EncoderGraph(model, m),
                (samples, valid),
                ["samples", "valid"],
                ["tokens", "keep", *(["course"] if c.course else [])],
            )
        )
        graphs.append((f"decoder_{m}", DecoderGraph(model, m), (latents,), ["tokens"], ["window"]))
    for name, graph, inputs, names_in, names_out in graphs:
        with tempfile.TemporaryDirectory() as scratch:
            full = Path(scratch) / f"{name}.float32.onnx"
            _trace(graph, inputs, names_in, names_out, full)
            if float32:
                target = folder / full.name
                target.write_bytes(full.read_bytes())
                written.append(target)
            if int8:
                target = folder / f"{name}.int8.onnx"
                course = COURSE if c.course and name.startswith("encoder") else 0
                _quantise(full, target, exact=READOUT if name == "bottleneck" else course)
                written.append(target)
    about = json.loads((folder / "model.json").read_text())
    about["files"] |= {path.name: digest(path) for path in written}
    (folder / "model.json").write_text(json.dumps(about, indent=1) + "\n")
    return written


def _trace(
    graph: nn.Module,
    inputs: tuple[Tensor, ...],
    names_in: list[str],
    names_out: list[str],
    path: Path,
) -> None:
    batch = torch.export.Dim("batch", min=1, max=65536)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        torch.onnx.export(
            graph,
            inputs,
            str(path),
            input_names=names_in,
            output_names=names_out,
            dynamic_shapes=tuple({0: batch} for _ in inputs),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _quantise(full: Path, target: Path, *, exact: int = 0) -> None:
    """Quantise the matrix products' weights to 7 of 8 bits, one scale an output column.

    Where a processor adds pairs of products in 16 bits (AVX2 and AVX-512 without VNNI), full 8-bit
    weights overflow in silence: fingerprints had cosines down to 0.56. Seven bits cannot.

    The last `exact` products stay in float32.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ready = full.with_suffix(".ready.onnx")
    root = logging.getLogger()  # where onnxruntime's tools speak, at length
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        quant_pre_process(str(full), str(ready), skip_symbolic_shape=True)
        products: list[str] = []
        if exact:
            nodes = onnx.load(str(ready)).graph.node
            products = [n.name for n in nodes if n.op_type in QUANTISED][-exact:]
        quantize_dynamic(
            str(ready),
            str(target),
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=QUANTISED,
            nodes_to_exclude=products,
        )
    finally:
        root.setLevel(level)
