"""Reading BVH (Biovision hierarchy) motion capture, as many programs write it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.geometry.quaternion import multiply_quaternions
from bodydouble.motion.clip import MAX_FRAMES, MAX_JOINTS, Clip, check_file_size
from bodydouble.motion.people import keep_person

_AXES = "xyz"
_CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation", "scale") for axis in _AXES)
_LARGEST = 1e7  # of any number in the file: far beyond every unit of length and every angle in use
_STILL = 0.01  # of a common bone's length: a joint whose position channels vary by less stays where they put it


@dataclass
class _Joint:
    name: str
    parent: int
    offset: tuple[float, float, float] | None = None
    channels: tuple[str, ...] = ()
    first_channel: int = 0

    def columns(self, kind: str) -> list[tuple[int, int]]:
        """(column of a frame, axis) of the channels of a kind, in the order in which they are written."""
        named = enumerate(self.channels, start=self.first_channel)
        return [(column, _AXES.index(name[0])) for column, name in named if name.endswith(kind)]


@dataclass
class _Reader:
    """The words of a file, line by line, with the place for messages. Braces are words of their own."""

    path: Path
    lines: list[str]
    row: int = 0
    words: list[str] = field(default_factory=list)  # of the current line, those not yet read
    joints: list[_Joint] = field(default_factory=list)

    def error(self, message: str) -> InputError:
        return InputError(f"{self.path}, line {self.row}: {message}")

    def next_line(self) -> bool:
        """Go to the next line that has words; False at the end of the file."""
        while not self.words and self.row < len(self.lines):
            line = self.lines[self.row]
            self.row += 1
            self.words = line.replace("{", " { ").replace("}", " } ").replace(":", " : ").split()
        return bool(self.words)

    def next_word(self, expected: str) -> str:
        if not self.next_line():
            raise self.error(f"the file ends where {expected} was expected; it may be cut short")
        return self.words.pop(0)

    def name(self) -> str:
        """The rest of the line up to a brace: names may have blanks and colons."""
        end = self.words.index("{") if "{" in self.words else len(self.words)
        name, self.words = " ".join(self.words[:end]), self.words[end:]
        return name.replace(" : ", ":")

    def numbers(self, count: int) -> tuple[float, ...]:
        """The next words of this line as finite numbers."""
        words, self.words = self.words[:count], self.words[count:]
        try:
            numbers = tuple(float(word.replace(",", ".")) for word in words)
        except ValueError:
            raise self.error(f"expected {count} numbers, found {' '.join(words)[:60]!r}") from None
        if len(numbers) != count or not all(abs(number) <= _LARGEST for number in numbers):
            raise self.error(f"expected {count} finite numbers, found {' '.join(words)[:60]!r}")
        return numbers


def read_bvh(path: Path) -> Clip:
    """Read a BVH file.

    Rotation channels may stand in any order. Position channels move their joint: a joint whose positions stay the same
    has them for an offset. End sites become joints named after their parent with `_end`. Of several roots the
    one that is a person is kept.

    Raises:
        InputError: not a BVH file, malformed (the line is named), not finite, or beyond the limits of `clip.py`.
    """
    check_file_size(path)
    reader = _Reader(path, _decode(path.read_bytes()).splitlines())
    _read_hierarchy(reader)
    frames, seconds = _read_header(reader)
    values = _read_values(reader, frames)
    joints = reader.joints
    offsets, translations = _positions(joints, values)
    clip = Clip(
        name=path.stem,
        joint_names=tuple(joint.name for joint in joints),
        parents=tuple(joint.parent for joint in joints),
        offsets=offsets,
        rotations=_quaternions(joints, values),
        translations=translations,
        frames_per_second=1 / seconds,
    )
    return keep_person(clip)


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def _read_hierarchy(reader: _Reader) -> None:
    """Fill `reader.joints` and stop after the word MOTION."""
    if reader.next_word("HIERARCHY").upper() != "HIERARCHY":
        raise reader.error("a BVH file starts with the word HIERARCHY; this is another kind of file")
    channels = 0
    while True:
        word = reader.next_word("ROOT")
        if word.upper() == "MOTION" and reader.joints:
            return
        if word.upper() != "ROOT":
            expected = "ROOT or MOTION" if reader.joints else "ROOT"
            raise reader.error(f"expected {expected}, found {word[:40]!r}")
        channels = _read_tree(reader, channels)


def _read_tree(reader: _Reader, channels: int) -> int:
    """Append one root and all below it to `reader.joints`; `channels` are those so far, returned with the tree's."""
    opened: list[int] = []
    _open(reader, reader.name() or "root", -1, opened)
    while opened:
        keyword, joint = reader.next_word("a closing brace"), reader.joints[opened[-1]]
        match keyword.upper():
            case "OFFSET":
                x, y, z = reader.numbers(3)
                joint.offset = (x, y, z)
            case "CHANNELS":
                joint.channels, joint.first_channel = _read_channels(reader), channels
                channels += len(joint.channels)
            case "JOINT":
                _open(reader, reader.name() or f"joint {len(reader.joints)}", opened[-1], opened)
            case "END":
                reader.name()
                _open(reader, joint.name + "_end", opened[-1], opened)
            case "}":
                if joint.offset is None:
                    raise reader.error(f"joint {joint.name[:40]!r} has no OFFSET")
                opened.pop()
            case _:
                raise reader.error(f"expected OFFSET, CHANNELS, JOINT, End Site or a brace, found {keyword[:40]!r}")
    return channels


def _open(reader: _Reader, name: str, parent: int, opened: list[int]) -> None:
    if len(reader.joints) == MAX_JOINTS:
        raise reader.error(f"more than {MAX_JOINTS} joints")
    reader.joints.append(_Joint(name, parent))
    opened.append(len(reader.joints) - 1)
    if reader.next_word("an opening brace") != "{":
        raise reader.error(f"expected an opening brace after the name {name[:40]!r}")


def _read_channels(reader: _Reader) -> tuple[str, ...]:
    count = reader.words.pop(0) if reader.words else ""
    number = int(count) if count.isdecimal() and len(count) < 3 else -1
    names = tuple(word.lower() for word in reader.words[: max(number, 0)])
    reader.words = reader.words[len(names) :]
    if len(names) != number:
        raise reader.error("CHANNELS must be followed by a count and as many names")
    if unknown := [name for name in names if name not in _CHANNELS]:
        raise reader.error(f"unknown channel {unknown[0][:40]!r}")
    if len(set(names)) < len(names):
        raise reader.error("a channel is named twice")
    return names


def _read_header(reader: _Reader) -> tuple[int, float]:
    """Number of frames and seconds per frame."""
    words = [reader.next_word("Frames:") for _ in range(3)]
    if words[0].lower() not in ("frames", "frame") or words[1] != ":" or not words[2].isdecimal():
        raise reader.error("expected 'Frames:' and a whole number")
    frames = int(words[2]) if len(words[2]) < 10 else MAX_FRAMES + 1
    if not 1 <= frames <= MAX_FRAMES:
        raise reader.error(f"a motion may have 1 to {MAX_FRAMES} frames, this one names {words[2][:20]}")
    words = [reader.next_word("Frame Time:") for _ in range(3)]
    if [word.lower() for word in words] != ["frame", "time", ":"]:
        raise reader.error("expected 'Frame Time:' and the seconds of a frame")
    (seconds,) = reader.numbers(1)
    if not 1e-4 <= seconds <= 10:
        raise reader.error(f"a frame must last between 0.0001 and 10 seconds, not {seconds:g}")
    return frames, seconds


def _read_values(reader: _Reader, frames: int) -> np.ndarray:
    """(T, channels) numbers. A frame stands on a line of its own; where lines are wrapped, their words are counted."""
    count = sum(len(joint.channels) for joint in reader.joints)
    if not count:
        raise reader.error("the skeleton has no channels, so nothing moves")
    lines, first_row = reader.lines[reader.row :], reader.row + 1
    if reader.words:  # the numbers begin on the line of the frame time
        lines, first_row = [" ".join(reader.words), *lines], reader.row
    rows = [(row, line) for row, line in enumerate(lines, start=first_row) if line.strip()]
    if rows and len(_split_numbers(rows[0][1])) != count:
        words = [word for _, line in rows for word in _split_numbers(line)]
        if len(words) == frames * count:
            rows = [(first_row, " ".join(words[n : n + count])) for n in range(0, len(words), count)]
    if len(rows) < frames:
        raise reader.error(f"{frames} frames were announced, {len(rows)} are there; the file may be cut short")
    values = np.empty((frames, count), dtype=np.float64)
    for frame, (reader.row, line) in enumerate(rows[:frames]):
        words = _split_numbers(line)
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


def _split_numbers(line: str) -> list[str]:
    """The words of a frame; a comma separates numbers that have points, and is the point of those that have none."""
    if "," in line:
        line = line.replace(",", " " if "." in line else ".")
    return line.split()


def _quaternions(joints: list[_Joint], values: np.ndarray) -> Tensor:
    """(T, J, 4) local rotations: BVH multiplies the channels in the order they are written."""
    half = np.radians(values) / 2
    cosine, sine = torch.from_numpy(np.cos(half)), torch.from_numpy(np.sin(half))
    quaternions = torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=torch.float64).repeat(len(values), len(joints), 1)
    turns = [joint.columns("rotation") for joint in joints]
    for n in range(3):  # the first turn of all joints, then the second, then the third
        rows = [row for row, turn in enumerate(turns) if len(turn) > n]
        columns = [turns[row][n][0] for row in rows]
        axes = [turns[row][n][1] for row in rows]
        turn = torch.zeros(len(values), len(rows), 4, dtype=torch.float64)
        turn[..., 0] = cosine[:, columns]
        turn[:, range(len(rows)), [1 + axis for axis in axes]] = sine[:, columns]
        quaternions[:, rows] = multiply_quaternions(quaternions[:, rows], turn)
    return quaternions.float()


def _positions(joints: list[_Joint], values: np.ndarray) -> tuple[Tensor, dict[int, Tensor]]:
    """(J, 3) offsets, and (T, 3) of each joint that moves against its parent.

    Position channels stand for the OFFSET in most files and are added to it in some. Joints that do not move tell:
    theirs are the OFFSET again, or zero.
    """
    offsets = np.array([joint.offset for joint in joints], dtype=np.float64)
    lengths = np.linalg.norm(offsets, axis=1)
    moved = {row: columns for row, joint in enumerate(joints) if (columns := joint.columns("position"))}
    roots = {row for row, joint in enumerate(joints) if joint.parent < 0}
    paths = {row: np.repeat(offsets[row : row + 1], len(values), 0) for row in (*moved, *(roots - set(moved)))}
    for row, columns in moved.items():
        for column, axis in columns:
            paths[row][:, axis] = values[:, column]
    inner = [row for row in moved if row not in roots and lengths[row] > 0]
    agreement = [np.median(paths[row], 0) @ offsets[row] / lengths[row] ** 2 for row in inner]
    if len(agreement) > 1 and np.median(agreement) < 0.5:
        for row in moved:
            for _, axis in moved[row]:
                paths[row][:, axis] += offsets[row, axis]
    bones = lengths[1:][lengths[1:] > 0]
    still = _STILL * (np.median(bones) if len(bones) else 0.0)
    translations = {}
    for row, path in paths.items():
        middle = np.median(path, 0)
        if row in roots or np.abs(path - middle).max() > still:
            translations[row] = torch.from_numpy(path).float()
        if row not in roots:
            offsets[row] = middle
    return torch.from_numpy(offsets).float(), translations
