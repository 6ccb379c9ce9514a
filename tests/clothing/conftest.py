"""A drawn person whose garments are painted over the labels, so that their shape is known."""

from collections.abc import Callable

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import joint_transforms
from bodydouble.geometry.camera import clip_from_world, photo_camera, project
from bodydouble.parsing.labels import LABELS
from bodydouble.raster import rasteriser
from bodydouble.values import BodyFit, Clothing, Person, Photo, Pose, Understanding
from tests.garments import PIXELS_PER_METRE, SIDE, Paint, Scene


@pytest.fixture(scope="session")
def standing(anny: AnnyBody) -> BodyFit:
    """The mean body at rest, arms lowered, its feet 20 cm apart, seen from the front."""
    joints = torch.zeros(len(anny.joint_names), 3)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        joints[anny.roles[f"{side}_shoulder"], 2] = -0.5 * sign
    count = int(anny.faces.max()) + 1
    return BodyFit(
        shape=anny.mean_shape(),
        pose=Pose(
            joints=joints,
            root_rotation=torch.zeros(3),
            root_translation=torch.tensor([0.0, -0.9, -4.0]),
            expression=torch.zeros(len(anny.expression_names)),
        ),
        camera=photo_camera(PIXELS_PER_METRE * 4, (SIDE, SIDE)),
        clothing=Clothing(offsets=torch.zeros(count, 3), leg_blend=torch.zeros(count)),
    )


@pytest.fixture
def draw_scene(anny: AnnyBody, standing: BodyFit) -> Callable[[Paint], Scene]:
    """A function that draws the standing body in skin and paints garments over its labels."""

    def draw(paint: Paint) -> Scene:
        rest = anny.rest(standing.shape)
        mesh = anny.pose(rest, standing.pose)
        clip = clip_from_world(mesh.vertices, standing.camera)[None]
        covered = rasteriser()(clip, anny.faces, (SIDE, SIDE)).face[0] >= 0
        joints = project(joint_transforms(rest, standing.pose)[1], standing.camera)
        labels = paint(torch.where(covered, LABELS.index("skin"), 0), joints, covered)
        chances = torch.nn.functional.one_hot(labels, len(LABELS)).permute(2, 0, 1).float()
        mask = (labels > 0).float()
        generator = torch.Generator().manual_seed(1)
        photo = Photo(rgb=torch.rand(3, SIDE, SIDE, generator=generator))
        landmarks = torch.zeros(543, 3)
        return Scene(
            fit=standing,
            photo=photo,
            person=Person(mask=mask, landmarks=landmarks, landmarks_world=torch.full((543, 3), torch.nan)),
            understanding=Understanding(labels=chances, normals=torch.zeros(3, SIDE, SIDE), left=0, top=0, side=SIDE),
            joints=joints,
        )

    return draw
