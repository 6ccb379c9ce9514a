"""Four weights a vertex sum to exactly one and move it nearly as all its weights do."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.body.skinning import skin
from bodydouble.export.skin_weights import four_weights
from bodydouble.values import Pose, RestBody


@pytest.fixture(scope="module")
def found(exported):
    return four_weights(exported.rest, exported.body.roles.values())


def dense(joints, weights, count):
    whole = torch.zeros(len(joints), count)
    return whole.scatter_add_(1, torch.from_numpy(joints), torch.from_numpy(weights))


def test_they_sum_to_exactly_one_in_any_order(exported, found):
    joints, weights = found
    assert joints.shape == weights.shape == (len(exported.rest.vertices), 4)
    assert weights.dtype == np.float32
    assert (weights >= 0).all()
    assert (weights.sum(1) == 1).all() and (weights[:, ::-1].cumsum(1)[:, -1] == 1).all()
    assert (joints[weights == 0] == 0).all()


def test_vertices_of_four_joints_keep_their_weights(exported, found):
    given = exported.rest.skin_weights
    few = (given > 0).sum(1) <= 4
    assert few.any() and not few.all()
    torch.testing.assert_close(dense(*found, given.shape[1])[few], given[few], atol=2**-15, rtol=0)


def test_posed_vertices_hardly_move(exported, found):
    rest, motion = exported.rest, exported.motion
    pruned = replace(rest, skin_weights=dense(*found, len(rest.parents)))
    expression = torch.zeros(len(rest.expressions))
    for frame in (0, 15, 30):
        pose = motion.pose(frame, expression)
        error = (skin(rest, pose) - skin(pruned, pose)).norm(dim=-1)  # metres
        assert error.mean() < 0.0002 and error.quantile(0.99) < 0.004


def test_fitted_weights_beat_the_four_strongest(exported, found):
    rest, roles = exported.rest, list(exported.body.roles.values())
    top = rest.skin_weights.topk(4)
    strongest = torch.zeros_like(rest.skin_weights).scatter_(1, top.indices, top.values)
    strongest /= strongest.sum(1, keepdim=True)
    turns = torch.zeros(len(rest.parents), 3)
    turns[roles] = 0.4 * torch.randn(len(roles), 3, generator=torch.Generator().manual_seed(1))
    turns[0] = 0
    zero = torch.zeros(3)
    pose = Pose(joints=turns, root_rotation=zero, root_translation=zero, expression=torch.zeros(len(rest.expressions)))
    errors = [
        (skin(rest, pose) - skin(replace(rest, skin_weights=weights), pose)).norm(dim=-1).mean()
        for weights in (dense(*found, len(rest.parents)), strongest)
    ]
    assert errors[0] < 0.6 * errors[1]


def test_a_body_of_few_joints():
    """Two joints, whole weights: nothing to fit, and the columns that are missing are empty."""
    rest = RestBody(
        vertices=torch.rand(3, 3),
        joints=torch.tensor([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        skin_weights=torch.tensor([[1.0, 0.0], [0.25, 0.75], [0.0, 1.0]]),
        expressions=torch.zeros(0, 3, 3),
        parents=(-1, 0),
    )
    joints, weights = four_weights(rest, [0, 1])
    assert joints.shape == weights.shape == (3, 4)
    assert (dense(joints, weights, 2) == rest.skin_weights).all()
