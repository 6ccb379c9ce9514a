"""THuman2.0 (Yu et al., "Function4D", 2021): textured scans, drawn from all sides.

    0000/0000.obj    0000/material0.jpeg    0000/material0.mtl        (or all of it in THuman2.0_Release/)

The SMPL-X fits published beside them (smplx_param.pkl) are pickles and are not read. A scan's front is found by the
detector instead; the true body, which tables with true geometry need, is not known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trimesh
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.errors import InputError, NoPersonFound
from bodydouble.person import detector
from bodydouble.person.landmarks import HIPS, SHOULDERS
from bodydouble.render.framing import framing_camera, surrounding_rings
from bodydouble.render.image import render_mesh
from bodydouble.values import FACE_LANDMARKS, Camera, Mesh, Person, UvLayout
from workshop.evaluation.datasets import VARIED, Source, Subject, TrueView
from workshop.evaluation.datasets.photographs import existing_folder

_SIZE = (512, 512)
_HEIGHT_M = 1.75  # scans have no unit
_WALL = 0.8  # grey of the background; the detector finds people more easily on it than on white
_STEP_DEG = 4.0
_LOOKS_DEG = (0.0, 90.0, 180.0, 270.0)


class ThumanScans:
    """See `Dataset`."""

    name = "thuman"

    def __init__(self, source: Source, body: BodyModel) -> None:
        folder = existing_folder(source, self.name)
        release = folder / "THuman2.0_Release"
        self._folder = release if release.is_dir() else folder
        names = sorted(path.parent.name for path in self._folder.glob("*/*.obj") if path.stem == path.parent.name)
        self.sets: Mapping[str, tuple[str, ...]] = {VARIED: tuple(names)}

    def subject(self, name: str) -> Subject:
        """See `Dataset`.

        Raises:
            InputError: the scan cannot be read, or no person is seen in it from any side.
        """
        scan = Scan(self._folder / name / f"{name}.obj")
        front = scan.front_deg()

        def view(azimuth_deg: float) -> TrueView:
            return scan.view(azimuth_deg, front)

        return Subject(
            name=name,
            cluster=name,
            azimuths_deg=tuple(np.arange(0.0, 360.0, _STEP_DEG).tolist()),
            view=view,
            surface=scan.mesh.vertices,
            anywhere=True,
        )


class Scan:
    """One textured mesh, standing upright, with its colours as they were scanned."""

    def __init__(self, path: Path) -> None:
        try:
            loaded: Any = trimesh.load(path, process=False, force="mesh")
            uv, image = loaded.visual.uv, loaded.visual.material.image
        except Exception as error:  # the library raises many kinds of error on damaged files
            raise InputError(f"{path} cannot be read as a textured scan: {error}") from error
        if image is None or uv is None:
            raise InputError(f"{path} has no texture; expected material0.jpeg, named by material0.mtl, beside it")
        vertices = torch.from_numpy(np.asarray(loaded.vertices)).float()
        low, high = vertices.amin(0), vertices.amax(0)
        origin = torch.stack([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
        vertices = (vertices - origin) * (_HEIGHT_M / (high[1] - low[1]))
        faces = torch.from_numpy(np.asarray(loaded.faces)).long()
        self.mesh = Mesh(vertices=vertices, faces=faces)
        corners = torch.from_numpy(np.asarray(uv)).float() * torch.tensor([1.0, -1.0]) + torch.tensor([0.0, 1.0])
        self._layout = UvLayout(uv=corners, faces=faces, mirrored=False)
        self._texture = _square(torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).float() / 255)

    def view(self, azimuth_deg: float, front_deg: float) -> TrueView:
        """From an azimuth that counts from the person's front."""
        camera = self._camera(azimuth_deg + front_deg)
        rgba = render_mesh(self.mesh, self._layout, self._texture, camera)
        rgb = rgba[:3] * rgba[3] + _WALL * (1 - rgba[3])
        return TrueView(rgb=rgb, mask=rgba[3], azimuth_deg=azimuth_deg, camera=camera)

    def front_deg(self) -> float:
        """The azimuth in the scan's own axes from which the person is seen from the front.

        Raises:
            InputError: the detector sees nobody from any side.
        """
        best: tuple[float, float] | None = None
        for azimuth in _LOOKS_DEG:
            try:
                person = detector()(self.view(azimuth, 0.0).photo("scan"))
            except NoPersonFound:
                continue
            face = float(person.landmarks[FACE_LANDMARKS, 2].mean())
            if best is None or face > best[0]:
                best = (face, azimuth - camera_azimuth_deg(person))
        if best is None:
            raise InputError("no person was found in the scan from any side; leave it out")
        return best[1]

    def _camera(self, azimuth_deg: float) -> Camera:
        return framing_camera(surrounding_rings(self.mesh.vertices), _SIZE, azimuth_deg)


def camera_azimuth_deg(person: Person) -> float:
    """The azimuth of the camera as the landmarks in metres tell it: which shoulder and hip are nearer."""
    points = person.landmarks_world.nan_to_num()
    across = torch.stack([points[left] - points[right] for left, right in (SHOULDERS, HIPS)]).mean(0)
    return math.degrees(math.atan2(-float(across[2]), float(across[0])))


def _square(texture: Tensor) -> Tensor:
    """3×S×S: textures are sampled by uv alone, so a stretched one shows the same."""
    side = max(texture.shape[1:])
    size = (side, side)
    if tuple(texture.shape[1:]) == size:
        return texture
    return torch.nn.functional.interpolate(texture[None], size, mode="bilinear", align_corners=False)[0]
