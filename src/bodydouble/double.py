"""A double: a body fitted to one photo, and what hangs off it, ready to be seen, moved, exported and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.cut import cut_body
from bodydouble.body.skinning import dress_rest
from bodydouble.double_file import match_body, read_double, write_double
from bodydouble.errors import InputError
from bodydouble.export.write import ExportOptions, write_export
from bodydouble.geometry.rotation import remove_heading
from bodydouble.metadata import Metadata
from bodydouble.motion.chains import ChainTransforms, move_chains, settle_chains
from bodydouble.motion.clip import body_clip
from bodydouble.motion.clip_file import write_clip
from bodydouble.motion.load import load_motion
from bodydouble.progress import Progress
from bodydouble.render import Renderer, renderer
from bodydouble.render.ahead import draw_ahead
from bodydouble.render.framing import framing_camera, surrounding_rings
from bodydouble.render.image import eight_bits
from bodydouble.render.surfaces import PlainRenderer
from bodydouble.render.video import tell_frames, write_frames
from bodydouble.surface.skeleton import body_surface, check_surfaces, pose_surface
from bodydouble.texture.even_light import even_texture
from bodydouble.values import (
    BodyFit,
    Camera,
    Mesh,
    Motion,
    Pose,
    PosedSurface,
    RestBody,
    Surface,
    Texture,
    UvLayout,
    to_device,
)

# Networks take seconds to import, and few doubles have any.
if TYPE_CHECKING:
    from bodydouble.dinar.networks import Networks

PICTURE_SIZE = (1024, 768)  # (height, width) in pixels, of a single picture
VIDEO_SIZE = (640, 480)
PLAIN = "none"  # in place of weights: without networks, the fine texture alone
_FRAMING_FRAMES = 32  # of a motion are looked at to place its camera


@dataclass(frozen=True, kw_only=True, eq=False)
class Double:
    """The double of one person. Methods leave it as it is; `dataclasses.replace` makes another."""

    fit: BodyFit
    texture: Texture
    body: BodyModel
    metadata: Metadata
    renderer: Renderer = field(default_factory=PlainRenderer)  # one of its own where the texture has a neural part
    attached: tuple[Surface, ...] = ()  # hair, skirt, coat ...: all surfaces but the body

    def __post_init__(self) -> None:
        """Raises InputError for surfaces that cannot hang on this body."""
        check_surfaces(self.attached, len(self.body.joint_names), len(self.body.expression_names))

    @staticmethod
    def load(path: str | Path, body: BodyModel | None = None, weights: str | Path | Networks | None = None) -> Double:
        """Read a `.double` file.

        Args:
            body: the body model it was made with; needed where that is your own, or read from your own file.
            weights: the networks it was painted with, where they are your own; "none" leaves its plain texture.

        Raises:
            InputError: the file is missing, damaged, newer than this reader, or made for another body model or layout,
                or with other weights.
        """
        fit, texture, attached, metadata = read_double(path)
        body = match_body(path, fit, metadata, body)
        body = cut_body(body, fit.faces)
        if weights == PLAIN:
            texture = replace(texture, neural=None)
        if texture.neural is None:
            return Double(fit=fit, texture=texture, body=body, metadata=metadata, attached=attached)
        drawn_by = renderer("dinar", weights=weights, painted=metadata.weights, double_name=str(path))
        return Double(fit=fit, texture=texture, body=body, metadata=metadata, renderer=drawn_by, attached=attached)

    def save(self, path: str | Path) -> None:
        """Write a `.double` file; texture values are rounded to 8 bits. Raises InputError as `write_double` does."""
        write_double(path, self.fit, self.texture, self.attached, self.metadata)

    def to(self, device: torch.device | str) -> Double:
        """The same double with its tensors on `device`, where it is then rendered."""
        attached = tuple(to_device(surface, device) for surface in self.attached)
        return replace(
            self, fit=to_device(self.fit, device), texture=to_device(self.texture, device), attached=attached
        )

    def even_light(self) -> Double:
        """The same person without the photo's light and shade: textures show the colours of what is worn alone.

        Raises:
            InputError: nothing is told of the light, as of doubles of earlier versions and of those that networks draw.
        """
        if self.texture.shade is None:
            raise InputError("this double does not tell light from colour; make it again from its photo with create")
        attached = tuple(replace(surface, texture=even_texture(surface.texture)) for surface in self.attached)
        return replace(self, texture=even_texture(self.texture), attached=attached)

    @cached_property
    def surfaces(self) -> tuple[Surface, ...]:
        """All surfaces at rest, the body first."""
        with torch.no_grad():
            body = body_surface(to_device(self.fit, "cpu"), self.body, to_device(self.texture, "cpu"))
            return (to_device(body, self._device), *self.attached)

    @cached_property
    def rest(self) -> RestBody:
        """The clothed body at rest, on the texture's device."""
        with torch.no_grad():
            fit = to_device(self.fit, "cpu")
            return to_device(dress_rest(fit, self.body), self._device)

    def posed(self, pose: Pose) -> Mesh:
        """The clothed body in that pose."""
        with torch.no_grad():
            return to_device(self.body.pose(self.rest, to_device(pose, self._device)), self._device)

    def pose_surfaces(self, pose: Pose) -> tuple[PosedSurface, ...]:
        """All surfaces in a pose that is held, the body first."""
        pose = to_device(pose, self._device)
        return self._posed_surfaces(pose, settle_chains(self.attached, self.rest, pose))

    def pose_frames(self, clip: Motion) -> Callable[[int], tuple[PosedSurface, ...]]:
        """The surfaces in each frame of a motion."""
        clip = to_device(clip, self._device)
        chains = move_chains(self.attached, self.rest, clip)
        expression = self.fit.pose.expression.to(self._device)

        def frame(index: int) -> tuple[PosedSurface, ...]:
            swung = [None if one is None else (one[0][index], one[1][index]) for one in chains]
            return self._posed_surfaces(clip.pose(index, expression), swung)

        return frame

    def standing_pose(self, pose: Literal["photo", "rest"] = "photo") -> Pose:
        """The photo's pose turned to face +z, or the rest pose; on the ground, root above the origin."""
        if pose == "rest":
            standing = self._pose_at_rest
        elif pose == "photo":
            rotation = remove_heading(self.fit.pose.root_rotation)
            standing = replace(self.fit.pose, root_rotation=rotation, root_translation=torch.zeros_like(rotation))
        else:
            raise InputError(f"unknown pose {pose!r}; known: photo, rest")
        lowest = _points(self.pose_surfaces(standing))[:, 1].min()
        root = self.rest.joints[0]
        return replace(standing, root_translation=torch.stack([-root[0], -lowest, -root[2]]))

    def render(
        self,
        azimuth: float = 0.0,
        elevation: float = 0.0,
        size: tuple[int, int] | None = None,
        view: Literal["orbit", "photo"] = "orbit",
        pose: Literal["photo", "rest"] = "photo",
    ) -> np.ndarray:
        """One picture: H×W×4 uint8, sRGB with straight alpha.

        Args:
            azimuth: degrees; 0 looks at the front, positive turns the camera to the person's left.
            elevation: degrees, positive above.
            size: (height, width) in pixels; for the orbit view, 1024×768 if not given.
            view: "orbit" frames the body; "photo" reproduces the photo's camera, pose and size, and takes none of
                the other arguments.
            pose: "photo" as in the photo, facing the camera at azimuth 0; "rest" is the body model's rest pose.

        Raises:
            InputError: unknown view or pose, or a size outside 16 to 4096.
        """
        if view == "photo":
            return self._picture(self.pose_surfaces(self.fit.pose), self.fit.camera)
        if view != "orbit":
            raise InputError(f"unknown view {view!r}; known: orbit, photo")
        size = size or PICTURE_SIZE
        if not all(16 <= side <= 4096 for side in size):
            raise InputError(f"a picture of {size[0]}×{size[1]} pixels is out of range; each side may have 16 to 4096")
        surfaces = self.pose_surfaces(self.standing_pose(pose))
        return self._picture(surfaces, framing_camera(surrounding_rings(_points(surfaces)), size, azimuth, elevation))

    def turntable(
        self,
        path: str | Path,
        frames: int = 96,
        elevation: float = 0.0,
        pose: Literal["photo", "rest"] = "photo",
        progress: Progress | None = None,
    ) -> None:
        """Write one turn around the double, at 24 frames a second: .mp4, .gif, .webp, or a folder of pictures.

        Raises:
            InputError: unknown format, or the folder does not exist.
        """
        surfaces = self.pose_surfaces(self.standing_pose(pose))
        points = surrounding_rings(_points(surfaces))
        azimuths = (360.0 * frame / frames for frame in range(frames))
        cameras = (framing_camera(points, VIDEO_SIZE, azimuth, elevation) for azimuth in azimuths)
        pictures = self._pictures((surfaces, camera) for camera in cameras)
        write_frames(tell_frames(pictures, frames, progress), path, 24, note=self.metadata.provenance())

    def load_motion(
        self,
        motion: str | Path | Motion,
        up: str | None = None,
        lock_feet: bool = True,
        progress: Progress | None = None,
    ) -> Motion:
        """A built-in motion or a file for this body, as `motion.load.load_motion` reads it; a motion as it is.

        Raises:
            InputError: unknown motion, or a file that cannot be used.
        """
        if isinstance(motion, Motion):
            return motion
        return load_motion(motion, self.body, self.rest, up=up, lock_feet=lock_feet, progress=progress)

    def save_motion(self, motion: Motion, path: str | Path) -> None:
        """Write a motion of this body as an `.npz`, which `load_motion` brings to any body.

        Raises:
            InputError: the name ends otherwise, or the folder does not exist.
        """
        write_clip(body_clip(motion, self.body, self.rest), path)

    def animate(
        self,
        motion: str | Path | Motion,
        path: str | Path,
        azimuth: float = 20.0,
        progress: Progress | None = None,
    ) -> None:
        """Write the double in motion, seen by a camera that stands still: .mp4, .gif, .webp, or a folder.

        Args:
            motion: a built-in name (see `motion.builtin`), a motion file, a video of a person, or a motion.

        Raises:
            InputError: unknown motion or format, a motion file that cannot be used, or a missing folder.
        """
        clip = self.load_motion(motion)
        step = max(1, len(clip) // _FRAMING_FRAMES)
        frames = self.pose_frames(clip)
        points = torch.cat([_points(frames(index)) for index in range(0, len(clip), step)])
        camera = framing_camera(points, VIDEO_SIZE, azimuth, margin=0.08)
        pictures = self._pictures((frames(index), camera) for index in range(len(clip)))
        counted, note = tell_frames(pictures, len(clip), progress), self.metadata.provenance()
        write_frames(counted, path, clip.frames_per_second, note=note)

    def export(
        self, path: str | Path, motion: str | Path | Motion | None = None, options: ExportOptions | None = None
    ) -> None:
        """Write a rigged, skinned and textured `.glb`, with the animation if one is given, or a `.vrm` avatar.

        Where the double has a renderer of its own, what that draws from all around is baked into the texture.

        Raises:
            InputError: the name ends otherwise, the folder does not exist, motion or options cannot be used, or the
                albedo is asked for and nothing is told of the light.
        """
        if options is not None and options.albedo:
            return self.even_light().export(path, motion, replace(options, albedo=False))
        clip = None if motion is None else self.load_motion(motion)
        bare = PosedSurface(mesh=self.posed(self._pose_at_rest), layout=self._layout, texture=self.texture)
        texture, notes = self.renderer.bake(bare), self.metadata.origin()
        write_export(path, self.body, self.rest, texture, self.attached, clip, options, notes)

    @property
    def _device(self) -> torch.device:
        return self.texture.rgb.device

    @property
    def _pose_at_rest(self) -> Pose:
        """No joint turned; the photo's expression."""
        pose = self.fit.pose
        zero = torch.zeros_like(pose.root_rotation)
        return replace(pose, joints=torch.zeros_like(pose.joints), root_rotation=zero, root_translation=zero)

    @cached_property
    def _layout(self) -> UvLayout:
        return to_device(self.body.layout, self._device)

    def _posed_surfaces(self, pose: Pose, chains: Sequence[ChainTransforms | None]) -> tuple[PosedSurface, ...]:
        body = PosedSurface(mesh=self.posed(pose), layout=self._layout, texture=self.texture)
        with torch.no_grad():
            return (
                body,
                *(
                    pose_surface(surface, self.rest, pose, chain)
                    for surface, chain in zip(self.attached, chains, strict=True)
                ),
            )

    def _picture(self, surfaces: Sequence[PosedSurface], camera: Camera) -> np.ndarray:
        with torch.no_grad():
            rgba = self.renderer(surfaces, camera)
        return eight_bits(rgba)

    def _pictures(self, scenes: Iterable[tuple[Sequence[PosedSurface], Camera]]) -> Iterator[np.ndarray]:
        """Of each scene; a network's one after the other, for one takes all cores and much memory."""
        plain = isinstance(self.renderer, PlainRenderer) and self._device.type == "cpu"
        return (draw_ahead if plain else map)(lambda scene: self._picture(*scene), scenes)


def _points(surfaces: Sequence[PosedSurface]) -> Tensor:
    """N×3: the vertices of all surfaces' faces; a bust has others."""
    return torch.cat([surface.mesh.vertices[surface.mesh.faces.unique()] for surface in surfaces])
