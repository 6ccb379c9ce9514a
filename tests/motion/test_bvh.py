"""BVH files: what is read, and one sentence with a line number for what cannot be."""

from pathlib import Path

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.geometry.quaternion import matrix_from_quaternion
from bodydouble.motion.bvh import read_bvh

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Chest
  {
    OFFSET 0 1 0
    CHANNELS 3 Yrotation Xrotation Zrotation
    End Site
    {
      OFFSET 0 0.5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.01
1 2 3 90 0 0 0 0 0
1 2 4 0 90 0 90 0 0
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "clip.bvh"
    path.write_text(text)
    return path


def test_hierarchy_positions_and_rate(tmp_path: Path) -> None:
    clip = read_bvh(written(tmp_path, SMALL))
    assert clip.joint_names == ("Hips", "Chest", "Chest_end")
    assert clip.parents == (-1, 0, 1)
    assert clip.frames_per_second == pytest.approx(100)
    assert clip.translations[0].tolist() == [[1, 2, 3], [1, 2, 4]]
    assert clip.zero_pose()[2].tolist() == [0, 1.5, 0]


def test_channels_multiply_in_the_order_they_are_written(tmp_path: Path) -> None:
    line = "0 0 0 30 40 50 -20 60 10"
    clip = read_bvh(written(tmp_path, SMALL.replace("1 2 3 90 0 0 0 0 0", line)))

    def about(axis: int, degrees: float) -> torch.Tensor:
        half = torch.deg2rad(torch.tensor(degrees)) / 2
        quaternion = torch.zeros(4)
        quaternion[0], quaternion[1 + axis] = half.cos(), half.sin()
        return matrix_from_quaternion(quaternion)

    local = matrix_from_quaternion(clip.rotations[0])
    assert torch.allclose(local[0], about(2, 30) @ about(0, 40) @ about(1, 50), atol=1e-6)
    assert torch.allclose(local[1], about(1, -20) @ about(0, 60) @ about(2, 10), atol=1e-6)


def test_a_turned_root_carries_its_children(tmp_path: Path) -> None:
    _, positions = read_bvh(written(tmp_path, SMALL)).world()
    assert torch.allclose(positions[0, 1], torch.tensor([0.0, 2.0, 3.0]), atol=1e-6)  # z by 90 degrees: y becomes -x


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("HIERARCHY", "hello", 1),
        ("OFFSET 0 1 0", "OFFSET 0 one 0", 8),
        ("OFFSET 0 1 0", "OFFSET 0 nan 0", 8),
        ("OFFSET 0 1 0", "OFFSET 0 1", 8),
        ("CHANNELS 3 Yrotation", "CHANNELS 4 Yrotation", 9),
        ("Xrotation Zrotation", "Xrotation Wrotation", 9),
        ("Xrotation Zrotation", "Xrotation Xrotation", 9),
        ("MOTION", "MOVEMENT", 16),
        ("Frames: 2", "Frames: -2", 17),
        ("Frames: 2", "Frames: 999999999999", 17),
        ("Frames: 2", "Frames: 3", 18),
        ("Frame Time: 0.01", "Frame Time: 0", 18),
        ("1 2 4 0 90", "1 2 4 0 NaN", 20),
        ("1 2 4 0 90", "1 2 4 0 1e30", 20),
        ("1 2 4 0 90", "1 2 4 0 x", 20),
        ("1 2 4 0 90 0", "1 2 4 0 90", 20),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    assert old in SMALL
    with pytest.raises(InputError, match=rf"clip\.bvh, line {line}: "):
        read_bvh(written(tmp_path, SMALL.replace(old, new)))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_file_cut_short_anywhere(tmp_path: Path, share: float) -> None:
    with pytest.raises(InputError, match="line"):
        read_bvh(written(tmp_path, SMALL[: int(share * len(SMALL))]))


def test_binary_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "rubbish.bvh"
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(InputError, match="HIERARCHY"):
        read_bvh(path)


def test_a_thousand_nested_joints(tmp_path: Path) -> None:
    text = "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\n" + "JOINT b\n{\nOFFSET 0 1 0\n" * 1000
    with pytest.raises(InputError, match="more than 512 joints"):
        read_bvh(written(tmp_path, text))
