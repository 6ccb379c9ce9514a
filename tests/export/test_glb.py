"""The GLB holds the body: read back from the file alone, it stands, moves and makes faces as the values say."""

import base64
import io
from dataclasses import replace

import numpy as np
import pygltflib as gl
import pytest
import torch
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.export.glb import write_glb
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.values import Pose

TYPES = {gl.FLOAT: np.float32, gl.UNSIGNED_BYTE: np.uint8, gl.UNSIGNED_SHORT: np.uint16, gl.UNSIGNED_INT: np.uint32}
SHAPES = {gl.SCALAR: (), gl.VEC2: (2,), gl.VEC3: (3,), gl.VEC4: (4,), gl.MAT4: (4, 4)}
STEP = 7  # of the vertices that three.js reports


class Glb:
    """A file's arrays, decoded as the glTF specification says, and linear blend skinning of them."""

    def __init__(self, path):
        self.gltf = gl.GLTF2().load(path)
        self.data = self.gltf.binary_blob()
        self.mesh = self.gltf.meshes[0]
        self.primitive = self.mesh.primitives[0]
        self.joints = self.gltf.skins[0].joints

    def bytes(self, view):
        view = self.gltf.bufferViews[view]
        return self.data[view.byteOffset : view.byteOffset + view.byteLength]

    def array(self, index):
        accessor = self.gltf.accessors[index]
        dtype, shape = TYPES[accessor.componentType], (-1, *SHAPES[accessor.type])
        if accessor.sparse is None:
            return np.frombuffer(self.bytes(accessor.bufferView), dtype).reshape(shape)
        values = np.zeros((accessor.count, *shape[1:]), dtype)
        indices = accessor.sparse.indices
        rows = np.frombuffer(self.bytes(indices.bufferView), TYPES[indices.componentType])
        assert len(rows) == accessor.sparse.count
        values[rows] = np.frombuffer(self.bytes(accessor.sparse.values.bufferView), dtype).reshape(shape)
        return values

    def attribute(self, name):
        return self.array(getattr(self.primitive.attributes, name))

    def sources(self, faces):
        """Which of the body's vertices each of the file's vertices is: faces and corners keep their order."""
        indices = self.array(self.primitive.indices)
        sources = np.full(len(self.attribute("POSITION")), -1)
        sources[indices] = faces.numpy().ravel()
        assert (sources >= 0).all()
        return sources

    def world_from_node(self, rotations, root_translation):
        """J×4×4 for J×3×3 rotations of the nodes; the root also moves."""
        found = {}

        def visit(node, parent):
            local = np.eye(4)
            local[:3, :3] = rotations[node]
            local[:3, 3] = self.gltf.nodes[node].translation
            local[:3, 3] += root_translation if node == 0 else 0
            found[node] = parent @ local
            for child in self.gltf.nodes[node].children or []:
                visit(child, found[node])

        visit(self.gltf.skins[0].skeleton, np.eye(4))
        return np.stack([found[node] for node in self.joints])

    def skinned(self, rotations, root_translation):
        bind = self.array(self.gltf.skins[0].inverseBindMatrices).transpose(0, 2, 1)
        matrices = self.world_from_node(rotations, root_translation) @ bind
        positions = np.pad(self.attribute("POSITION"), ((0, 0), (0, 1)), constant_values=1)
        blended = np.einsum("vk,vkab->vab", self.attribute("WEIGHTS_0"), matrices[self.attribute("JOINTS_0")])
        return np.einsum("vab,vb->va", blended, positions)[:, :3]


@pytest.fixture(scope="module")
def glb(exported):
    return Glb(exported.path)


def file_rest(exported, glb):
    """The rest body with the weights that the file has."""
    weights = torch.zeros_like(exported.rest.skin_weights)
    sources = glb.sources(exported.body.faces)[:, None]
    joints = glb.attribute("JOINTS_0")
    weights.numpy()[sources, joints] = 0
    unique, first = np.unique(sources[:, 0], return_index=True)
    np.add.at(weights.numpy(), (unique[:, None], joints[first]), glb.attribute("WEIGHTS_0")[first])
    return replace(exported.rest, skin_weights=weights)


def random_pose(rest):
    generator = torch.Generator().manual_seed(3)
    joints = 0.3 * torch.randn(len(rest.parents), 3, generator=generator)
    joints[0] = 0
    return Pose(
        joints=joints,
        root_rotation=torch.tensor([0.2, -1.0, 0.3]),
        root_translation=torch.tensor([0.1, 0.2, -0.3]),
        expression=torch.zeros(len(rest.expressions)),
    )


def test_every_corner_has_its_position_and_uv(exported, glb):
    indices = glb.array(glb.primitive.indices)
    faces, layout = exported.body.faces, exported.body.layout
    assert (glb.attribute("POSITION")[indices] == exported.rest.vertices[faces].reshape(-1, 3).numpy()).all()
    assert (glb.attribute("TEXCOORD_0")[indices] == layout.uv[layout.faces].reshape(-1, 2).numpy()).all()


def test_vertices_are_split_only_at_seams(exported, glb):
    pairs = torch.stack([exported.body.faces.ravel(), exported.body.layout.faces.ravel()], 1)
    assert len(glb.attribute("POSITION")) == len(pairs.unique(dim=0))


def test_normals_are_units_outward_and_smooth_over_seams(exported, glb):
    normals, sources = glb.attribute("NORMAL"), glb.sources(exported.body.faces)
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=1e-5)
    of_source = np.zeros((len(exported.rest.vertices), 3), np.float32)
    of_source[sources] = normals
    assert (of_source[sources] == normals).all()
    positions = glb.attribute("POSITION")
    for axis in np.concatenate([np.eye(3), -np.eye(3)]):
        assert normals[(positions @ axis).argmax()] @ axis > 0.5


def test_the_rest_pose_is_the_rest_body(exported, glb):
    identity = np.tile(np.eye(3), (len(glb.gltf.nodes), 1, 1))
    expected = exported.rest.vertices[glb.sources(exported.body.faces)].numpy()
    assert glb.skinned(identity, np.zeros(3)) == pytest.approx(expected, abs=1e-5)


def test_a_random_pose_is_the_body_models(exported, glb):
    pose, sources = random_pose(exported.rest), glb.sources(exported.body.faces)
    turns = pose.joints.clone()
    turns[0] = pose.root_rotation
    found = glb.skinned(matrix_from_axis_angle(turns).numpy(), pose.root_translation.numpy())
    exact = exported.body.pose(file_rest(exported, glb), pose).vertices[sources].numpy()
    assert found == pytest.approx(exact, abs=1e-5)
    whole = exported.body.pose(exported.rest, pose).vertices[sources].numpy()
    assert np.linalg.norm(found - whole, axis=1).mean() < 0.001  # metres; what four weights a vertex cost


def test_blendshapes_have_arkit_names_and_small_files(exported, glb):
    names = glb.mesh.extras["targetNames"]
    assert names == list(exported.body.expression_names) and "jawOpen" in names
    assert glb.mesh.weights == [0.0] * len(names)
    sources = glb.sources(exported.body.faces)
    for target, expected in zip(glb.primitive.targets, exported.rest.expressions, strict=True):
        accessor = target["POSITION"]
        delta = glb.array(accessor)
        assert delta == pytest.approx(expected[sources].numpy(), abs=1.01e-5)
        assert np.count_nonzero(delta.any(1)) == max(1, glb.gltf.accessors[accessor].sparse.count)


def test_the_texture_is_embedded_at_its_size(exported, glb):
    image = Image.open(io.BytesIO(glb.bytes(glb.gltf.images[0].bufferView)))
    expected = exported.texture.rgb.permute(1, 2, 0).numpy() * 255
    assert image.size == expected.shape[:2]
    assert np.abs(np.asarray(image) - expected).mean() < 2


def test_animation_keys_are_the_motion(exported, glb):
    animation, motion = glb.gltf.animations[0], exported.motion
    times = glb.array(animation.samplers[0].input)
    assert times == pytest.approx(np.arange(len(motion)) / motion.frames_per_second)
    channels = {
        (c.target.node, c.target.path): glb.array(animation.samplers[c.sampler].output) for c in animation.channels
    }
    roles = exported.body.roles
    moving = {roles[name] for name in ("pelvis", "left_shoulder", "left_elbow", "right_knee")}
    assert set(channels) == {(0, "translation")} | {(joint, "rotation") for joint in moving}
    path = exported.rest.joints[0] + motion.root_translation
    assert channels[0, "translation"] == pytest.approx(path.numpy(), abs=1e-6)
    for joint in moving:
        keys = channels[joint, "rotation"]
        assert ((keys[1:] * keys[:-1]).sum(1) > 0).all()
        turns = motion.joints[:, joint] if joint else motion.root_rotation
        assert rotation_matrices(keys) == pytest.approx(matrix_from_axis_angle(turns).numpy(), abs=1e-5)


def rotation_matrices(quaternions):
    """x, y, z, w to matrices, from the three axes turned by q v q*."""
    imaginary, real = quaternions[:, None, :3], quaternions[:, None, 3:]
    axes = np.eye(3)[None]
    once = np.cross(imaginary, axes) + real * axes
    return (axes + 2 * np.cross(imaginary, once)).transpose(0, 2, 1)


def test_equal_values_give_equal_bytes(exported, tmp_path):
    again = tmp_path / "again.glb"
    write_glb(again, exported.body, exported.rest, exported.texture, motion=exported.motion, name="double")
    assert again.read_bytes() == exported.path.read_bytes()


def test_a_motion_of_another_body_is_refused(exported, tmp_path):
    path = tmp_path / "no.glb"
    wrong = replace(exported.motion, joints=exported.motion.joints[:, :24])
    empty = replace(exported.motion, joints=exported.motion.joints[:0])
    for motion in (wrong, empty):
        with pytest.raises(InputError, match="104 joints"):
            write_glb(path, exported.body, exported.rest, exported.texture, motion=motion)
    assert list(tmp_path.iterdir()) == []


def test_the_official_validator_has_nothing_to_say(exported, validate, tmp_path):
    still = tmp_path / "still.glb"
    write_glb(still, exported.body, exported.rest, exported.texture)
    for path in (exported.path, still):
        issues = validate(path)
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


@pytest.fixture(scope="module")
def three(exported, open_in_three):
    report = open_in_three(exported.path, step=STEP, time=0.5, target="jawOpen")
    assert "error" not in report, report["error"]
    return report


def test_three_has_the_names_and_sizes(exported, glb, three):
    assert three["bones"] == [glb.gltf.nodes[joint].name for joint in glb.joints]
    assert three["targets"] == list(exported.body.expression_names)
    assert three["texture"] == list(exported.texture.rgb.shape[1:])
    (clip,) = three["clips"]
    duration = (len(exported.motion) - 1) / exported.motion.frames_per_second
    assert (clip["name"], clip["duration"]) == (exported.motion.name, pytest.approx(duration, abs=1e-5))


def test_three_shows_the_body_at_rest(exported, glb, three):
    expected = exported.rest.vertices[glb.sources(exported.body.faces)][::STEP].numpy()
    assert np.array(three["rest"]) == pytest.approx(expected, abs=1e-5)


def test_three_opens_the_jaw(exported, glb, three):
    jaw = exported.body.expression_names.index("jawOpen")
    expected = exported.rest.vertices + exported.rest.expressions[jaw]
    assert np.array(three["morphed"]) == pytest.approx(
        expected[glb.sources(exported.body.faces)][::STEP].numpy(), abs=2e-5
    )
    assert np.abs(np.array(three["morphed"]) - three["rest"]).max() > 0.005


def test_three_plays_the_motion(exported, glb, three):
    frame = round(0.5 * exported.motion.frames_per_second)
    pose = exported.motion.pose(frame, torch.zeros(len(exported.rest.expressions)))
    posed = exported.body.pose(file_rest(exported, glb), pose).vertices
    expected = posed[glb.sources(exported.body.faces)][::STEP].numpy()
    assert np.array(three["animated"]) == pytest.approx(expected, abs=1e-4)


def test_three_draws_the_texture(three):
    png = base64.b64decode(three["picture"].partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    red = (pixels[..., 0] - pixels[..., 1] > 60).mean()
    white = (pixels.min(2) > 150).mean()
    assert red > 0.02 and white > 0.02
