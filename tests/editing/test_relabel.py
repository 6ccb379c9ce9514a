"""A label painted on what hangs off the body cuts it away, or gives it the colour of that label."""

from dataclasses import replace

import pygltflib as gl
import pytest
import torch

from bodydouble.double import Double
from bodydouble.editing.relabel import relabel_surface
from bodydouble.editing.renew import renew_region
from bodydouble.parsing.labels import HAIR, LABELS, LOWER, OUTER, SKIN, UPPER
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.texel_map import texel_map
from tests.attached import hair_cap, tube_skirt

SKIN_RGB, BLUE = (0.8, 0.6, 0.5), (0.1, 0.1, 0.7)


@pytest.fixture
def double(anny, fit, texture, metadata):
    """In a blue shirt, of which a half was seen, a striped skirt and a cap of hair."""
    labels = torch.full((256, 256), SKIN, dtype=torch.uint8)
    labels[:128] = UPPER
    rgb = torch.tensor(SKIN_RGB)[:, None, None].expand(3, 256, 256).clone()
    rgb[:, :128] = torch.tensor(BLUE)[:, None, None]
    worn = replace(texture, rgb=rgb, confidence=torch.ones(256, 256), labels=labels)
    plain = Double(fit=fit, texture=worn, body=anny, metadata=metadata)
    return replace(plain, attached=(tube_skirt(anny, plain.rest), hair_cap(anny, plain.rest)))


@pytest.fixture
def lower_half():
    mask = torch.zeros(64, 64)
    mask[32:] = 1
    return mask


def change(double, name, mask, label):
    """Without photos, and thus without a pipeline."""
    result = renew_region(double, {name: mask, "body": torch.zeros(8, 8)}, "no.jpg", None, label=LABELS[label])
    return next(surface.texture for surface in result.attached if surface.name == name)


def test_skin_on_a_skirt_cuts_it_away(double, lower_half, tmp_path):
    texture = change(double, "skirt", lower_half, SKIN)
    assert texture.alpha[36:].max() < 0.01 and texture.alpha[:28].min() > 0.99
    assert torch.equal(texture.rgb, double.attached[0].texture.rgb)
    cut = renew_region(double, {"skirt": lower_half}, "no.jpg", None, label="skin")
    whole, short = ((each.render(size=(256, 192))[..., 0] > 120).sum() for each in (double, cut))
    assert short < 0.98 * whole, "the red of the skirt"
    cut.export(tmp_path / "cut.glb")
    modes = {material.name: material.alphaMode for material in gl.GLTF2().load(tmp_path / "cut.glb").materials}
    assert modes["skirt"] == "MASK" and modes["hair"] == "BLEND"


def test_cut_twice_both_are_gone(double, lower_half):
    once = renew_region(double, {"skirt": lower_half}, "no.jpg", None, label="skin")
    texture = change(once, "skirt", lower_half.flip(0).roll(-16, 0), SKIN)
    assert texture.alpha.min() < 0.01 and float((texture.alpha < 0.5).float().mean()) > 0.7


def test_another_cloth_has_the_colour_that_was_seen_of_it(double, lower_half):
    texture, before = change(double, "skirt", lower_half, UPPER), double.attached[0].texture
    inside = texture.rgb[:, 36:].mean((1, 2))
    assert inside[2] > 2 * inside[0], "blue like the shirt"
    assert torch.equal(texture.rgb[:, :28], before.rgb[:, :28]) and texture.alpha is None


def test_beneath_a_skirt_that_is_cut_away_is_skin(double, lower_half):
    texture = double.texture
    worn = replace(texture, confidence=torch.zeros(256, 256), labels=torch.full_like(texture.labels, UPPER))
    result = renew_region(replace(double, texture=worn), {"skirt": lower_half}, "no.jpg", None, label="skin")
    texels = mean_surface_graph(double.body, 256).surface
    bare, height = texels.take(result.texture.labels[None].float())[:, 0] == SKIN, texels.position[:, 1]
    knee, pelvis = (double.rest.joints[double.body.roles[name], 1] for name in ("left_knee", "pelvis"))
    thigh = (height > knee + 0.05) & (height < (knee + pelvis) / 2 - 0.05) & (texels.position[:, 0].abs() < 0.15)
    assert bare[thigh].float().mean() > 0.9, "thighs, which the lower half hides"
    assert not bare[(height > (knee + pelvis) / 2 + 0.1) | (height < knee - 0.15)].any()


@pytest.mark.parametrize("label", [LOWER, OUTER])
def test_its_own_cloth_and_what_no_photo_shows_are_made_up_again(double, lower_half, label):
    assert relabel_surface(double, "skirt", lower_half, label) is None


def test_hair_ends_where_clothes_are_painted_on_it(double, lower_half):
    hair = double.attached[1]
    before, after = hair.texture.alpha, change(double, "hair", lower_half, UPPER).alpha
    covered = texel_map(hair.layout, len(after)).face[0] >= 0
    lower, upper = (covered.clone() for _ in range(2))
    lower[: 9 * len(after) // 16], upper[7 * len(after) // 16 :] = False, False
    assert after[lower].max() < 0.01 < before[lower].max()
    assert torch.allclose(after[upper], before[upper], atol=0.01)
    assert relabel_surface(double, "hair", lower_half, HAIR) is None
