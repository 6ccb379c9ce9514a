"""SMPL-X against a plain rewriting of its paper, on a made-up file of the true layout; wrong files are named."""

import numpy as np
import pytest
import torch

from bodydouble.body import body_model
from bodydouble.body.smplx import JOINT_NAMES, SmplxBody
from bodydouble.errors import InputError
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.values import BodyShape, Pose
from workshop.smplx_stand_in import stand_in, write_stand_in


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("smplx") / "SMPLX_NEUTRAL.npz")


@pytest.fixture(scope="module")
def body(path):
    return SmplxBody(path)


def some_pose(seed=0, batch=()):
    generator = torch.Generator().manual_seed(seed)
    joints = 0.5 * torch.randn(*batch, 55, 3, generator=generator)
    joints[..., 0, :] = 0
    return Pose(
        joints=joints,
        root_rotation=torch.randn(*batch, 3, generator=generator),
        root_translation=torch.randn(*batch, 3, generator=generator),
        expression=torch.randn(*batch, 10, generator=generator),
    )


def paper(arrays, betas, expression, axis_angles):
    """Vertices by section 3.1 of the paper, joint by joint in float64; joints from the shape alone."""
    shape = arrays["shapedirs"]
    shaped = arrays["v_template"] + shape[:, :, :10] @ betas
    joints = arrays["J_regressor"] @ shaped
    rotations = matrix_from_axis_angle(torch.from_numpy(axis_angles)).numpy()
    corrected = shaped + shape[:, :, 10:20] @ expression
    corrected = corrected + arrays["posedirs"] @ (rotations[1:] - np.eye(3)).ravel()
    world = []
    for joint, parent in enumerate(arrays["kintree_table"][0].astype(np.int32)):
        local = np.eye(4)
        local[:3, :3] = rotations[joint]
        local[:3, 3] = joints[joint] - (joints[parent] if joint else 0)
        world.append(world[parent] @ local if joint else local)
    posed = np.zeros_like(corrected)
    for joint, matrix in enumerate(world):
        moved = (corrected - joints[joint]) @ matrix[:3, :3].T + matrix[:3, 3]
        posed += arrays["weights"][:, joint : joint + 1] * moved
    return posed


def test_the_paper_is_the_oracle(body):
    pose = some_pose()
    betas = torch.linspace(-2, 2, 10)
    rest = body.rest(BodyShape(coefficients=betas))
    angles = pose.joints.double().numpy()
    angles[0] = pose.root_rotation.double().numpy()
    expected = paper(stand_in(), betas.double().numpy(), pose.expression.double().numpy(), angles)
    found = body.pose(rest, pose).vertices - pose.root_translation
    # Ours stands on the ground: both are compared from the root joint.
    root = stand_in()["J_regressor"][0] @ (
        stand_in()["v_template"] + stand_in()["shapedirs"][:, :, :10] @ betas.numpy()
    )
    assert np.abs((found - rest.joints[0]).numpy() - (expected - root)).max() < 1e-5


def test_pose_correctives_matter(body):
    rest, pose = body.rest(body.mean_shape()), some_pose()
    with_them = body.pose(rest, pose).vertices
    body._correctives, kept = 0 * body._correctives, body._correctives
    without = body.pose(rest, pose).vertices
    body._correctives = kept
    assert (with_them - without).abs().max() > 1e-3


def test_batched_poses_are_the_single_ones(body):
    rest, poses = body.rest(body.mean_shape()), some_pose(batch=(2,))
    vertices = body.pose(rest, poses).vertices
    for n in range(2):
        single = Pose(**{name: value[n] for name, value in vars(poses).items()})
        assert torch.allclose(vertices[n], body.pose(rest, single).vertices, atol=1e-5)


def test_some_rows_are_those_of_all(body):
    shape, rows = BodyShape(coefficients=torch.ones(10)), torch.tensor([7, 3, 200])
    some, everything = body.rest(shape, rows), body.rest(shape)
    assert torch.allclose(some.vertices, everything.vertices[rows], atol=1e-6)
    assert torch.equal(some.skin_weights, everything.skin_weights[rows])
    assert torch.equal(some.expressions, everything.expressions[:, rows])


def test_landmarks_are_where_they_should_be(body):
    rest = body.rest(body.mean_shape())
    points = body.landmarks.points(rest.vertices)
    for row, name in ((11, "left_shoulder"), (14, "right_elbow"), (25, "left_knee"), (33 + 5, "left_index1")):
        assert torch.allclose(points[row], rest.joints[JOINT_NAMES.index(name)], atol=1e-5)
    left, right = points[33:54], points[54:75]
    assert torch.allclose(left[4:, 0], -right[4:, 0], atol=1e-5)  # fingertips among them
    assert points[29, 2] < points[27, 2] < points[31, 2]  # heel, ankle, toe
    assert points[7, 0] > 0 > points[8, 0]  # ears
    known = body.landmarks.weights.sum(1)
    assert torch.all(torch.isclose(known, torch.ones(())) | (known == 0))
    assert known[:33].bool().all() and known[33:75].bool().all()


def test_the_layout_of_the_file_and_another(body, path, tmp_path):
    arrays = stand_in()
    assert np.allclose(body.layout.uv.numpy(), arrays["vt"] * [1, -1] + [0, 1])
    np.savez(tmp_path / "own.npz", uv=arrays["vt"], faces=arrays["ft"])
    assert np.allclose(SmplxBody(path, tmp_path / "own.npz").layout.uv.numpy(), arrays["vt"])


def test_by_name(path):
    assert body_model("smplx", path=path).shape_names[-1] == "beta_9"


def test_the_larger_file(tmp_path):
    arrays = stand_in()
    small = arrays["shapedirs"]
    arrays["shapedirs"] = np.zeros((len(small), 3, 400))
    arrays["shapedirs"][:, :, :10], arrays["shapedirs"][:, :, 300:310] = small[:, :, :10], small[:, :, 10:]
    np.savez(tmp_path / "large.npz", **arrays)
    large = SmplxBody(tmp_path / "large.npz", betas=300)
    assert len(large.shape_names) == 300
    assert np.allclose(large.rest(large.mean_shape()).expressions, small[:, :, 10:].transpose(2, 0, 1))


def changed(key, value):
    arrays = stand_in()
    if value is None:
        del arrays[key]
    else:
        arrays[key] = value(arrays[key])
    return arrays


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("posedirs", None, "no array 'posedirs'"),
        ("weights", lambda a: a[:, :24], "'weights' .* shape .*55"),
        ("weights", lambda a: a.astype(object), "'weights' .* cannot be read"),
        ("weights", lambda a: a * np.nan, "'weights' .* finite"),
        ("weights", lambda a: a.astype(str), "'weights' .* finite numbers"),
        ("shapedirs", lambda a: a[:, :, :7], "7 directions; 400 or 20"),
        ("v_template", lambda a: a[:-1], "is expected"),
        ("f", lambda a: a + 5, "point outside"),
        ("kintree_table", lambda a: a[:, ::-1], "parent must come before"),
        ("vt", None, "no texture layout"),
        ("vt", lambda a: a * 3, "outside 0 to 1"),
        ("ft", lambda a: a[:-2], "438 faces, but the body has 440"),
    ],
)
def test_a_wrong_array_is_named(tmp_path, key, value, expected):
    np.savez(tmp_path / "wrong.npz", **changed(key, value))
    with pytest.raises(InputError, match=expected):
        SmplxBody(tmp_path / "wrong.npz")


def test_unneeded_object_arrays_do_not_matter(tmp_path):
    np.savez(tmp_path / "extra.npz", **stand_in(), part2num=np.array({"head": 1}, dtype=object))
    SmplxBody(tmp_path / "extra.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_no_archive(tmp_path, content):
    if content is None:
        np.save(tmp_path / "array.npy", np.zeros(3))
        content = (tmp_path / "array.npy").read_bytes()
    (tmp_path / "wrong.npz").write_bytes(content)
    with pytest.raises(InputError, match="not an .npz file"):
        SmplxBody(tmp_path / "wrong.npz")


def test_cut_short(tmp_path, path):
    (tmp_path / "short.npz").write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(InputError):
        SmplxBody(tmp_path / "short.npz")


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        SmplxBody(tmp_path / "none.npz")
