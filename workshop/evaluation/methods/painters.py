"""Rows that DINAR's networks paint: the six of its ablation, and the whole with and without its renderer.

A worker process is told the networks' file and reads it when the first row asks for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bodydouble.dinar.ablation import ABLATION
from bodydouble.dinar.double_renderer import DinarRenderer
from bodydouble.dinar.inpainter import DinarInpainter
from bodydouble.dinar.networks import Networks, load_networks
from bodydouble.errors import InputError
from bodydouble.values import Texture
from bodydouble.weights import WeightsFile
from workshop.evaluation.cases import REFINE_ROUNDS, Case
from workshop.evaluation.methods import PLAIN, SEED
from workshop.evaluation.methods.painted import PaintedDouble, build_double

_PRODUCT = "create"  # the rows that are no ablation's are painted as `create` does
_COLOURLESS = "neural only"  # the row without the photo's colours, in the rims, too


def dinar_method(row: str, networks: WeightsFile) -> Callable[[Case], PaintedDouble]:
    """The method of a row in `rows.MISSING`.

    Raises:
        InputError: the file cannot be used, or is no longer the one that was named.
    """
    setting = row if row in ABLATION else _PRODUCT
    inpaint = _inpainter(networks.path, networks.sha256, setting)
    rounds = ABLATION[setting].refine_rounds if setting in ABLATION else REFINE_ROUNDS

    def paint(case: Case) -> PaintedDouble:
        # Rows that differ only in how they are drawn share one painting.
        key = f"{networks.sha256}/{setting}"
        if key not in case.painted:
            case.painted[key] = case.complete(inpaint, rounds, rims=setting != _COLOURLESS)
        return _double(row, case, case.painted[key], _networks(networks.path, networks.sha256))

    return paint


def _double(row: str, case: Case, texture: Texture, networks: Networks) -> PaintedDouble:
    if row == PLAIN or texture.neural is None:
        return build_double(case, replace(texture, neural=None))
    return build_double(case, texture, DinarRenderer(networks))


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
