"""Views are made in the paper's order, with its prompts, each from those before; painters keep what is there."""

import pytest
import torch

from bodydouble.digitize import GUIDANCE_KINDS, PAINTERS, Guidance, view_painter
from bodydouble.digitize.exemplar import spread_difference, stretch_membrane
from bodydouble.digitize.guided import describe_view, synthesis_camera, synthesise_views, withhold
from bodydouble.digitize.textured_mesh import TexturedMesh
from bodydouble.digitize.views import AZIMUTHS
from bodydouble.errors import InputError
from bodydouble.geometry.camera import project
from bodydouble.parsing.labels import SKIN, UPPER
from bodydouble.values import Mesh
from tests.digitize.test_solid import ball


class Recorder:
    """Paints white, and remembers what it was given."""

    def __init__(self) -> None:
        self.missing: list[int] = []
        self.prompts: list[str] = []

    def __call__(self, image: torch.Tensor, missing: torch.Tensor, guidance: Guidance) -> torch.Tensor:
        assert bool((guidance.normals.norm(dim=0)[guidance.silhouette] - 1).abs().max() < 1e-3)
        assert not bool((missing & ~guidance.silhouette).any())
        self.missing.append(int(missing.sum()))
        self.prompts.append(guidance.prompt)
        return torch.where(missing, torch.ones_like(image), image)


def test_the_prompts_are_the_paper_s():
    names = [describe_view(azimuth).split(", ")[1] for azimuth in (0.0, *AZIMUTHS)]
    assert [name.removesuffix(" view") for name in names] == [
        *("front", "left", "right", "side", "side", "back", "back", "back")
    ]
    assert describe_view(180.0) == (
        "a person wearing nice clothes in front of a solid white background, back view, "
        "best quality, extremely detailed"
    )


def test_each_view_is_made_of_those_before(digitized: TexturedMesh):
    recorder = Recorder()
    views = synthesise_views(digitized.surface, digitized.posed(), [], recorder, (256, 192))
    assert len(views) == len(AZIMUTHS) and recorder.prompts == [describe_view(azimuth) for azimuth in AZIMUTHS]
    first, last = recorder.missing[0], recorder.missing[-1]
    assert first == int(views[0].geometry.silhouette.sum()), "there was nothing before the first"
    assert last < 0.1 * first, "and little is missing in the last"
    assert all(bool((view.rgb[:, view.valid] > 0.99).all()) for view in views), "all comes from what was painted"


def test_views_have_perspective():
    """The paper's have none: there both balls would be as large."""
    near, far = ball((0.0, 0.0, 0.5), 0.2), ball((0.0, 0.6, -0.5), 0.2)
    both = Mesh(
        vertices=torch.cat([near.vertices, far.vertices]), faces=torch.cat([near.faces, far.faces + len(near.vertices)])
    )
    camera = synthesis_camera(both, 0.0, (512, 384))
    places = [project(one.vertices, camera) for one in (near, far)]
    wide = [float(place[:, 0].max() - place[:, 0].min()) for place in places]
    depth = [float(place[:, 2].mean()) for place in places]
    assert depth[1] - depth[0] == pytest.approx(1.0, abs=0.02)
    assert wide[0] / wide[1] == pytest.approx(depth[1] / depth[0], rel=0.02)


def guidance_of(labels: torch.Tensor, seed: torch.Tensor) -> Guidance:
    normals = torch.zeros(3, *labels.shape)
    normals[2] = -1
    inside = torch.ones(labels.shape, dtype=torch.bool)
    return Guidance(normals=normals, silhouette=inside, prompt="", labels=labels, seed=seed)


def test_the_exemplar_painter_keeps_what_is_there_and_leaves_no_step():
    labels = torch.full((64, 64), UPPER, dtype=torch.uint8)
    image, missing = torch.full((3, 64, 64), 0.6), torch.zeros(64, 64, dtype=torch.bool)
    missing[:, 30:] = True
    painted = view_painter("exemplar", seed=0)(
        image * ~missing, missing, guidance_of(labels, torch.full((3, 64, 64), 0.3))
    )
    assert torch.equal(painted[:, ~missing], image[:, ~missing])
    assert bool((painted[:, :, 30] - 0.6).abs().max() < 0.03), "it goes on as it was seen"
    assert bool((painted[:, :, 63] - 0.3).abs().max() < 0.15), "and becomes what the double has"


def test_one_label_s_colours_do_not_reach_into_another():
    labels = torch.full((64, 64), UPPER, dtype=torch.uint8)
    labels[:, 30:] = SKIN
    image, missing = torch.full((3, 64, 64), 0.6), labels == SKIN
    painted = view_painter("exemplar")(image * ~missing, missing, guidance_of(labels, torch.full((3, 64, 64), 0.3)))
    assert torch.allclose(painted[:, missing], torch.tensor(0.3))


def test_plain_seeds_get_the_grain_of_the_cloth_that_was_seen():
    grain = 0.1 * torch.randn(3, 200, 200, generator=torch.Generator().manual_seed(2))
    labels = torch.full((200, 200), UPPER, dtype=torch.uint8)
    missing = torch.zeros(200, 200, dtype=torch.bool)
    missing[:, 120:] = True
    image = (0.5 + grain).clamp(0, 1) * ~missing
    painted = view_painter("exemplar")(image, missing, guidance_of(labels, torch.full((3, 200, 200), 0.5)))
    assert float(painted[0, :, 150:].std()) > 0.05


def test_what_a_row_of_the_ablation_is_not_told_is_withheld():
    labels = torch.zeros(4, 4, dtype=torch.uint8)
    guidance = guidance_of(labels, torch.zeros(3, 4, 4))
    fields = {
        kind: tuple(
            getattr(withhold(guidance, kind), name) is not None for name in ("normals", "labels", "seed", "silhouette")
        )
        for kind in GUIDANCE_KINDS
    }
    assert fields == {
        "both": (True, True, True, True),
        "normals": (True, True, True, False),
        "silhouette": (False, False, False, True),
        "none": (False, False, False, False),
    }


def test_without_a_silhouette_all_that_is_not_covered_is_to_be_painted(digitized: TexturedMesh):
    masks = {}

    def paint(image: torch.Tensor, missing: torch.Tensor, guidance: Guidance) -> torch.Tensor:
        masks[guidance.silhouette is None] = missing
        return torch.ones_like(image)

    for kind in ("silhouette", "none"):
        (view,) = synthesise_views(
            digitized.surface, digitized.posed(), [], paint, (256, 192), azimuths=(45.0,), guidance=kind
        )
    assert torch.equal(masks[False], view.valid), "within the outline"
    assert bool(masks[True].all()), "everywhere"


def test_the_exemplar_painter_does_without_what_is_withheld():
    """Two limbs: what is missing of each is painted from it alone where the outline is told, else from both."""
    inside = torch.zeros(64, 65, dtype=torch.bool)
    inside[:, :30], inside[:, 35:] = True, True
    image = torch.zeros(3, 64, 65)
    image[:, :, :30], image[:, :, 35:] = 0.2, 0.8
    missing = inside.clone()
    missing[:20] = False
    guidance = guidance_of(torch.full((64, 65), UPPER, dtype=torch.uint8), image.flip(2))
    guidance = Guidance(**{**vars(guidance), "silhouette": inside})
    painter = view_painter("exemplar")
    painted = {}
    for kind in ("silhouette", "none"):
        shape = withhold(guidance, kind)
        hole = missing if shape.silhouette is not None else ~(inside & ~missing)
        painted[kind] = painter(image * ~hole, hole, shape)[:, 50]
    assert bool((painted["silhouette"][:, 25:30] - 0.2).abs().max() < 0.02)
    assert bool((painted["silhouette"][:, 35:40] - 0.8).abs().max() < 0.02)
    assert float(painted["none"][0, 29]) > 0.3 and float(painted["none"][0, 35]) < 0.7


def test_a_membrane_is_straight_between_two_borders():
    covered = torch.zeros(8, 33, dtype=torch.bool)
    covered[:, 0], covered[:, -1] = True, True
    image = torch.zeros(3, 8, 33)
    image[:, :, -1] = 1.0
    filled = stretch_membrane(image, covered, ~covered)
    assert torch.allclose(filled, torch.linspace(0, 1, 33).expand(3, 8, 33), atol=0.02)


def test_nothing_spreads_from_nothing():
    nothing = torch.zeros(8, 8, dtype=torch.bool)
    assert not bool(spread_difference(torch.ones(3, 8, 8), nothing, ~nothing).any())


def test_painters_are_known_by_name():
    assert set(PAINTERS) == {"exemplar", "stable-diffusion"}
    with pytest.raises(InputError, match="unknown view painter"):
        view_painter("oil")
