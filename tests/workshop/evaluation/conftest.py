"""People small enough for tests: the mean body in two colours, drawn by the library itself."""

import sys
import types

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.geometry.camera import orbit_camera
from bodydouble.render.image import render_mesh
from bodydouble.values import Pose
from workshop.evaluation.datasets import TURNING, VARIED, Source, Subject, TrueView

SIZE = (160, 160)


def standing(body: AnnyBody) -> Pose:
    zero = torch.zeros(3)
    return Pose(
        joints=torch.zeros(len(body.joint_names), 3),
        root_rotation=zero,
        root_translation=zero,
        expression=torch.zeros(len(body.expression_names)),
    )


class TinyPeople:
    """See `Dataset`: one person a set, red on one half of the texture and blue on the other."""

    name = "tiny"

    def __init__(self, source: Source, body: AnnyBody) -> None:
        self.sets = {TURNING: ("turning-a",), VARIED: ("varied-a",)}
        self.body = body

    def subject(self, name: str) -> Subject:
        body = self.body
        shape = body.mean_shape()
        mesh = body.pose(body.rest(shape), standing(body))
        texture = torch.zeros(3, 64, 64)
        texture[0, :32], texture[2, 32:] = 0.8, 0.8

        def view(azimuth_deg: float) -> TrueView:
            target = torch.tensor([0.0, 0.85, 0.0])
            camera = orbit_camera(azimuth_deg, 0.0, target, 4.0, 300.0, SIZE)
            rgba = render_mesh(mesh, body.layout, texture, camera)
            rgb = rgba[:3] * rgba[3] + 0.5 * (1 - rgba[3])
            return TrueView(rgb=rgb, mask=rgba[3], azimuth_deg=azimuth_deg, camera=camera, pose=standing(body))

        return Subject(name=name, cluster="none", azimuths_deg=(0.0, 180.0), view=view, shape=shape, anywhere=True)


@pytest.fixture
def tiny(anny: AnnyBody) -> TinyPeople:
    return TinyPeople(Source(), anny)


@pytest.fixture
def tiny_by_name(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name by which the command finds `TinyPeople`."""
    module = types.ModuleType("tiny_people")
    module.TinyPeople = TinyPeople  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tiny_people", module)
    return "tiny_people:TinyPeople"
