"""Generic marks lie where hands, elbows, knees and heels have them, alike on both sides, and nowhere else."""

import pytest
import torch

from bodydouble.inpaint.skin_marks import draw_skin_marks
from bodydouble.surface.regions import Region

SIZE = 512


@pytest.fixture(scope="module")
def marked(anny, graph):
    """(N,) of the coarse graph's texels: their gain, N×3."""
    step = SIZE // graph.surface.size
    return graph.surface.take(torch.nn.functional.avg_pool2d(draw_skin_marks(anny, SIZE)[None], step)[0])


def near(graph, anny, role: str, reach: float):
    joint = anny.rest(anny.mean_shape()).joints[anny.roles[role]]
    return (graph.surface.position - joint).norm(dim=1) < reach


def test_both_sides_have_the_same_marks_and_head_and_trunk_have_none(anny, marked, graph):
    gain = draw_skin_marks(anny, SIZE)
    assert float((gain - gain.flip(-1)).abs().max()) < 0.05
    surface = graph.surface
    bare = torch.isin(surface.region, torch.tensor([int(Region.FACE), int(Region.SCALP)])) | surface.trunk
    assert bool((marked[bare] == 1).all())
    assert 0.5 < float(marked.min()) < 0.9 and 1.0 < float(marked.max()) < 1.1


@pytest.mark.parametrize("side", ["left", "right"])
def test_fingers_are_shaded_at_their_flanks_and_the_palm_is_plain(anny, marked, graph, side):
    finger = near(graph, anny, f"{side}_middle_2", 0.02)
    assert float(marked[finger].amin()) < 0.85
    wrist = near(graph, anny, f"{side}_wrist", 0.04)
    assert float((marked[wrist] - 1).abs().mean()) < 0.02


@pytest.mark.parametrize("joint", ["left_elbow", "right_elbow", "left_knee", "right_ankle"])
def test_marks_redden_and_take_no_red(anny, marked, graph, joint):
    around = marked[near(graph, anny, joint, 0.08)]
    strongest = around[around[:, 2].argmin()]
    assert float(strongest[2]) < 0.95 and float(strongest[0]) > float(strongest[1]) > float(strongest[2])
    assert float(strongest[0]) > 0.9
