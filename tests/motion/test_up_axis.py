"""Which way is up: by format, skeleton and floor, never by how the person is held on the whole."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError
from bodydouble.motion.load import load_motion
from bodydouble.values import RestBody
from tests.motion.posed import tilt
from tests.motion.walker import Z_UP, Walker, along_axis, below, walker, write_bvh

Move = Callable[..., tuple[Tensor, Tensor]]
pytestmark = pytest.mark.filterwarnings("ignore:Gimbal lock")

QUARTER = np.pi / 2
ON_THE_BACK = Rotation.from_euler("x", -90, degrees=True)
ON_THE_FRONT = Rotation.from_euler("x", 90, degrees=True)
ON_THE_SIDE = Rotation.from_euler("z", 90, degrees=True)


def lying(motion: Walker, how: Rotation) -> Walker:
    """The motion by somebody who lies all the time, the hips 12 cm above the floor."""
    lain = motion.turned(how)
    return replace(lain, positions=0 * lain.positions + [0, 12, 0])


def z_skeleton(motion: Walker) -> Walker:
    """The motion of a world and a skeleton with z up."""
    return motion.turned(Z_UP).reaxed({name: Z_UP.inv() for name in motion.names})


@pytest.mark.parametrize("skeleton", ["T-pose", "bones along x", "bones along y"])
@pytest.mark.parametrize("z_up", [False, True])
@pytest.mark.parametrize("how", [ON_THE_BACK, ON_THE_FRONT, ON_THE_SIDE], ids=["back", "front", "side"])
def test_who_lies_all_the_time_lies(
    move: Move, anny: AnnyBody, tmp_path: Path, how: Rotation, z_up: bool, skeleton: str
) -> None:
    motion = lying(walker(), how)
    if skeleton != "T-pose":
        motion = motion.reaxed(along_axis(walker(), 0 if skeleton.endswith("x") else 1, mirror_right=True))
    if z_up:
        motion = z_skeleton(motion) if skeleton == "T-pose" else motion.turned(Z_UP)
    _, positions = move(write_bvh(tmp_path / "a.bvh", motion))
    assert (tilt(positions, anny) - 90).abs().max() < 10
    assert positions[:, anny.roles["head"], 1].max() < 0.6


@pytest.mark.parametrize("skeleton", ["T-pose", "z T-pose", "bones along x"])
def test_z_up_files_stand(
    move: Move, walk: tuple[Tensor, Tensor], anny: AnnyBody, tmp_path: Path, skeleton: str
) -> None:
    """Also where only the floor tells: a skeleton with y up whose root is turned in every frame."""
    motion = walker().turned(Z_UP) if skeleton != "z T-pose" else z_skeleton(walker())
    if skeleton == "bones along x":
        motion = motion.reaxed(along_axis(walker(), 0))
    _, positions = move(write_bvh(tmp_path / "a.bvh", motion))
    assert (positions - walk[1]).norm(dim=-1).max() < 0.03


@pytest.mark.parametrize("z_up", [False, True])
def test_a_skeleton_that_lies_in_the_file_and_is_raised_by_its_root(
    move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path, z_up: bool
) -> None:
    motion = walker().turned(Z_UP) if z_up else walker()
    flat = motion.reaxed(dict.fromkeys(below(walker(), "Hips"), Rotation.from_euler("x", 90, degrees=True)))
    _, positions = move(write_bvh(tmp_path / "a.bvh", flat))
    assert (positions - walk[1]).norm(dim=-1).max() < 0.03


def test_who_falls_stands_first(move: Move, anny: AnnyBody, shared: Path) -> None:
    _, positions = move(shared / "cases" / "falling.bvh")
    tilts = tilt(positions, anny)
    assert tilts[0] < 6
    assert (tilts[12:] - 90).abs().max() < 10
    head = positions[:, anny.roles["head"]]
    assert head[0, 1] > 1.4 and head[12:, 1].max() < 0.4
    assert positions[12:, anny.roles["left_ankle"], 2].min() > head[12:, 2].max()  # on the back, feet to the viewer


def amass(path: Path, root: tuple[float, float, float], place: tuple[float, float, float] | None) -> Path:
    poses = np.zeros((40, 156))
    poses[:, :3] = root
    arrays = {"poses": poses, "mocap_framerate": 30.0}
    if place is not None:
        arrays["trans"] = np.tile(np.array(place), (40, 1))
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("root", "place", "expected"),
    [
        ((QUARTER, 0, 0), (0, 0, 0.95), 0),  # AMASS: z up
        ((0, 0, 0), (0, 0, 0.12), 90),  # on the back in AMASS, the very root rotation of somebody who stands with y up
        ((0, 0, 0), (3, 0.9, 0.12), 90),
        ((np.pi, 0, 0), (0, 0, 0.12), 90),
        ((0, QUARTER, 0), (0, 0, 0.15), 90),
        ((0, 0, 0), (0, 0.95, 0), 0),  # y up, on the floor of y
        ((-QUARTER, 0, 0), (0, 0.12, 5), 90),
        ((0, 0, 0), None, 0),  # without a place nobody lies who is upright all the time
        ((QUARTER, 0, 0), None, 0),
        ((np.pi, 0, 0), (0, 0, 5), 0),  # a camera's axes, y down
    ],
)
def test_amass(
    move: Move,
    anny: AnnyBody,
    tmp_path: Path,
    root: tuple[float, float, float],
    place: tuple[float, float, float] | None,
    expected: float,
) -> None:
    _, positions = move(amass(tmp_path / "a.npz", root, place))
    assert (tilt(positions, anny) - expected).abs().max() < 10


def test_the_caller_overrules(move: Move, anny: AnnyBody, rest: RestBody, tmp_path: Path) -> None:
    path = amass(tmp_path / "a.npz", (0, 0, 0), (0, 0, 0.12))
    assert tilt(move(path, up="y")[1], anny).max() < 6
    assert tilt(move(path, up="z")[1], anny).min() > 80
    path = write_bvh(tmp_path / "a.bvh", walker())
    assert tilt(move(path, up="z")[1], anny).min() > 80
    with pytest.raises(InputError, match="unknown up axis 'x'; known: y, z"):
        load_motion(path, anny, rest, up="x")
