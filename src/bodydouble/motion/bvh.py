"""Reading BVH (Biovision hierarchy) motion capture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.geometry.quaternion import multiply_quaternions
from bodydouble.motion.clip import MAX_FILE_BYTES, MAX_FRAMES, MAX_JOINTS, Clip

_CHANNELS = ("xposition", "yposition", "zposition", "xrotation", "yrotation", "zrotation")
_AXES = "xyz"
_LARGEST = 1e7  # of any number in the file: far beyond every unit of length and every angle in use


@dataclass
class _Joint:
    name: str
    parent: int
    offset: tuple[float, float, float] | None = None
    channels: tuple[str, ...] = ()
    first_channel: int = 0


@dataclass
class _Reader:
    """The lines of a file, with the place for messages."""

    path: Path
    lines: list[str]
    row: int = 0
    joints: list[_Joint] = field(default_factory=list)

    def error(self, message: str) -> InputError:
        return InputError(f"{self.path}, line {self.row}: {message}")

    def words(self) -> Iterator[list[str]]:
        while self.row < len(self.lines):
            self.row += 1
            words = self.lines[self.row - 1].split()
            if words:
                yield words

    def next_words(self, expected: str) -> list[str]:
        words = next(self.words(), None)
        if words is None:
            raise self.error(f"the file ends where {expected} was expected; it may be cut short")
        return words

    def numbers(self, words: list[str], count: int) -> tuple[float, ...]:
        try:
            numbers = tuple(float(word) for word in words)
        except ValueError:
            raise self.error(f"expected {count} numbers, found {' '.join(words)[:60]!r}") from None
        if len(numbers) != count or not all(abs(number) <= _LARGEST for number in numbers):
            raise self.error(f"expected {count} finite numbers, found {' '.join(words)[:60]!r}")
        return numbers


def read_bvh(path: Path) -> Clip:
    """Read a BVH file.

    Only the root's position channels are used: bones keep the length the hierarchy gives them. Rotation channels may
    stand in any order. End sites become joints named after their parent with `_end`.

    Raises:
        InputError: not a BVH file, malformed (the line is named), not finite, or beyond the limits of `clip.py`.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise InputError(f"{path} has {size} bytes; motion files may have {MAX_FILE_BYTES} at most")
    text = path.read_bytes().decode("utf-8", errors="replace").removeprefix("\ufeff")
    reader = _Reader(path, text.splitlines())
    _read_hierarchy(reader)
    frames, seconds = _read_header(reader)
    values = _read_values(reader, frames)
    joints = reader.joints
    root = joints[0]
    return Clip(
        name=path.stem,
        joint_names=tuple(joint.name for joint in joints),
        parents=tuple(joint.parent for joint in joints),
        offsets=torch.tensor([joint.offset for joint in joints]),
        rotations=_quaternions(joints, values),
        root_positions=_positions(root, values),
        frames_per_second=1 / seconds,
    )


def _read_hierarchy(reader: _Reader) -> None:
    """Fill `reader.joints` and stop after the root's closing brace."""
    words = reader.next_words("HIERARCHY")
    if words[0].upper() != "HIERARCHY":
        raise reader.error("a BVH file starts with the word HIERARCHY; this is another kind of file")
    words = reader.next_words("ROOT")
    if words[0].upper() != "ROOT":
        raise reader.error(f"expected ROOT, found {words[0][:40]!r}")
    opened: list[int] = []
    channels = 0
    _open(reader, " ".join(words[1:]) or "root", -1, opened)
    while opened:
        words = reader.next_words("a closing brace")
        keyword, joint = words[0].upper(), reader.joints[opened[-1]]
        if keyword == "OFFSET":
            x, y, z = reader.numbers(words[1:], 3)
            joint.offset = (x, y, z)
        elif keyword == "CHANNELS":
            joint.channels = _channels(reader, words)
            joint.first_channel = channels
            channels += len(joint.channels)
        elif keyword == "JOINT":
            _open(reader, " ".join(words[1:]) or f"joint {len(reader.joints)}", opened[-1], opened)
        elif keyword == "END":
            _open(reader, joint.name + "_end", opened[-1], opened)
        elif keyword == "}":
            if joint.offset is None:
                raise reader.error(f"joint {joint.name[:40]!r} has no OFFSET")
            opened.pop()
        else:
            raise reader.error(f"expected OFFSET, CHANNELS, JOINT, End Site or a brace, found {words[0][:40]!r}")


def _open(reader: _Reader, name: str, parent: int, opened: list[int]) -> None:
    if len(reader.joints) == MAX_JOINTS:
        raise reader.error(f"more than {MAX_JOINTS} joints")
    brace = name.endswith("{")
    reader.joints.append(_Joint(name.rstrip("{ "), parent))
    opened.append(len(reader.joints) - 1)
    if not brace and reader.next_words("an opening brace") != ["{"]:
        raise reader.error("expected an opening brace alone on its line")


def _channels(reader: _Reader, words: list[str]) -> tuple[str, ...]:
    names = tuple(word.lower() for word in words[2:])
    if len(words) < 2 or words[1] != str(len(names)):
        raise reader.error("CHANNELS must be followed by a count and as many names")
    if unknown := [name for name in names if name not in _CHANNELS]:
        raise reader.error(f"unknown channel {unknown[0][:40]!r}")
    if len(set(names)) < len(names):
        raise reader.error("a channel is named twice")
    return names


def _read_header(reader: _Reader) -> tuple[int, float]:
    """Number of frames and seconds per frame."""
    if reader.next_words("MOTION")[0].upper() != "MOTION":
        raise reader.error("expected MOTION after the skeleton")
    words = reader.next_words("Frames:")
    if words[0].lower() != "frames:" or len(words) != 2 or not words[1].isdecimal():
        raise reader.error("expected 'Frames:' and a whole number")
    frames = int(words[1]) if len(words[1]) < 10 else MAX_FRAMES + 1
    if not 1 <= frames <= MAX_FRAMES:
        raise reader.error(f"a motion may have 1 to {MAX_FRAMES} frames, this one names {words[1][:20]}")
    words = reader.next_words("Frame Time:")
    if [word.lower() for word in words[:2]] != ["frame", "time:"]:
        raise reader.error("expected 'Frame Time:' and the seconds of a frame")
    (seconds,) = reader.numbers(words[2:], 1)
    if not 1e-4 <= seconds <= 10:
        raise reader.error(f"a frame must last between 0.0001 and 10 seconds, not {seconds:g}")
    return frames, seconds


def _read_values(reader: _Reader, frames: int) -> np.ndarray:
    """(T, channels) numbers; every frame stands on a line of its own."""
    count = sum(len(joint.channels) for joint in reader.joints)
    if not count:
        raise reader.error("the skeleton has no channels, so nothing moves")
    if frames > len(reader.lines) - reader.row:
        there = len(reader.lines) - reader.row
        raise reader.error(f"{frames} frames were announced, {there} lines follow; the file may be cut short")
    values = np.empty((frames, count), dtype=np.float64)
    for frame in range(frames):
        words = next(reader.words(), None)
        if words is None:
            raise reader.error(f"{frames} frames were announced, {frame} are there; the file may be cut short")
        if len(words) != count:
            raise reader.error(f"a frame of this skeleton has {count} numbers, this line has {len(words)}")
        try:
            values[frame] = words
        except ValueError:
            raise reader.error(f"frame {frame} holds something that is not a number") from None
        if not np.isfinite(values[frame]).all():
            raise reader.error(f"frame {frame} holds NaN or infinity; repair or cut the recording")
        if np.abs(values[frame]).max() > _LARGEST:
            raise reader.error(f"frame {frame} holds a number beyond {_LARGEST:.0f}; repair or cut the recording")
    return values


def _quaternions(joints: list[_Joint], values: np.ndarray) -> Tensor:
    """(T, J, 4) local rotations: BVH multiplies the channels in the order they are written."""
    half = np.radians(values) / 2
    cosine, sine = torch.from_numpy(np.cos(half)), torch.from_numpy(np.sin(half))
    quaternions = torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=torch.float64).repeat(len(values), len(joints), 1)
    turns = [
        [
            (joint.first_channel + n, _AXES.index(channel[0]))
            for n, channel in enumerate(joint.channels)
            if channel.endswith("rotation")
        ]
        for joint in joints
    ]
    for n in range(3):  # the first turn of all joints, then the second, then the third
        rows = [row for row, turn in enumerate(turns) if len(turn) > n]
        columns = [turns[row][n][0] for row in rows]
        axes = [turns[row][n][1] for row in rows]
        turn = torch.zeros(len(values), len(rows), 4, dtype=torch.float64)
        turn[..., 0] = cosine[:, columns]
        turn[:, range(len(rows)), [1 + axis for axis in axes]] = sine[:, columns]
        quaternions[:, rows] = multiply_quaternions(quaternions[:, rows], turn)
    return quaternions.float()


def _positions(root: _Joint, values: np.ndarray) -> Tensor:
    """(T, 3) of the root; where a position channel is missing, the OFFSET stands for it."""
    positions = torch.tensor(root.offset).repeat(len(values), 1)
    for n, channel in enumerate(root.channels):
        if channel.endswith("position"):
            column = torch.from_numpy(values[:, root.first_channel + n])
            positions[:, _AXES.index(channel[0])] = column.float()
    return positions
