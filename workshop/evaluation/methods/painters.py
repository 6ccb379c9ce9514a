"""Rows that DINAR's networks paint: the six of its ablation, and the product's own look with and without the renderer.

A worker process is told the networks' file and reads it when the first row asks for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from bodydouble.dinar.ablation import ABLATION
from bodydouble.dinar.inpainter import DinarInpainter
from bodydouble.dinar.networks import Networks, load_networks
from bodydouble.dinar.renderer import NeuralRenderer
from bodydouble.dinar.view import NeuralLook, render_neural
from bodydouble.errors import InputError
from bodydouble.values import Camera, Pose, Texture
from bodydouble.weights import WeightsFile
from workshop.evaluation.cases import Case
from workshop.evaluation.methods import PLAIN, SEED
from workshop.evaluation.methods.painted import PaintedDouble, painted_double

_PRODUCT = "create"  # the rows that are no ablation's are painted as `create` does
_COLOURLESS = "neural only"  # the row without the photo's colours, in the rims, too
_REFINE_ROUNDS = 6  # as `CreateConfig` has them


@dataclass(frozen=True, kw_only=True)
class NeuralDouble(PaintedDouble):
    """A double that the neural renderer draws."""

    renderer: NeuralRenderer

    @functools.cached_property
    def look(self) -> NeuralLook:
        """The texture made ready for many pictures."""
        return NeuralLook.of(self.renderer, self.texture)

    def seen_by(self, camera: Camera, pose: Pose) -> Tensor:
        """4×H×W, from any camera in any pose."""
        return render_neural(self.posed(pose), self.case.body.layout, self.look, camera)


def painted_by_networks(row: str, networks: WeightsFile) -> Callable[[Case], PaintedDouble]:
    """The method of a row in `rows.MISSING`.

    Raises:
        InputError: the file cannot be used, or is no longer the one that was named.
    """
    setting = row if row in ABLATION else _PRODUCT
    inpaint = _inpainter(networks.path, networks.sha256, setting)
    rounds = ABLATION[setting].refine_rounds if setting in ABLATION else _REFINE_ROUNDS

    def paint(case: Case) -> PaintedDouble:
        # Rows that differ only in how they are drawn share one painting.
        key = f"{networks.sha256}/{setting}"
        if key not in case.painted:
            case.painted[key] = case.complete(inpaint, rounds, rims=setting != _COLOURLESS)
        return _drawn(row, case, case.painted[key], _networks(networks.path, networks.sha256))

    return paint


def _drawn(row: str, case: Case, texture: Texture, networks: Networks) -> PaintedDouble:
    if row == PLAIN or texture.neural is None:
        return painted_double(case, replace(texture, neural=None))
    plain = painted_double(case, texture)
    return NeuralDouble(case=case, rest=plain.rest, texture=texture, renderer=networks.renderer)


@functools.lru_cache(maxsize=len(ABLATION) + 1)
def _inpainter(path: Path, sha256: str, setting: str) -> DinarInpainter:
    config = None if setting == _PRODUCT else ABLATION[setting].dinar
    return DinarInpainter(seed=SEED, weights=_networks(path, sha256), config=config)


@functools.lru_cache(maxsize=1)
def _networks(path: Path, sha256: str) -> Networks:
    networks = load_networks(path)
    if networks.source["sha256"] != sha256:  # a training run may have written a newer one
        raise InputError(f"{path} has changed since the measuring began; name a copy that stays as it is")
    return networks
