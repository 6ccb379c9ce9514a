"""DINAR's renderer behind the renderer's contract: for doubles that carry a neural texture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.dinar.bake import bake_texture
from bodydouble.dinar.networks import Networks, load_networks
from bodydouble.dinar.renderer import NeuralRenderer
from bodydouble.dinar.view import NeuralLook, render_neural
from bodydouble.errors import InputError
from bodydouble.render.surfaces import render_surfaces
from bodydouble.values import Camera, PosedSurface, Texture
from bodydouble.weights import SHIPPED


class DinarRenderer:
    """Draws with the networks that painted a double. See `Renderer`."""

    def __init__(
        self,
        weights: str | Path | Networks | NeuralRenderer | None = None,
        *,
        painted: Mapping[str, str] | None = None,
        double_name: str = "the double",
    ) -> None:
        """Find the network.

        Only what ships and what the caller names is opened: a double's own words name no file.

        Args:
            weights: the network, or the file that it is in; those that ship are found by themselves.
            painted: the files that painted the double, and their SHA-256, as its metadata has them.
            double_name: for messages.

        Raises:
            InputError: the file cannot be used, or is not the one that painted the double. Where nobody said which file
                that is, only drawing raises it.
        """
        self._painted, self._name = dict(painted or {}), double_name
        self._network = weights if isinstance(weights, NeuralRenderer) else self._find_network(weights)
        self._look: tuple[Texture, NeuralLook] | None = None

    def __call__(self, surfaces: Sequence[PosedSurface], camera: Camera) -> Tensor:
        """See `Renderer`. The network draws the body; what hangs off it is drawn as it is."""
        body, *attached = surfaces
        picture = render_neural(body.mesh, body.layout, self._look_of(body.texture), camera)
        if not attached:
            return picture
        over = render_surfaces(attached, camera, holdout=[body])
        alpha = over[3] + picture[3] * (1 - over[3])
        rgb = over[:3] * over[3] + picture[:3] * picture[3] * (1 - over[3])
        return torch.cat([rgb / torch.where(alpha > 0, alpha, 1), alpha[None]])

    def bake(self, body: PosedSurface) -> Texture:
        """See `Renderer`; what the network draws from all around is added to the fine colours."""
        return bake_texture(body.mesh, body.layout, self._look_of(body.texture), body.texture)

    def _look_of(self, texture: Texture) -> NeuralLook:
        """The texture made ready, kept as long as it is the same."""
        if self._network is None:
            files = ", ".join(self._painted)[:200] or "networks"
            raise InputError(
                f"{self._name} was painted with {files}; name that file with --weights, or give --weights none for its "
                f"plain texture"
            )
        if self._look is None or self._look[0] is not texture:
            self._look = texture, NeuralLook.of(self._network, texture)
        return self._look[1]

    def _find_network(self, weights: str | Path | Networks | None) -> NeuralRenderer | None:
        digests = set(self._painted.values()) - {""}
        if weights is None:
            weights = next((name for name, (_, sha256) in SHIPPED.items() if sha256 in digests), None)
        if weights is None:
            return None
        networks = weights if isinstance(weights, Networks) else load_networks(weights)
        if digests and networks.source.get("sha256") not in digests:
            expected = ", ".join(f"{name} ({sha256[:12]}…)" for name, sha256 in self._painted.items())
            raise InputError(f"{self._name} was painted with {expected[:200]}, not with {weights}; name that file")
        return networks.renderer
