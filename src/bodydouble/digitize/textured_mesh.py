"""What digitising gives: one textured mesh on the body's skeleton."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest
from bodydouble.digitize.as_double import make_double
from bodydouble.digitize.mesh_files import write_mesh
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.files import printable
from bodydouble.geometry.rotation import remove_heading
from bodydouble.metadata import Metadata, describe_provenance
from bodydouble.motion.chains import ChainTransforms, move_chains, settle_chains
from bodydouble.motion.load import load_motion
from bodydouble.progress import Progress
from bodydouble.render.framing import framing_camera, surrounding_rings
from bodydouble.render.image import eight_bits, render_mesh
from bodydouble.render.video import tell_frames, write_frames
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import BodyFit, Camera, Mesh, Motion, Pose, RestBody, Surface, UvLayout

SIZE = (640, 480)  # (height, width) in pixels, of a video's frames
PICTURE_SIZE = (1024, 768)


@dataclass(frozen=True, kw_only=True)
class TexturedMesh:
    """One watertight, textured mesh of a person, bound to the body's skeleton."""

    surface: Surface  # at rest; its confidence is 0 where the texture was invented
    body: BodyModel
    fit: BodyFit  # of the double: shape, pose and clothing of the body beneath
    metadata: Metadata  # of the double
    camera: Camera  # the photo's, of the part of it that was used
    swung: ChainTransforms | None = None  # of chain joints in the photo's pose; None: it has none
    psnr: float | None = None  # dB, of its picture from the photo's camera inside the person; None: it was not measured

    @cached_property
    def rest(self) -> RestBody:
        """The body beneath: the joints that the mesh is bound to."""
        with torch.no_grad():
            return dress_rest(self.fit, self.body)

    @property
    def pose(self) -> Pose:
        """The photo's."""
        return self.fit.pose

    @property
    def vertices(self) -> Tensor:
        """V×3, metres, in the photo's pose, in the world of its camera."""
        return self.posed().vertices

    @property
    def faces(self) -> Tensor:
        """F×3, int64, counter-clockwise seen from outside."""
        return self.surface.faces

    @property
    def layout(self) -> UvLayout:
        """Where each face lies in the texture."""
        return self.surface.layout

    @property
    def texture(self) -> Tensor:
        """3×S×S, [0, 1], sRGB."""
        return self.surface.texture.rgb

    @property
    def skin_weights(self) -> Tensor:
        """V×(J + K), rows sum to 1: the body's joints, then the mesh's own."""
        return self.surface.skin_weights

    def posed(self, pose: Pose | None = None) -> Mesh:
        """The mesh in a pose of the body; the photo's where none is given."""
        with torch.no_grad():
            if pose is None:
                return pose_surface(self.surface, self.rest, self.pose, self.swung).mesh
            return pose_surface(self.surface, self.rest, pose, settle_chains([self.surface], self.rest, pose)[0]).mesh

    def standing(self) -> Mesh:
        """The photo's pose, turned to face +z, with its lowest point at y = 0 and its middle above the origin."""
        flat = replace(
            self.pose,
            root_rotation=remove_heading(self.pose.root_rotation),
            root_translation=torch.zeros_like(self.pose.root_translation),
        )
        mesh = self.posed(flat)
        middle = (mesh.vertices.amin(0) + mesh.vertices.amax(0)) / 2
        middle[1] = mesh.vertices[:, 1].min()
        return Mesh(vertices=mesh.vertices - middle, faces=mesh.faces)

    def render(self, azimuth: float = 0.0, elevation: float = 0.0, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray:
        """One picture: H×W×4 uint8, sRGB with straight alpha. Angles and errors are those of `Double.render`."""
        if not all(16 <= side <= 4096 for side in size):
            raise InputError(f"a picture of {size[0]}×{size[1]} pixels is out of range; each side may have 16 to 4096")
        mesh = self.standing()
        return self._picture(mesh, framing_camera(surrounding_rings(mesh.vertices), size, azimuth, elevation))

    def turntable(
        self, path: str | Path, frames: int = 96, elevation: float = 0.0, progress: Progress | None = None
    ) -> None:
        """Write one turn around the mesh, at 24 frames a second: .mp4, .gif, .webp, or a folder of pictures.

        Raises:
            InputError: unknown format, or the folder does not exist.
        """
        mesh = self.standing()
        rings = surrounding_rings(mesh.vertices)
        cameras = (framing_camera(rings, SIZE, 360.0 * frame / frames, elevation) for frame in range(frames))
        pictures = (self._picture(mesh, camera) for camera in cameras)
        write_frames(tell_frames(pictures, frames, progress), path, 24, note=describe_provenance())

    def animate(
        self, motion: str | Path | Motion, path: str | Path, azimuth: float = 20.0, progress: Progress | None = None
    ) -> None:
        """Write the mesh in motion; arguments and errors are those of `Double.animate`."""
        clip = motion if isinstance(motion, Motion) else load_motion(motion, self.body, self.rest)
        chains = move_chains([self.surface], self.rest, clip)[0]
        expression = torch.zeros(len(self.body.expression_names))

        def mesh_at(frame: int) -> Mesh:
            swung = None if chains is None else (chains[0][frame], chains[1][frame])
            return pose_surface(self.surface, self.rest, clip.pose(frame, expression), swung).mesh

        step = max(1, len(clip) // 16)
        points = torch.cat([mesh_at(frame).vertices for frame in range(0, len(clip), step)])
        camera = framing_camera(points, SIZE, azimuth, margin=0.08)
        pictures = (self._picture(mesh_at(frame), camera) for frame in range(len(clip)))
        counted, note = tell_frames(pictures, len(clip), progress), describe_provenance()
        write_frames(counted, path, clip.frames_per_second, note=note)

    def to_double(self) -> Double:
        """The mesh as a double: it can be kept, posed, animated and exported as every other."""
        return make_double(self.surface, self.body, self.fit, self.rest, self.metadata)

    def save(self, path: str | Path) -> None:
        """Write the mesh: .glb with its skeleton, at rest; .obj (with .mtl and .png) or .ply (with .png) as it stands.

        Or .double: see `to_double`.

        Raises:
            InputError: unknown format, or the folder does not exist.
        """
        path = Path(path)
        if path.suffix.lower() == ".double":
            self.to_double().save(path)
            return
        write_mesh(path, self.surface, self.standing(), self.body, self.rest, printable(path.stem))

    def _picture(self, mesh: Mesh, camera: Camera) -> np.ndarray:
        return eight_bits(render_mesh(mesh, self.layout, self.texture, camera))
