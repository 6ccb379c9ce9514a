"""The photo as a view: cut to the person, and without what its labels say is not the surface's."""

from dataclasses import replace

import torch

from bodydouble.digitize.figure import Sitter
from bodydouble.digitize.photo_view import find_before, find_behind_limb, find_limb_colours, photo_view, spread_on_part
from bodydouble.digitize.textured_mesh import TexturedMesh
from bodydouble.digitize.views import SupportView, ViewGeometry, see_geometry
from bodydouble.geometry.camera import photo_camera
from bodydouble.parsing.labels import LABELS, SKIN, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Mesh, Understanding


def labelled(sitter: Sitter) -> Understanding:
    """Skin on the photo's left half, a shirt on its right."""
    height, width = sitter.views[0].photo.size
    side = max(height, width)
    labels = torch.zeros(len(LABELS), side, side)
    labels[SKIN, :, : width // 2] = 1
    labels[UPPER, :, width // 2 :] = 1
    return Understanding(labels=labels, normals=torch.zeros(3, side, side), left=0, top=0, side=side)


def test_skin_on_a_shirt_is_not_the_shirt_s(sitter: Sitter, digitized: TexturedMesh):
    arguments = sitter.views[0].photo, sitter.views[0].person
    rest = sitter.views[0].fit.camera, digitized.surface, digitized.posed()
    every, told = photo_view(*arguments, None, *rest), photo_view(*arguments, labelled(sitter), *rest)
    assert torch.equal(every.agreeing, every.view.valid)
    camera = every.view.geometry.camera
    middle = (
        int(camera.intrinsics[0, 2] - sitter.views[0].fit.camera.intrinsics[0, 2]) + sitter.views[0].photo.size[1] // 2
    )
    assert not bool(told.agreeing[:, : middle - 1].any()), "the surface is a shirt all over"
    assert torch.equal(told.agreeing[:, middle + 1 :], every.agreeing[:, middle + 1 :])


def test_only_what_the_double_took_is_sure(sitter: Sitter, digitized: TexturedMesh):
    surface = digitized.surface
    arguments = sitter.views[0].photo, sitter.views[0].person, None, sitter.views[0].fit.camera
    assert not bool(photo_view(*arguments, surface, digitized.posed()).sure.any()), "this double took nothing"
    taken = replace(surface, texture=replace(surface.texture, confidence=torch.ones_like(surface.texture.confidence)))
    view = photo_view(*arguments, taken, digitized.posed())
    assert 0.5 < float(view.sure.sum() / view.view.valid.sum()) <= 1


def test_it_is_cut_to_the_person(sitter: Sitter, digitized: TexturedMesh):
    view = photo_view(
        sitter.views[0].photo,
        sitter.views[0].person,
        None,
        sitter.views[0].fit.camera,
        digitized.surface,
        digitized.posed(),
    ).view
    height, width = view.geometry.camera.size
    assert height <= sitter.views[0].photo.size[0] and width < sitter.views[0].photo.size[1]
    assert float(view.valid.sum() / (sitter.views[0].person.mask > 0.5).sum()) > 0.95


def arm_before_trunk() -> ViewGeometry:
    """Two panes: a trunk, and an arm before its left half, 300 pixels a side."""

    def pane(left: float, right: float, z: float) -> torch.Tensor:
        return torch.tensor([[x, y, z] for y in (-0.5, 0.5) for x in (left, right)])

    faces = torch.tensor([[0, 1, 2], [2, 1, 3]])
    trunk, arm = pane(-0.3, 0.3, -2.0), pane(-0.4, 0.0, -1.9)
    mesh = Mesh(vertices=torch.cat([trunk, arm]), faces=torch.cat([faces, faces + 4]))
    return see_geometry(mesh, photo_camera(500.0, (300, 300)))


def test_only_what_is_beside_a_limb_and_behind_it_is_doubted():
    geometry = arm_before_trunk()
    columns = find_behind_limb(geometry)[150].nonzero().flatten()
    assert int(columns.min()) == 150 and int(columns.max()) in (150, 151), "the trunk's, where the arm ends"
    columns = find_before(geometry)[150].nonzero().flatten()
    assert int(columns.max()) == 149 and int(columns[columns > 100].min()) in (148, 149), "the arm's, before the trunk"


def test_only_the_limb_s_colours_are_left_out():
    geometry = arm_before_trunk()
    arm, trunk = torch.tensor([0.9, 0.7, 0.6]), torch.tensor([0.1, 0.2, 0.5])
    rgb = trunk[:, None, None].repeat(1, 300, 300)
    rgb[:, :150, :152], rgb[:, 150:, :150] = arm[:, None, None], arm[:, None, None]
    view = SupportView(geometry=geometry, rgb=rgb, valid=geometry.silhouette)
    grey = torch.full_like(rgb, 0.5)  # the double knows nothing of either
    ghost = find_limb_colours(view, grey, geometry.silhouette)
    assert bool(ghost[100, 150]), "the arm's colours, a pixel beyond its outline"
    assert not bool(ghost[200].any()), "the trunk's own ones stay the photo's, though the double has others"
    assert not bool(find_limb_colours(view, rgb, geometry.silhouette).any()), "nor what the double has alike"


def test_a_border_reaches_no_other_part():
    resting = torch.zeros(3, 20, 40)
    resting[0, :, 20:] = 0.2  # touches in the photo, and is apart at rest
    start = torch.zeros(20, 40, dtype=torch.bool)
    start[:5] = True
    start[:, 20:] = False
    room = ~start
    reached = spread_on_part(start, room, resting, 8)
    assert bool(reached[:13, :12].all()) and not bool(reached[13:].any()), "so many steps"
    assert not bool(reached[:, 20:].any()), "the arm stays the arm's"
    start[:, 20:22] = True  # shreds
    assert torch.equal(spread_on_part(start, ~start, resting, 8)[:, 20:], start[:, 20:]), "and is not all of cloth"


def test_a_hem_that_lies_lower_is_the_photo_s(sitter: Sitter, digitized: TexturedMesh):
    """The surface is skin below a line a little higher than where the photo's shirt ends."""
    surface, view = digitized.surface, sitter.views[0]
    understanding = labelled(sitter)
    understanding.labels[SKIN], understanding.labels[UPPER] = 0, 1
    posed = digitized.posed()
    told = photo_view(view.photo, view.person, understanding, view.fit.camera, surface, posed)
    assert torch.equal(told.agreeing, told.view.valid)
    # Names by height, so that the surface's own border lies between the knees and the hips.
    assert surface.texture.labels is not None
    texels = texel_map(surface.layout, surface.texture.labels.shape[-1])
    heights = interpolate(texels, posed.faces, posed.vertices)[0, 1]
    middle = float(posed.vertices[:, 1].mean())
    bare = torch.where(heights < middle, SKIN, UPPER).to(torch.uint8)
    skirted = replace(surface, texture=replace(surface.texture, labels=bare))
    told = photo_view(view.photo, view.person, understanding, view.fit.camera, skirted, posed)
    geometry = told.view.geometry
    below = (geometry.points[1] < middle - 0.005) & told.view.valid
    tall = float(posed.vertices[:, 1].max() - posed.vertices[:, 1].min())
    near = below & (geometry.points[1] > middle - 0.015 * tall)
    far = below & (geometry.points[1] < middle - 0.06 * tall)
    assert float(told.agreeing[near].float().mean()) > 0.9
    assert not bool(told.agreeing[far].any()), "trousers that the photo has and the double has not"
