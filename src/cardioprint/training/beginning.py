"""What a run begins with: fresh weights, or those of a finished model as far as they fit."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from cardioprint.errors import ModelError
from cardioprint.models.m2ae import M2AE
from cardioprint.models.pretrained import load_pretrained
from cardioprint.runtime.folder import read_about, resolve
from cardioprint.training.objective import Objective
from cardioprint.training.recipes import Run

READOUT = ("readout.", "courses.")
"""Parts of a model between its tokens and the fingerprint."""

QUIET = 0.5
"""Spread of what a finished read-out gives beside a new course, whose spread begins there. At the
3.3 that the first weights had, the course was 3 % of a number's variance after 1,600 steps, and a
linear probe could not find in it the heart rate that it held."""


def starting_from(run: Run, start: str) -> Run:
    """Return a run that begins with a finished model and takes its sizes.

    Args:
        run: The recipe; its read-out of courses is kept where the model has none.
        start: Packaged model or model folder.

    Raises:
        UnknownNameError: There is no such model.
        ModelError: Its files are damaged.
    """
    known = load_pretrained(start).config
    model = replace(known, course=known.course or run.model.course)
    return replace(run, start=start, model=model)


def learnt_before(run: Run) -> tuple[str, ...] | None:
    """Return the databases that a run's beginning has learnt from; None where nobody knows.

    Raises:
        UnknownNameError: No model of the name that it is to start from.
        ModelError: That model's files are damaged.
    """
    if not run.start:
        return ()
    told = read_about(resolve(run.start)).get("databases")
    return None if told is None else tuple(told)


def begin(run: Run) -> Objective:
    """Return a run's objective before its first step.

    With `run.learn` "readout" only what lies between tokens and fingerprint learns.

    Raises:
        UnknownNameError: No model of the name that it is to start from.
        ModelError: That model's files are damaged, or its encoders do not fit.
    """
    torch.manual_seed(run.seed)
    objective = Objective(M2AE(run.model), run.objective)
    if run.start:
        _take_over(objective.model, run.start)
    if run.learn == "readout":
        for name, parameter in objective.model.named_parameters():
            parameter.requires_grad_(name.startswith(READOUT))
    return objective


def _take_over(model: M2AE, start: str) -> None:
    """Copy another model's weights wherever name and size agree."""
    other = load_pretrained(start)
    own, known = model.state_dict(), other.state_dict()
    fitting = {k: v for k, v in known.items() if k in own and v.shape == own[k].shape}
    if any(k.startswith("encoders.") and k not in fitting for k in own):
        raise ModelError(
            f"the encoders of {start!r} do not fit the sizes of this recipe. Fix: give the model "
            "with --start, and the recipe takes its sizes"
        )
    model.load_state_dict(fitting, strict=False)
    _centre(model)
    if model.courses and not other.courses:
        _quieten(model)


@torch.no_grad()
def _centre(model: M2AE) -> None:
    """Let the read-out itself take off what all fingerprints have in common; they stay the same."""
    last = model.readout[-1]
    assert isinstance(last, nn.Linear)
    last.bias.sub_(model.centre)
    model.centre.zero_()


@torch.no_grad()
def _quieten(model: M2AE) -> None:
    """Bring the tokens' part of a fingerprint about 0 to a small spread, the same otherwise."""
    last = model.readout[-1]
    assert isinstance(last, nn.Linear)
    gain = QUIET / model.spread
    last.bias.mul_(gain)
    last.weight.mul_(gain[:, None])
    model.spread.fill_(QUIET)
