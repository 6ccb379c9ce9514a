"""Rows that networks paint: one painting for two ways of drawing it, and the file that was named."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bodydouble.dinar.ablation import ABLATION as SETTINGS
from bodydouble.dinar.complete import LatentConfig
from bodydouble.dinar.double_renderer import DinarRenderer
from bodydouble.dinar.inpainter import DinarInpainter
from bodydouble.dinar.networks import save_networks
from bodydouble.dinar.tune import TuneConfig
from bodydouble.errors import InputError
from bodydouble.render.surfaces import PlainRenderer
from bodydouble.texture.multi_view import project_and_merge
from bodydouble.texture.size import ORDINARY_TEXELS
from bodydouble.values import Texture
from bodydouble.weights import WeightsFile, find_weights
from tests.tiny import front_shot, tiny_networks
from workshop.evaluation.cases import Case
from workshop.evaluation.datasets import TrueView
from workshop.evaluation.methods import ABLATION, DINAR, TargetView, painters
from workshop.evaluation.methods.rows import check_rows, method
from workshop.evaluation.truth import truth_of


@pytest.fixture
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsFile:
    """A file of tiny networks, and settings that take no time."""
    save_networks(tiny_networks(), tmp_path / "tiny.safetensors", half=False)
    quick = {"latent": LatentConfig(steps=2)}
    short = {
        row: replace(
            one, dinar=replace(one.dinar, tune=TuneConfig(steps=min(2, one.dinar.tune.steps), crop=32), **quick)
        )
        for row, one in SETTINGS.items()
    }
    full = short["+ rgb tuning"].dinar
    monkeypatch.setattr(painters, "ABLATION", short)
    monkeypatch.setattr(
        painters,
        "DinarInpainter",
        lambda seed, weights, config: DinarInpainter(seed=seed, weights=weights, config=config or full),
    )
    painters._inpainter.cache_clear()
    painters._networks.cache_clear()
    return find_weights(tmp_path / "tiny.safetensors")


@pytest.fixture
def case(anny) -> Case:
    seen = front_shot(anny)
    return Case(photo=seen.photo, person=seen.person, fit=seen.fit, body=anny, azimuth_deg=0.0)


def _target(case: Case) -> TargetView:
    truth = truth_of(TrueView(rgb=case.photo.rgb, mask=case.person.mask, azimuth_deg=0.0))
    return TargetView(
        camera=truth.window.camera(case.fit.camera, 128), pose=case.fit.pose, azimuth_deg=0.0, truth=truth
    )


def test_what_a_case_merged_is_what_create_merges(case: Case) -> None:
    wanted, merged = project_and_merge([case.view], case.body, ORDINARY_TEXELS), case.merged
    assert torch.equal(wanted.texture.rgb, merged.texture.rgb) and torch.equal(wanted.best_view, merged.best_view)
    assert case.merged is merged, "projected once"


def test_two_rows_share_a_painting_and_are_drawn_in_two_ways(case: Case, networks: WeightsFile, monkeypatch) -> None:
    learned = method("dinar", networks)(case)
    monkeypatch.setattr(DinarInpainter, "__call__", lambda *_: pytest.fail("painted again"))
    again, plain = method("dinar", networks)(case), method("dinar-plain", networks)(case)
    assert isinstance(learned.renderer, DinarRenderer) and isinstance(plain.renderer, PlainRenderer)
    assert learned.texture.rgb is again.texture.rgb is plain.texture.rgb
    assert plain.texture.neural is None
    drawn, without = learned.draw(_target(case)), plain.draw(_target(case))
    assert drawn.shape == without.shape == (4, 128, 128)
    inside = (drawn[3] > 0.9) & (without[3] > 0.9)
    assert (drawn - without)[:3, inside].abs().mean() > 0.01, "random networks draw something else"


def test_each_row_of_the_ablation_is_painted_by_its_own_setting(case: Case, networks: WeightsFile, monkeypatch) -> None:
    asked = []

    def complete_body(inpainter: DinarInpainter, partial: Texture, *_: object) -> Texture:
        asked.append(inpainter._config)
        return partial

    monkeypatch.setattr(DinarInpainter, "complete_body", complete_body)
    for row in (*ABLATION, *DINAR):
        method(row, networks)(case)
    assert asked[:-1] == [painters.ABLATION[row].dinar for row in ABLATION]
    assert asked[-1] == asked[-2], "of the two that `create` paints, one painting, with all parts"


def test_networks_are_read_once_a_process(case: Case, networks: WeightsFile, monkeypatch) -> None:
    read = []
    loading = painters.load_networks
    monkeypatch.setattr(painters, "load_networks", lambda path: read.append(path) or loading(path))
    check_rows((*ABLATION, *DINAR), networks)
    assert read == [networks.path]


def test_a_file_that_changed_is_not_measured_under_the_old_name(networks: WeightsFile) -> None:
    save_networks(tiny_networks(0.5), networks.path, half=False)
    with pytest.raises(InputError, match="has changed"):
        method("dinar", networks)


@pytest.mark.parametrize("row", [*ABLATION, *DINAR])
def test_without_networks_a_row_is_refused(row: str) -> None:
    with pytest.raises(InputError, match="--weights"):
        check_rows([row])
