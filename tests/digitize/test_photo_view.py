"""The photo as a view: cut to the person, and without what its labels say is not the surface's."""

from dataclasses import replace

import torch

from bodydouble.digitize.figure import Sitter
from bodydouble.digitize.photo_view import find_behind_limb, photo_view
from bodydouble.digitize.textured_mesh import TexturedMesh
from bodydouble.digitize.views import see_geometry
from bodydouble.geometry.camera import photo_camera
from bodydouble.parsing.labels import LABELS, SKIN, UPPER
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


def test_only_what_is_beside_a_limb_and_behind_it_is_doubted():
    def pane(left: float, right: float, z: float) -> torch.Tensor:
        return torch.tensor([[x, y, z] for y in (-0.5, 0.5) for x in (left, right)])

    faces = torch.tensor([[0, 1, 2], [2, 1, 3]])
    trunk, arm = pane(-0.3, 0.3, -2.0), pane(-0.4, 0.0, -1.9)
    mesh = Mesh(vertices=torch.cat([trunk, arm]), faces=torch.cat([faces, faces + 4]))
    doubted = find_behind_limb(see_geometry(mesh, photo_camera(500.0, (300, 300))))
    columns = doubted[150].nonzero().flatten()
    assert int(columns.min()) == 150 and int(columns.max()) in (150, 151), "the trunk's, where the arm ends"
