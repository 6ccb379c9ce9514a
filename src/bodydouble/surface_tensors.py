"""A surface that hangs off the body as the named tensors of a `.double` file (`double_format`), and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from bodydouble.double_format import SURFACE, SURFACE_OPTIONAL
from bodydouble.errors import InputError
from bodydouble.metadata import SurfaceFacts
from bodydouble.values import Chains, Colliders, Surface, SurfaceKind, Texture, UvLayout

NAMES = (*SURFACE, *SURFACE_OPTIONAL)
SHADE_TEXELS = 256  # a side: about a centimetre each, as finely as shade is told
_NO_SHADE, _MOST_SHADE = 127.0, 4.0  # the byte of a gain of 1, and the gain of the byte of twice that


def to_bytes(image: Tensor) -> Tensor:
    """Values in [0, 1] as 8 bits."""
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)


def shade_to_bytes(shade: Tensor) -> Tensor:
    """A texture's shade (3×N×N) as 8 bits of its logarithm, at most `SHADE_TEXELS` a side."""
    level = shade.log() / math.log(_MOST_SHADE)
    side = min(shade.shape[-1], SHADE_TEXELS)
    if side < shade.shape[-1]:
        level = interpolate(level[None], (side, side), mode="area")[0]
    return (_NO_SHADE * (1 + level.clamp(-1, 1))).round().to(torch.uint8)


def shade_from_bytes(code: Tensor) -> Tensor:
    """What `shade_to_bytes` was given, nearly; 1 is exact."""
    return (math.log(_MOST_SHADE) * (code.float() / _NO_SHADE - 1)).clamp(max=math.log(_MOST_SHADE)).exp()


def to_half(values: Tensor) -> Tensor:
    """Values as float16, without infinities."""
    largest = torch.finfo(torch.float16).max
    return values.clamp(-largest, largest).half()


def describe_surface(surface: Surface) -> SurfaceFacts:
    """What the file's metadata says of it."""
    return SurfaceFacts(
        name=surface.name,
        kind=surface.kind.value,
        mirrored=surface.layout.mirrored,
        chain_names=() if surface.chains is None else surface.chains.names,
    )


def surface_to_tensors(surface: Surface) -> dict[str, Tensor]:
    """Its tensors by the names of `double_format.SURFACE` and `SURFACE_OPTIONAL`."""
    texture, chains, colliders = surface.texture, surface.chains, surface.colliders
    tensors = {
        "vertices": surface.vertices,
        "faces": surface.faces.int(),
        "uv": surface.layout.uv,
        "uv_faces": surface.layout.faces.int(),
        "skin_weights": surface.skin_weights,
        "texture.rgb": to_bytes(texture.rgb),
        "texture.confidence": to_bytes(texture.confidence),
    }
    if texture.alpha is not None:
        tensors["texture.alpha"] = to_bytes(texture.alpha)
    if texture.shade is not None:
        tensors["texture.shade"] = shade_to_bytes(texture.shade)
    if texture.labels is not None:
        tensors["texture.labels"] = texture.labels
    if surface.blendshapes is not None:
        tensors["blendshapes"] = to_half(surface.blendshapes)
    if chains is not None:
        tensors["chains.parents"] = chains.parents.int()
        for name in ("positions", "stiffness", "gravity", "drag", "radius"):
            tensors[f"chains.{name}"] = getattr(chains, name)
        if chains.hinges is not None:
            tensors["hinges"] = chains.hinges
    if colliders is not None:
        tensors["colliders.joints"] = colliders.joints.int()
        for name in ("heads", "tails", "radii"):
            tensors[f"colliders.{name}"] = getattr(colliders, name)
        if colliders.partners is not None:
            tensors["partners"] = colliders.partners.int()
    return tensors


def surface_from_tensors(path: str | Path, facts: SurfaceFacts, tensors: Mapping[str, Tensor]) -> Surface:
    """What `surface_to_tensors` was given.

    Args:
        path: of the file, for messages.
        tensors: checked already.

    Raises:
        InputError: it is of an unknown kind, or its chains have other names than joints.
    """
    if facts.kind not in set(SurfaceKind):
        known = ", ".join(SurfaceKind)
        raise InputError(f"{path} has a surface {facts.name!r} of the unknown kind {facts.kind!r}; known: {known}")
    alpha, blendshapes = tensors.get("texture.alpha"), tensors.get("blendshapes")
    shade = tensors.get("texture.shade")
    texture = Texture(
        rgb=tensors["texture.rgb"].float() / 255,
        confidence=tensors["texture.confidence"].float() / 255,
        alpha=None if alpha is None else alpha.float() / 255,
        labels=tensors.get("texture.labels"),
        shade=None if shade is None else shade_from_bytes(shade),
    )
    layout = UvLayout(uv=tensors["uv"], faces=tensors["uv_faces"].long(), mirrored=facts.mirrored)
    return Surface(
        name=facts.name,
        kind=SurfaceKind(facts.kind),
        vertices=tensors["vertices"],
        faces=tensors["faces"].long(),
        layout=layout,
        texture=texture,
        skin_weights=tensors["skin_weights"],
        blendshapes=None if blendshapes is None else blendshapes.float(),
        chains=_chains(path, facts, tensors),
        colliders=_colliders(tensors),
    )


def _chains(path: str | Path, facts: SurfaceFacts, tensors: Mapping[str, Tensor]) -> Chains | None:
    count = len(tensors["chains.parents"]) if "chains.parents" in tensors else 0
    if count != len(facts.chain_names):
        names = len(facts.chain_names)
        raise InputError(f"{path} is damaged: the surface {facts.name!r} has {count} chain joints and {names} names")
    if count == 0:
        return None
    return Chains(
        names=facts.chain_names,
        parents=tensors["chains.parents"].long(),
        positions=tensors["chains.positions"],
        stiffness=tensors["chains.stiffness"],
        gravity=tensors["chains.gravity"],
        drag=tensors["chains.drag"],
        radius=tensors["chains.radius"],
        hinges=tensors.get("hinges"),
    )


def _colliders(tensors: Mapping[str, Tensor]) -> Colliders | None:
    if "colliders.joints" not in tensors:
        return None
    partners = tensors.get("partners")
    return Colliders(
        joints=tensors["colliders.joints"].long(),
        heads=tensors["colliders.heads"],
        tails=tensors["colliders.tails"],
        radii=tensors["colliders.radii"],
        partners=None if partners is None else partners.long(),
    )
