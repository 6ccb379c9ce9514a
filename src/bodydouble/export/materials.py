"""How a glTF material takes light. As it is written first, lamps light it, and the photo's light is in its texture."""

from __future__ import annotations

import pygltflib as gl

UNLIT = "KHR_materials_unlit"
TOON = "VRMC_materials_mtoon"


def make_unlit(material: gl.Material) -> None:
    """Let it look the same whatever the light: as in the photo."""
    material.extensions = {**(material.extensions or {}), UNLIT: {}}


def make_toon(material: gl.Material) -> None:
    """Let it be as bright as the light that falls on it, without a shadow of its own: VRM's MToon 1.0.

    Its shade is the texture itself, so that the photo's shadows get no second ones. Programs that do not know MToon
    show it unlit.
    """
    make_unlit(material)
    texture = {"index": material.pbrMetallicRoughness.baseColorTexture.index}
    material.extensions[TOON] = {
        "specVersion": "1.0",
        "shadeColorFactor": [1.0, 1.0, 1.0],
        "shadeMultiplyTexture": texture,
        "transparentWithZWrite": material.alphaMode == gl.BLEND,
    }
