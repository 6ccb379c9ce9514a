"""Beards grow where beards grow, and truth calls them facial hair."""

import pytest
import torch
from torch import Tensor

from bodydouble.geometry.camera import orbit_camera, project
from tests.workshop.synthesis.conftest import Stand
from workshop.synthesis.garments.beard import SHELLS, STYLES, Beard, beard_texture, grow_beard
from workshop.synthesis.garments.shears import hang_still
from workshop.synthesis.garments.worn import Worn
from workshop.synthesis.layers import KINDS
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.scene.truth import ViewTruth, view_truth

CAMERA = orbit_camera(0.0, 0.0, torch.tensor([0.0, 1.68, 0.1]), 10.0, 250 * 10 / 0.28, (250, 250))
HAIR = KINDS.index("facial hair")
LIPS, UPPER_LIP, CHIN, FOREHEAD = 0.072, 0.09, 0.042, 0.19  # metres above the neck joint, in the middle of the face


def truth_of(pack: Pack, stand: Stand, beard: Beard) -> ViewTruth:
    mesh = pack.articles["made/beard"].garment
    texture = beard_texture(mesh, pack.mean, pack.frame, beard)
    grown = grow_beard(mesh, pack.mean, pack.frame, beard)
    return view_truth(stand([Worn(garment=grown, kind="facial hair", texture=texture)]), [CAMERA])


def share_at(truth: ViewTruth, pack: Pack, height: float) -> float:
    """How much of 15×9 pixels around a height in the middle of the face is facial hair."""
    point = torch.tensor([[0.0, float(pack.frame.neck[1]) + height, 0.15]])
    column, row = project(point, CAMERA)[0, :2].round().long().tolist()
    there: Tensor = truth.kind[0, row - 4 : row + 5, column - 7 : column + 8] == HAIR
    return float(there.float().mean())


@pytest.mark.parametrize("style", STYLES)
def test_lips_and_forehead_stay_bare(pack: Pack, stand: Stand, style: str) -> None:
    truth = truth_of(pack, stand, Beard(style=style, length=0.006, density=0.75, seed=1))
    assert share_at(truth, pack, UPPER_LIP) > 0.6
    assert (share_at(truth, pack, CHIN) > 0.9) == (style != "moustache")
    assert share_at(truth, pack, LIPS) < 0.15 and share_at(truth, pack, FOREHEAD) == 0


def test_faint_stubble_is_skin(pack: Pack, stand: Stand) -> None:
    faint, dark = (
        (truth_of(pack, stand, Beard(style="stubble", length=0.001, density=density, seed=1)).kind == HAIR).sum()
        for density in (0.25, 0.75)
    )
    assert dark > 500 and faint < 0.1 * dark


def test_a_long_beard_stands_off_and_is_the_same_again(pack: Pack) -> None:
    mesh = pack.articles["made/beard"].garment
    short, long, again = (
        grow_beard(mesh, pack.mean, pack.frame, Beard(style="full", length=length, density=1.0, seed=4))
        for length in (0.003, 0.03, 0.03)
    )
    lowest = [float(hang_still(garment, pack.mean).vertices[:, 1].min()) for garment in (short, long)]
    assert lowest[1] < lowest[0] - 0.008
    assert len(long.faces) == SHELLS * len(mesh.faces) and torch.equal(long.offsets, again.offsets)
