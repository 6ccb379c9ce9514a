"""Tops fall straight behind, as far as they hang, and stay as wide as the photo shows them."""

import torch
from torch import Tensor

from bodydouble.body.skinning import apply_clothing, pose_fit
from bodydouble.clothing.fall import fill_hollows, let_fall, meet_tube
from bodydouble.geometry.camera import clip_from_world
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.labels import OUTER, UPPER
from bodydouble.raster import rasteriser
from tests.garments import Paint


def paint_top(label: int) -> Paint:
    """A garment over all that is not background."""

    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        return torch.where(covered, label, labels)

    return paint


def hollow(fit, anny) -> float:
    """Metres by which the middle of the back lies before the line from the shoulder blades to the seat."""
    rest = apply_clothing(anny.rest(fit.shape), fit.clothing, anny.mirror_joints)
    middle = (rest.vertices[:, 0].abs() < 0.06) & (vertex_normals(rest.vertices, anny.faces)[:, 2] < -0.3)
    y, z = rest.vertices[middle, 1], rest.vertices[middle, 2]
    blades, seat = z[(y > 1.2) & (y < 1.45)].min(), z[(y > 0.75) & (y < 0.95)].min()
    waist = z[(y - 1.07).abs() < 0.04].mean()
    return float(waist - (blades + seat) / 2)


def outline(fit, anny) -> Tensor:
    mesh = pose_fit(fit, anny)
    return rasteriser()(clip_from_world(mesh.vertices, fit.camera)[None], mesh.faces, fit.camera.size).face[0] >= 0


def test_a_jacket_falls_straighter_than_a_shirt_and_both_stay_as_wide(anny, draw_scene):
    scenes = {label: draw_scene(paint_top(label)) for label in (UPPER, OUTER)}
    bare = hollow(scenes[UPPER].fit, anny)
    fallen = {label: let_fall(scene.fit, scene.understanding, anny) for label, scene in scenes.items()}
    assert bare > 0.015, "a body has a hollow back"
    assert hollow(fallen[OUTER], anny) < hollow(fallen[UPPER], anny) - 0.002 < bare - 0.01
    for fit in fallen.values():
        before, after = outline(scenes[UPPER].fit, anny), outline(fit, anny)
        assert float((before & after).sum() / (before | after).sum()) > 0.985


def test_the_bare_and_the_unparsed_stay_as_they_are(anny, draw_scene):
    scene = draw_scene(lambda labels, joints, covered: labels)
    assert let_fall(scene.fit, scene.understanding, anny) is scene.fit
    assert let_fall(scene.fit, None, anny) is scene.fit


def test_a_coat_goes_in_nowhere_between_its_top_and_what_it_clears():
    turn = torch.arange(65) / 65 * 2 * torch.pi
    down = torch.linspace(0, 1, 28)[:, None]

    def rings(deep: Tensor) -> Tensor:
        return torch.stack([(0.2 * turn.sin()).expand(28, -1), (-0.3 * down).expand(-1, 65), -deep * turn.cos()], 2)

    hollow = rings(0.1 + 0.06 * (down - 0.4).square())
    filled = fill_hollows(hollow)
    straight = torch.lerp(hollow[:1], hollow[-1:], down[..., None])
    assert torch.equal(filled[..., :2], hollow[..., :2])
    assert float((filled - straight)[:, 0, 2].abs().max()) < 0.003 < float((hollow - straight)[:, 0, 2].max())
    bulging = rings(0.1 - 0.06 * (down - 0.4).square())
    assert torch.allclose(fill_hollows(bulging), bulging, atol=1e-4)


def test_a_trunk_goes_on_in_the_skirt_below_it_without_a_notch(anny):
    rest = anny.rest(anny.mean_shape())
    hip = float(rest.joints[anny.roles["left_hip"], 1])
    turn = torch.arange(65) / 65 * 2 * torch.pi
    deep = torch.linspace(0.13, 0.2, 28)[:, None]  # from the waist down it stands off ever farther
    height = (hip + 0.1 - torch.linspace(0, 0.5, 28)[:, None]).expand(-1, 65)
    tube = torch.stack([(0.2 * turn.sin()).expand(28, -1), height, -deep * turn.cos()], 2)
    met = meet_tube(rest.vertices, tube, (1.0, 0.0), rest, anny)
    middle = (rest.vertices[:, 0].abs() < 0.05) & (vertex_normals(rest.vertices, anny.faces)[:, 2] < -0.3)
    above, below = (middle & ((rest.vertices[:, 1] - hip - 0.1 - up).abs() < 0.02) for up in (0.02, -0.025))
    depths = [-met[part, 2].mean() for part in (above, below)]
    assert float(depths[1] - depths[0]) > -0.002, "below the tube's top the body lies as far behind"
    assert torch.equal(met[:, :2], rest.vertices[:, :2])
