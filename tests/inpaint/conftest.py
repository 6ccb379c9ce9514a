"""Partial textures whose truth is known: a dressed body of which only the front was seen."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.geometry.camera import photo_camera
from bodydouble.inpaint.by_label import SIZE as LABELS_SIZE
from bodydouble.surface.graph import SurfaceGraph, SurfaceTexels, mean_surface_graph, surface_texels
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import BodyFit, Clothing, FittedView, Person, Photo, Pose, Texture

SIZE = 256  # texels a side
SKIN, HAIR, SHIRT, TROUSERS = (0.8, 0.6, 0.5), (0.1, 0.08, 0.06), (0.9, 0.9, 0.85), (0.1, 0.15, 0.3)
HEM_M = 1.0  # height of the shirt's hem on the rest body


@dataclass(frozen=True)
class Scene:
    view: FittedView  # the photo is black: completion by symmetry asks for the body alone
    surface: SurfaceTexels
    truth: Tensor  # 3×SIZE×SIZE
    front: Tensor  # SIZE×SIZE, bool: texels that face forward

    def partial(self, truth: Tensor | None = None, seen: Tensor | None = None) -> Texture:
        """The truth where it was seen: in front, unless said otherwise."""
        seen = self.front if seen is None else seen
        return Texture(rgb=(self.truth if truth is None else truth) * seen, confidence=0.9 * seen)


@pytest.fixture(scope="session")
def graph(anny: AnnyBody) -> SurfaceGraph:
    """The mean body's surface, as its labels are completed."""
    return mean_surface_graph(anny, LABELS_SIZE)


@pytest.fixture(scope="session")
def scene(anny: AnnyBody) -> Scene:
    still = torch.zeros(int(anny.faces.max()) + 1, 3)
    pose = Pose(
        joints=torch.zeros(len(anny.joint_names), 3),
        root_rotation=torch.zeros(3),
        root_translation=torch.zeros(3),
        expression=torch.zeros(len(anny.expression_names)),
    )
    clothing = Clothing(offsets=still, leg_blend=still[:, 0])
    fit = BodyFit(shape=anny.mean_shape(), pose=pose, camera=photo_camera(100.0, (64, 64)), clothing=clothing)
    parts = anatomy(anny)
    surface = surface_texels(anny, anny.rest(anny.mean_shape()), parts, SIZE)
    colour = torch.tensor(SKIN).repeat(len(surface), 1)
    cloth = surface.region == Region.BODY
    height = surface.position[:, 1]
    neck = ~surface.arm & surface.trunk & (height > 1.5)
    colour[cloth & ~neck & (height >= HEM_M)] = torch.tensor(SHIRT)
    colour[cloth & ~surface.arm & (height < HEM_M)] = torch.tensor(TROUSERS)
    colour[surface.region == Region.SCALP] = torch.tensor(HAIR)
    front = surface.put((surface.normal[:, 2:] > 0.3).float())[0] > 0
    front &= ~torch.isin(parts.regions(SIZE), torch.tensor([int(Region.INSIDE), int(Region.EYE)]))
    person = Person(mask=torch.zeros(64, 64), landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    view = FittedView(photo=Photo(rgb=torch.zeros(3, 64, 64)), person=person, fit=fit)
    return Scene(view=view, surface=surface, truth=surface.put(colour), front=front)
