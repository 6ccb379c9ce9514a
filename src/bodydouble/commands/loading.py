"""What several commands load: a double from its file, a body model by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bodydouble.errors import InputError
from bodydouble.options import Device, select_device

if TYPE_CHECKING:
    from bodydouble.body import BodyModel
    from bodydouble.double import Double


def load_double(path: Path, body_file: Path | None, weights: str | None, device: Device) -> Double:
    from bodydouble.double import Double

    body = None if body_file is None else licensed_body(body_file)
    return Double.load(path, body, weights).to(select_device(device))


def named_body(name: str, body_file: Path | None) -> str | BodyModel:
    """What is asked for by that name; SMPL-X comes from the user's file."""
    return licensed_body(body_file) if name == "smplx" else name


def licensed_body(body_file: Path | None) -> BodyModel:
    from bodydouble.body import body_model

    if body_file is None:
        raise InputError("--body smplx needs your own licensed model; name it with --body-file SMPLX_NEUTRAL.npz")
    return body_model("smplx", path=body_file)
