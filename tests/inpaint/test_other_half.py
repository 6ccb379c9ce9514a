"""What is hidden of one half of who is turned away is what the photo shows of the other."""

from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.ring_grid import ring_angles, ring_faces, ring_layout
from bodydouble.inpaint.other_eye import show_other_eye
from bodydouble.inpaint.other_half import show_other_half
from bodydouble.inpaint.other_half_sheet import show_other_half_of_sheet
from bodydouble.parsing.labels import THING, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface, SurfaceKind, Texture

SIZE = 256


@pytest.fixture(scope="module")
def texels(anny):
    return mean_surface_graph(anny, SIZE).surface


def show_left(texels, label=UPPER) -> Texture:
    """Who shows the left half of the front, in stripes."""
    seen = (texels.position[:, 0] > -0.02) & (texels.normal[:, 2] > 0)
    stripes = 0.5 + 0.4 * torch.sin(texels.position[:, 1:2] * 60)
    image = texels.put(torch.cat([stripes.expand(-1, 3), seen[:, None], torch.full((len(texels), 1), label)], 1))
    return Texture(rgb=image[:3] * image[3], confidence=0.9 * image[3], labels=(image[4] * image[3]).to(torch.uint8))


def test_the_hidden_half_of_the_front_has_the_stripes_of_the_other(anny, texels):
    partial = show_left(texels)
    shown = show_other_half(partial, anny)
    chest = (texels.region == Region.BODY) & texels.trunk & (texels.normal[:, 2] > 0.5)
    chest &= (texels.position[:, 0] < -0.05) & (texels.position[:, 0] > -0.12)
    assert bool((texels.take(partial.confidence[None])[chest] == 0).all())
    told = texels.take(shown.confidence[None])[:, 0] > 0
    assert float((chest & told).sum()) > 0.8 * float(chest.sum())
    chest &= told
    wanted = 0.5 + 0.4 * torch.sin(texels.position[chest, 1] * 60)
    assert float((texels.take(shown.rgb)[chest, 0] - wanted).abs().mean()) < 0.05
    assert bool((texels.take(shown.labels[None])[chest, 0] == UPPER).all())
    seen = partial.confidence > 0
    assert torch.equal(shown.rgb[:, seen], partial.rgb[:, seen]), "what was seen stays"


def test_who_faces_the_camera_keeps_what_lies_at_one_side_there(anny, texels):
    hidden = texels.trunk & (texels.position[:, 0] < -0.1)
    seen = (texels.normal[:, 2] > 0) & ~hidden
    image = texels.put(torch.stack([0.5 * seen, 0.9 * seen, torch.full((len(texels),), float(UPPER)) * seen], 1))
    partial = Texture(rgb=image[0].expand(3, -1, -1), confidence=image[1], labels=image[2].to(torch.uint8))
    assert torch.equal(show_other_half(partial, anny).confidence, partial.confidence)


def test_head_and_things_are_not_taken_over(anny, texels):
    off_body = texels.region != Region.BODY
    shown = show_other_half(show_left(texels), anny)
    before, after = (texels.take(each.confidence[None])[:, 0] for each in (show_left(texels), shown))
    assert torch.equal(before[off_body], after[off_body])
    things = show_left(texels, THING)
    assert torch.equal(show_other_half(things, anny).confidence, things.confidence)


@pytest.mark.parametrize("turned", [0.0, 0.7])
def test_a_skirt_shows_on_its_hidden_half_what_it_shows_on_the_other(turned):
    """Dots at each side of a skirt whose texture begins anywhere around: one is seen, the other comes."""
    rings, columns = 24, 72
    angle = ring_angles(columns) + turned
    height = torch.linspace(0.9, 0.4, rings)[:, None].expand(rings, columns)
    ring = torch.stack([0.2 * angle.sin(), 0.15 * angle.cos()]).unsqueeze(1).expand(2, rings, columns)
    vertices = torch.stack([ring[0], height, ring[1]], -1).reshape(-1, 3)
    faces, layout = ring_faces(rings, columns), ring_layout(rings, columns)
    x, y, z = interpolate(texel_map(layout, SIZE), faces, vertices)[0]
    seen = (x > 0.01) & (z > -0.05)
    dots = [((x - side * 0.12) ** 2 + (y - 0.65) ** 2 < 0.03**2) & (z > 0) for side in (1, -1)]
    rgb = torch.full((3, SIZE, SIZE), 0.5)
    rgb[0, dots[0]] = 0.9
    texture = Texture(rgb=rgb * seen, confidence=0.9 * seen)
    weights = torch.ones(len(vertices), 1)
    skirt = Surface(
        name="skirt",
        kind=SurfaceKind.SKIRT,
        vertices=vertices,
        faces=faces,
        layout=layout,
        texture=texture,
        skin_weights=weights,
    )
    shown = show_other_half_of_sheet(skirt, torch.ones_like(seen))
    assert float(shown.confidence[dots[1]].min()) > 0.8
    assert float((shown.rgb[0, dots[1]] > 0.7).float().mean()) > 0.9
    plain = (x < -0.02) & (z > 0) & (shown.confidence > 0) & ((y - 0.65).abs() > 0.06)
    assert int(plain.sum()) > 1000
    assert float((shown.rgb[0, plain] - 0.5).abs().max()) < 0.1
    nothing = replace(skirt, texture=replace(texture, confidence=texture.confidence * 0.3))
    assert torch.equal(show_other_half_of_sheet(nothing, seen).confidence, nothing.texture.confidence)


def test_a_hidden_eye_looks_where_the_other_one_looks(anny, texels):
    """What lies towards the nose of the eye that was seen lies away from it on the other one."""
    eye, left = texels.region == Region.EYE, texels.position[:, 0] > 0
    middle = {side: texels.position[eye & (left == side), 0].mean() for side in (True, False)}
    dark = eye & left & (texels.position[:, 0] < middle[True] - 0.003)
    image = texels.put(torch.stack([1 - dark.float(), (eye & left).float()], 1))
    partial = Texture(rgb=image[0].expand(3, -1, -1) * image[1], confidence=0.9 * image[1])
    shown = show_other_eye(partial, anny)
    place = texels.position[:, 0] - middle[False]
    colour, told = texels.take(shown.rgb)[:, 0], texels.take(shown.confidence[None])[:, 0] > 0
    other = eye & ~left
    assert bool(told[other].all())
    assert float(colour[other & (place < -0.004)].mean()) < 0.2
    assert float(colour[other & (place > 0.002)].mean()) > 0.8
    both = replace(partial, confidence=torch.maximum(partial.confidence, partial.confidence.flip(-1)))
    assert torch.equal(show_other_eye(both, anny).rgb, both.rgb), "two eyes that were seen stay"


def test_without_labels_a_mirrored_layout_or_anything_seen_nothing_changes(anny, texels):
    class Unlike:
        layout = replace(anny.layout, mirrored=False)

        def __getattr__(self, name):
            return getattr(anny, name)

    partial = show_left(texels)
    assert show_other_half(partial, Unlike()) is partial
    assert show_other_half(replace(partial, labels=None), anny).labels is None
    nothing = show_left(texels, 0)
    nothing = replace(nothing, rgb=0 * nothing.rgb, confidence=0 * nothing.confidence)
    for shown in (show_other_half(nothing, anny), show_other_eye(nothing, anny)):
        assert not bool(shown.confidence.any()) and bool(shown.rgb.isfinite().all())


def test_what_a_hand_painted_is_not_taken_over(anny, texels):
    partial = show_left(texels)
    painted = replace(partial, by_hand=partial.confidence == 0)
    assert torch.equal(show_other_half(painted, anny).confidence, partial.confidence)
    assert not torch.equal(show_other_half(partial, anny).confidence, partial.confidence)
