"""Somebody who walks and raises an arm, written as BVH in the dialects of many programs: the same motion in each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

# (joint, parent, offset in T-pose in centimetres); the right is the mirror of the left.
_MIDDLE = (
    ("Hips", "", (0, 95, 0)),
    ("Spine", "Hips", (0, 10, 0)),
    ("Spine1", "Spine", (0, 12, 0)),
    ("Spine2", "Spine1", (0, 14, 0)),
    ("Neck", "Spine2", (0, 16, 0)),
    ("Head", "Neck", (0, 10, 2)),
    ("HeadEnd", "Head", (0, 15, 1)),
)
_SIDE = (
    ("Shoulder", "Spine2", (6, 12, 0)),
    ("Arm", "Shoulder", (12, 0, 0)),
    ("ForeArm", "Arm", (28, 0, 0)),
    ("Hand", "ForeArm", (25, 0, 0)),
    ("HandEnd", "Hand", (12, 0, 0)),
    ("UpLeg", "Hips", (9, -5, 0)),
    ("Leg", "UpLeg", (0, -42, 0)),
    ("Foot", "Leg", (0, -42, 0)),
    ("ToeBase", "Foot", (0, -6, 12)),
    ("ToeEnd", "ToeBase", (0, -2, 6)),
)
Z_UP = Rotation.from_euler("x", 90, degrees=True)  # y up, facing +z, becomes z up, facing -y


@dataclass(frozen=True)
class Walker:
    """A motion on a skeleton. Lengths are centimetres."""

    names: list[str]
    parents: list[int]
    offsets: np.ndarray  # J×3, in the zero pose
    rotations: np.ndarray  # T×J×3×3, relative to the parent
    positions: np.ndarray  # T×3 of the root

    def index(self, name: str) -> int:
        """The row of a joint."""
        return self.names.index(name)

    def turned(self, turn: Rotation) -> Walker:
        """The same motion in a world that is turned, on the same skeleton."""
        rotations = self.rotations.copy()
        rotations[:, 0] = turn.as_matrix() @ rotations[:, 0]
        return replace(self, rotations=rotations, positions=self.positions @ turn.as_matrix().T)

    def reaxed(self, axes: dict[str, Rotation]) -> Walker:
        """The same motion on joints whose own axes stand turned in the T-pose: another zero pose."""
        turns = np.stack([axes.get(name, Rotation.identity()).as_matrix() for name in self.names])
        above = np.stack([turns[parent] if parent >= 0 else np.eye(3) for parent in self.parents])
        return replace(
            self,
            offsets=np.einsum("jba,jb->ja", above, self.offsets),
            rotations=above.transpose(0, 2, 1) @ self.rotations @ turns,
        )


def walker(frames: int = 36) -> Walker:
    """One step and a half, a metre long, while the left arm rises."""
    rows = list(_MIDDLE)
    for side, sign in (("Left", 1), ("Right", -1)):
        rows += [
            (side + name, parent if parent in ("Hips", "Spine2") else side + parent, (sign * x, y, z))
            for name, parent, (x, y, z) in _SIDE
        ]
    names = [name for name, _, _ in rows]
    parents = [names.index(parent) if parent else -1 for _, parent, _ in rows]
    time = np.linspace(0, 1, frames)
    rotations = np.tile(np.eye(3), (frames, len(rows), 1, 1))

    def rotate(name: str, order: str, degrees: np.ndarray) -> None:
        rotations[:, names.index(name)] = Rotation.from_euler(order, degrees[:, None], degrees=True).as_matrix()

    swing = np.sin(3 * np.pi * time)
    for side, sign in (("Left", 1), ("Right", -1)):
        rotate(f"{side}UpLeg", "x", -22 * sign * swing)
        rotate(f"{side}Leg", "x", 12 + 10 * np.cos(3 * np.pi * time + sign))
        rotate(f"{side}Foot", "x", -10 + 8 * sign * swing)
        rotate(f"{side}ForeArm", "y", -sign * (20 + 5 * swing))
    rotate("LeftArm", "z", -75 + 130 * time)
    rotate("RightArm", "z", np.full(frames, 75.0))
    positions = np.stack([0 * time, 94 - 1.5 * np.abs(swing), 100 * time], -1)
    return Walker(names, parents, np.array([row[2] for row in rows], float), rotations, positions)


def along_axis(motion: Walker, axis: int, mirror_right: bool = False) -> dict[str, Rotation]:
    """Axes for `reaxed`: every bone lies along one of its joint's own axes; the right limbs', if so, backwards."""
    axes: dict[str, Rotation] = {}
    for row, name in enumerate(motion.names):
        bones = [motion.offsets[child] for child, parent in enumerate(motion.parents) if parent == row]
        if name in ("Hips", "Spine2"):
            bones = [np.array([0.0, 1.0, 0.0])]
        if not bones:
            axes[name] = axes[motion.names[motion.parents[row]]]
            continue
        sign = -1 if mirror_right and name.startswith("Right") else 1
        first = sign * bones[0] / np.linalg.norm(bones[0])
        helper = np.array([0.0, 0.0, 1.0]) if abs(first[2]) < 0.8 else np.array([0.0, 1.0, 0.0])
        second = helper - (helper @ first) * first
        second /= np.linalg.norm(second)
        columns = [first, second, np.cross(first, second)]
        axes[name] = Rotation.from_matrix(np.stack(columns[-axis:] + columns[:-axis], 1))
    return axes


def below(motion: Walker, *names: str) -> list[str]:
    """Joints and all that hang on them."""
    rows = [motion.index(name) for name in names]
    for row, parent in enumerate(motion.parents):
        if parent in rows and row not in rows:
            rows.append(row)
    return [motion.names[row] for row in sorted(rows)]


def with_reference(motion: Walker) -> Walker:
    """The same motion whose hips hang under a root that stays where it is; their position channels make the way."""
    count = len(motion.rotations)
    return Walker(
        ["Reference", *motion.names],
        [-1, *(parent + 1 for parent in motion.parents)],
        np.concatenate([np.zeros((1, 3)), motion.offsets]),
        np.concatenate([np.tile(np.eye(3), (count, 1, 1, 1)), motion.rotations], 1),
        motion.positions,
    )


def write_bvh(
    path: Path,
    motion: Walker,
    order: str = "ZXY",
    moved: str = "root",
    added: bool = False,
    unit: float = 1.0,
    more: str = "",
    more_values: str = "",
    separator: str = "\n",
) -> Path:
    """Write a motion.

    Args:
        order: of the rotation channels.
        moved: the joints with position channels: "root", "all", or the name of one.
        added: position channels are added to the offset; else they stand for it.
        unit: what a centimetre measures in the file.
        more: a further tree of the hierarchy, with `more_values` on every frame's line.
        separator: between the words of the hierarchy: a line break after each statement, or a blank for none.
    """
    offsets, values = unit * motion.offsets, []
    columns: dict[int, np.ndarray] = {}
    for row, parent in enumerate(motion.parents):
        own = moved == "all" or moved == motion.names[row] or (moved == "root" and parent < 0)
        if own:
            travels = motion.names[row] == "Hips" or (parent < 0 and "Hips" not in motion.names[1:])
            place = unit * motion.positions if travels else np.tile(offsets[row], (len(motion.rotations), 1))
            columns[row] = place - offsets[row] if added else place
    lines: list[str] = ["HIERARCHY"]

    def write(row: int) -> None:
        parent = motion.parents[row]
        children = [child for child, above in enumerate(motion.parents) if above == row]
        lines.append(f"{'ROOT' if parent < 0 else 'JOINT'} {motion.names[row]} {{")
        lines.append("OFFSET " + " ".join(f"{x:.6f}" for x in offsets[row]))
        channels = [f"{axis}rotation" for axis in order]
        if row in columns:
            channels = ["Xposition", "Yposition", "Zposition", *channels]
            values.append(columns[row])
        values.append(Rotation.from_matrix(motion.rotations[:, row]).as_euler(order, degrees=True))
        lines.append(f"CHANNELS {len(channels)} {' '.join(channels)}")
        for child in children:
            write(child)
        if not children:
            lines.extend(["End Site {", f"OFFSET 0 0 {unit}", "}"])
        lines.append("}")

    write(0)
    frames = np.concatenate(values, 1)
    text = separator.join([*lines, *([more] if more else [])]) + "\n"
    text += f"MOTION\nFrames: {len(frames)}\nFrame Time: 0.0333333\n"
    text += "\n".join(" ".join(f"{x:.6f}" for x in row) + " " + more_values for row in frames) + "\n"
    path.write_text(text)
    return path
