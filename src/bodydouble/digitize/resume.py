"""A figure as named tensors, and back to the last bit: what an interrupted run begins with again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.cut import cut_body
from bodydouble.digitize.chart import NAME
from bodydouble.digitize.figure import Figure
from bodydouble.digitize.photo_view import PhotoView
from bodydouble.digitize.views import SupportView, see_geometry
from bodydouble.fit_tensors import fit_from_tensors, fit_to_tensors
from bodydouble.metadata import Metadata
from bodydouble.values import Camera, Chains, Colliders, Mesh, Surface, SurfaceKind, Texture, UvLayout

_CHAIN_NAMES = "chains.names"
_METADATA = "metadata"


def figure_to_tensors(figure: Figure) -> dict[str, Tensor]:
    """All of a figure but its body model; words are UTF-8 bytes."""
    surface = figure.surface
    tensors = {
        **{f"fit.{name}": tensor for name, tensor in fit_to_tensors(figure.fit).items()},
        _METADATA: _to_tensor(figure.metadata.to_json()),
        "vertices": surface.vertices,
        "faces": surface.faces,
        "uv": surface.layout.uv,
        "uv_faces": surface.layout.faces,
        "skin_weights": surface.skin_weights,
        **_present("texture.", surface.texture),
        **_present("chains.", surface.chains),
        **_present("colliders.", surface.colliders),
    }
    if surface.chains is not None:
        tensors[_CHAIN_NAMES] = _to_tensor("\n".join(surface.chains.names))
    if figure.swung is not None:
        tensors["swung.rotations"], tensors["swung.positions"] = figure.swung
    for number, photo in enumerate(figure.photos):
        view = photo.view
        tensors |= {
            f"photo.{number}.intrinsics": view.geometry.camera.intrinsics,
            f"photo.{number}.camera_from_world": view.geometry.camera.camera_from_world,
            f"photo.{number}.mesh": view.geometry.mesh.vertices,
            f"photo.{number}.rgb": view.rgb,
            f"photo.{number}.valid": view.valid,
            f"photo.{number}.agreeing": photo.agreeing,
            f"photo.{number}.sure": photo.sure,
        }
    return tensors


def figure_from_tensors(tensors: Mapping[str, Tensor], body: BodyModel) -> Figure:
    """The figure of `figure_to_tensors`.

    Args:
        body: the model that its double was made with.
    """
    fit = fit_from_tensors(_group(tensors, "fit."))
    chains, colliders = _group(tensors, "chains."), _group(tensors, "colliders.")
    names = tuple(_to_text(chains.pop("names")).split("\n")) if chains else ()
    surface = Surface(
        name=NAME,
        kind=SurfaceKind.BODY,
        vertices=tensors["vertices"],
        faces=tensors["faces"],
        layout=UvLayout(uv=tensors["uv"], faces=tensors["uv_faces"], mirrored=False),
        texture=Texture(**_group(tensors, "texture.")),
        skin_weights=tensors["skin_weights"],
        chains=Chains(names=names, **chains) if chains else None,
        colliders=Colliders(**colliders) if colliders else None,
    )
    swung = (tensors["swung.rotations"], tensors["swung.positions"]) if "swung.rotations" in tensors else None
    figure = Figure(
        surface=surface,
        swung=swung,
        photos=(),
        body=cut_body(body, fit.faces),
        fit=fit,
        metadata=Metadata.from_json(_to_text(tensors[_METADATA])),
    )
    count = sum(name.endswith(".sure") for name in tensors)
    photos = tuple(_photo(_group(tensors, f"photo.{number}."), figure) for number in range(count))
    return replace(figure, photos=photos)


def _photo(tensors: Mapping[str, Tensor], figure: Figure) -> PhotoView:
    height, width = tensors["rgb"].shape[-2:]
    camera = Camera(
        intrinsics=tensors["intrinsics"], camera_from_world=tensors["camera_from_world"], size=(height, width)
    )
    geometry = see_geometry(Mesh(vertices=tensors["mesh"], faces=figure.surface.faces), camera)
    view = SupportView(geometry=geometry, rgb=tensors["rgb"], valid=tensors["valid"])
    return PhotoView(view=view, agreeing=tensors["agreeing"], sure=tensors["sure"])


def _present(prefix: str, value: Texture | Chains | Colliders | None) -> dict[str, Tensor]:
    """The tensors of a value, by its fields' names."""
    if value is None:
        return {}
    named = {field.name: getattr(value, field.name) for field in fields(value)}
    return {f"{prefix}{name}": each for name, each in named.items() if isinstance(each, Tensor)}


def _group(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}


def _to_tensor(text: str) -> Tensor:
    return torch.tensor(list(text.encode()), dtype=torch.uint8)


def _to_text(characters: Tensor) -> str:
    return bytes(characters.tolist()).decode()
