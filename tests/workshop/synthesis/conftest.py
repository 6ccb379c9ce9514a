"""Somebody of mean shape who stands still, to see what is worn."""

from collections.abc import Callable, Sequence

import pytest
import torch

from bodydouble.geometry.camera import orbit_camera
from bodydouble.values import Camera, Pose
from workshop.synthesis.garments.worn import Worn, fit_clothes, pose_layers
from workshop.synthesis.layers import Layer
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.scene.truth import part_of_joint

Stand = Callable[[Sequence[Worn]], list[Layer]]
Look = Callable[[float], Camera]


@pytest.fixture(scope="session")
def stand(pack: Pack) -> Stand:
    """The layers of the mean body at rest in these clothes, from the outside inwards."""
    rest = pack.body.base_rest(pack.body.mean_shape())
    pose = Pose(
        joints=torch.zeros(len(pack.body.parents), 3),
        root_rotation=torch.zeros(3),
        root_translation=torch.zeros(3),
        expression=torch.zeros(len(pack.body.expression_names)),
    )
    skin = torch.tensor([0.8, 0.6, 0.5, 1.0])[:, None, None].expand(4, 4, 4)

    def layers(worn: Sequence[Worn]) -> list[Layer]:
        return pose_layers(pack.body, fit_clothes(pack.body, rest, skin, worn), pose, part_of_joint(pack.body))

    return layers


@pytest.fixture(scope="session")
def look() -> Look:
    """A far camera at the upper body, 0.005 m a pixel, from an azimuth in degrees; the neck joint is in row 56."""
    size = (200, 160)
    return lambda azimuth: orbit_camera(azimuth, 0.0, torch.tensor([0.0, 1.352, 0.0]), 20.0, 200 * 20.0, size)
