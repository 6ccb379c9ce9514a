"""Writing and reading `.double` files: one safetensors file of numbers and a line of JSON; nothing is executed.

`double_format` says what the file holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from bodydouble.body import BodyModel, body_model
from bodydouble.body.layout import layout_fingerprint
from bodydouble.double_format import KEY, read_contents, surface_tensor
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.fit_tensors import fit_from_tensors, fit_to_tensors
from bodydouble.metadata import FORMAT_VERSION, Metadata
from bodydouble.surface_tensors import (
    NAMES,
    describe_surface,
    shade_from_bytes,
    shade_to_bytes,
    surface_from_tensors,
    surface_to_tensors,
    to_bytes,
    to_half,
)
from bodydouble.values import BodyFit, Surface, Texture

_READY_MADE = ("anny",)  # body models that need no file of the user's


def write_double(
    path: str | Path, fit: BodyFit, texture: Texture, attached: tuple[Surface, ...], metadata: Metadata
) -> None:
    """Write a `.double` file, whole or not at all.

    Args:
        texture: the body's.
        attached: the surfaces that hang off the body.

    Raises:
        InputError: the name does not end in .double, or the folder does not exist.
    """
    if Path(path).suffix.lower() != ".double":
        raise InputError(f"cannot write {path}: a double's file name ends in .double")
    tensors = {
        "texture.rgb": to_bytes(texture.rgb),
        "texture.confidence": to_bytes(texture.confidence),
        **fit_to_tensors(fit),
    }
    if texture.labels is not None:
        tensors["texture.labels"] = texture.labels
    if texture.shade is not None:
        tensors["texture.shade"] = shade_to_bytes(texture.shade)
    if texture.neural is not None:
        tensors["texture.neural"] = to_half(texture.neural)
    for number, surface in enumerate(attached):
        tensors |= {surface_tensor(number, name): each for name, each in surface_to_tensors(surface).items()}
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    metadata = replace(metadata, format_version=FORMAT_VERSION, surfaces=tuple(map(describe_surface, attached)))
    with whole_file(path) as temporary:
        temporary.write_bytes(save(tensors, {KEY: metadata.to_json()}))


def read_double(path: str | Path) -> tuple[BodyFit, Texture, tuple[Surface, ...], Metadata]:
    """Read a `.double` file, trusting nothing in it; whether surfaces fit the body is not known here.

    Raises:
        InputError: no such file, not a double, damaged, of a newer major version, or with tensors that are missing,
            unknown, of another type or shape, or not finite.
    """
    contents = read_contents(Path(path))
    tensors = {name: torch.from_numpy(array) for name, array in contents.arrays.items()}
    neural, shade = tensors.get("texture.neural"), tensors.get("texture.shade")
    texture = Texture(
        rgb=tensors["texture.rgb"].float() / 255,
        confidence=tensors["texture.confidence"].float() / 255,
        labels=tensors.get("texture.labels"),
        shade=None if shade is None else shade_from_bytes(shade),
        neural=None if neural is None else neural.float(),
    )
    attached = tuple(
        surface_from_tensors(path, facts, _tensors_of(tensors, number))
        for number, facts in enumerate(contents.metadata.surfaces)
    )
    return fit_from_tensors(tensors), texture, attached, contents.metadata


def match_body(path: str | Path, fit: BodyFit, metadata: Metadata, body: BodyModel | None) -> BodyModel:
    """The body model that a double's file goes with.

    Args:
        path: of the file, for messages; `fit` and `metadata` are what it holds.
        body: the caller's; None: the one that the file names, if it needs no file of the user's.

    Raises:
        InputError: none was given where one is needed, or the file goes with another.
    """
    if body is None:
        # A file must not choose which code runs, so only names known here are looked up.
        if metadata.body_model not in _READY_MADE:
            raise InputError(f"{path} was made with the body model {metadata.body_model!r}; load it with that model")
        body = body_model(metadata.body_model)
    counts = (len(fit.shape.coefficients), len(fit.pose.joints), len(fit.pose.expression))
    expected = (len(body.shape_names), len(body.joint_names), len(body.expression_names))
    if counts != expected or len(fit.clothing.offsets) != int(body.faces.max()) + 1:
        raise InputError(f"{path} does not fit the body model {body.name}; load it with the model it was made with")
    if metadata.layout != layout_fingerprint(body.layout):
        raise InputError(f"{path} has a texture in another layout than the body model {body.name} has; make it again")
    return body


def _tensors_of(tensors: Mapping[str, Tensor], number: int) -> dict[str, Tensor]:
    """Those of one surface, without its prefix."""
    names = {name: surface_tensor(number, name) for name in NAMES}
    return {name: tensors[full] for name, full in names.items() if full in tensors}
