"""A recorded motion on the skeleton it was recorded with, before it is brought to a body model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joints_from
from bodydouble.errors import InputError
from bodydouble.geometry.quaternion import matrix_from_quaternion, quaternion_from_axis_angle, slerp
from bodydouble.values import Motion, RestBody

MAX_FILE_BYTES = 128 * 2**20
MAX_JOINTS = 512
MAX_FRAMES = 200_000


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Local rotations over time on a skeleton. Axes and unit of length are the file's own."""

    name: str  # for messages and `Motion.name`
    joint_names: tuple[str, ...]  # ends of chains are joints too, so that every bone has a direction
    parents: tuple[int, ...]  # of each joint; the root's is -1; parents come before children
    offsets: Tensor  # J×3, from the parent, in the zero pose
    rotations: Tensor  # T×J×4, quaternions w, x, y, z relative to the parent
    translations: Mapping[int, Tensor]  # T×3 from the parent, of the root and of joints that move against their parent
    frames_per_second: float
    neutral: bool = False  # True: in the zero pose it stands, y up, facing +z, and no limb is bent, by its making
    format_up: Literal["y", "z"] = "y"  # the axis that points up where the file's format is kept to
    # For each side (T, 2) booleans: heel and ball of the foot stand. None: `find_contacts` has to tell.
    contacts: Mapping[str, Tensor] | None = None

    def __len__(self) -> int:
        return self.rotations.shape[0]

    def children(self, joint: int) -> list[int]:
        """Joints whose parent is `joint`."""
        return [child for child, parent in enumerate(self.parents) if parent == joint]

    def chain(self, joint: int) -> list[int]:
        """The joint and its ancestors, from the root down to it."""
        chain = []
        while joint >= 0:
            chain.append(joint)
            joint = self.parents[joint]
        return chain[::-1]

    def descendants(self, joint: int) -> list[int]:
        """All joints below a joint."""
        return joints_from(joint, self.parents)[1:]

    def zero_pose(self) -> Tensor:
        """(J, 3) joint positions without any rotation, the root at the origin."""
        positions = [torch.zeros(3)]
        for joint, parent in enumerate(self.parents[1:], start=1):
            positions.append(positions[parent] + self.offsets[joint])
        return torch.stack(positions)

    def world(self) -> tuple[Tensor, Tensor]:
        """(T, J, 3, 3) rotations and (T, J, 3) positions of all joints in the file's axes and units."""
        local = matrix_from_quaternion(self.rotations)
        rotations, positions = [local[:, 0]], [self.translations[0]]
        for joint, parent in enumerate(self.parents[1:], start=1):
            bone = self.translations.get(joint, self.offsets[joint].expand(len(self), 3))
            rotations.append(rotations[parent] @ local[:, joint])
            positions.append(positions[parent] + (rotations[parent] @ bone[..., None])[..., 0])
        return torch.stack(rotations, 1), torch.stack(positions, 1)


def body_clip(motion: Motion, body: BodyModel, rest: RestBody) -> Clip:
    """A body's motion as a clip on its own skeleton, from which it can be brought to bodies of other shapes."""
    joints = motion.joints.clone()
    joints[:, 0] = motion.root_rotation
    return Clip(
        name=motion.name,
        joint_names=body.joint_names,
        parents=rest.parents,
        offsets=rest.joints - rest.joints[[max(parent, 0) for parent in rest.parents]],
        rotations=quaternion_from_axis_angle(joints),
        translations={0: rest.joints[0] + motion.root_translation},
        frames_per_second=motion.frames_per_second,
        neutral=True,
    )


def sample_frames(clip: Clip, count: int) -> Clip:
    """The clip with at most `count` of its frames, evenly spaced."""
    frames = torch.linspace(0, len(clip) - 1, min(len(clip), count)).long()
    translations = {joint: path[frames] for joint, path in clip.translations.items()}
    contacts = _pick_contacts(clip, frames)
    return replace(clip, rotations=clip.rotations[frames], translations=translations, contacts=contacts)


def _pick_contacts(clip: Clip, frames: Tensor) -> Mapping[str, Tensor] | None:
    return None if clip.contacts is None else {side: stands[frames] for side, stands in clip.contacts.items()}


def check_file_size(path: Path) -> None:
    """Raise InputError where a file is larger than a motion's may be."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise InputError(f"{path} has {size} bytes; motion files may have {MAX_FILE_BYTES} at most")


def check_finite(values: Tensor, path: object, what: str) -> None:
    """Raise InputError where `values` holds NaN or infinity; the first such row is named as a frame."""
    bad = ~torch.isfinite(values.reshape(len(values), -1)).all(1)
    if bad.any():
        frame = int(bad.nonzero()[0, 0])
        raise InputError(f"{path}: {what} of frame {frame} is not a finite number; repair or cut the recording")


def resample(clip: Clip, frames_per_second: float) -> Clip:
    """The clip at another frame rate: rotations by slerp, positions linearly; same start, and end within a frame."""
    count = len(clip)
    if count == 1 or abs(clip.frames_per_second - frames_per_second) < 1e-3 * frames_per_second:
        return replace(clip, frames_per_second=frames_per_second)
    # The tolerance keeps the last frame where the rates divide evenly but for rounding in the file's frame time.
    last = int((count - 1) / clip.frames_per_second * frames_per_second + 0.01)
    frame = (torch.arange(last + 1, dtype=torch.float64) * clip.frames_per_second / frames_per_second).clamp(
        max=count - 1
    )
    before = frame.floor().long().clamp(max=count - 2)
    fraction = (frame - before).float()[:, None]
    return replace(
        clip,
        rotations=slerp(clip.rotations[before], clip.rotations[before + 1], fraction[..., None]),
        translations={
            joint: torch.lerp(positions[before], positions[before + 1], fraction)
            for joint, positions in clip.translations.items()
        },
        contacts=_pick_contacts(clip, frame.round().long()),
        frames_per_second=frames_per_second,
    )
