"""A person's look as the networks make it (DINAR sections 3.1 and 3.5), with a switch for each part of the ablation.

photos -> neural texture of each -> merged (Eq. 5) -> tuned until its picture is the photo -> completed (Eq. 6)

The paper tunes last. Here that comes before completion, with the surroundings' colours where nothing was seen, so that
what was seen does not depend on what was invented: another seed changes unseen texels only, and many completions share
one tuning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from bodydouble import weights
from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.inpaint.latent import NO_WEIGHTS, LatentConfig, LatentInpainter, LatentParts
from bodydouble.networks import Networks, load_networks
from bodydouble.render.neural import NeuralRenderer, for_inference, signed_uv
from bodydouble.texture.neural_texture import SquareView, merge_neural, neural_texture, spread_colours, square_view
from bodydouble.texture.refine import refine_texture
from bodydouble.texture.tune import Draw, TuneConfig, Window, tune_colours
from bodydouble.values import BodyFit, Person, Photo, Texture


@dataclass(frozen=True, kw_only=True)
class AppearanceConfig:
    """Which parts take part; all of them unless an ablation leaves some out."""

    features: bool = True  # T_gen, what encoder and generator draw
    colours: bool = True  # T_rgb, what the photo showed, in both textures
    occlusion: bool = True  # leave out pixels on outlines of overlapping limbs
    inpaint: bool = True  # complete by diffusion; otherwise the renderer sees the surroundings' colours
    refine_rounds: int = 6  # of moving the fine texels until the plain picture is the photo
    tune: TuneConfig = field(default_factory=TuneConfig)
    latent: LatentConfig = field(default_factory=LatentConfig)


_NO_TUNING = TuneConfig(steps=0)
_FIRST_STAGE = AppearanceConfig(inpaint=False, occlusion=False, refine_rounds=0, tune=_NO_TUNING)
# The rows of the paper's table 2, each with all of the one before it from "both" on.
ABLATION: Mapping[str, AppearanceConfig] = {
    "rgb only": replace(_FIRST_STAGE, features=False),
    "neural only": replace(_FIRST_STAGE, colours=False),
    "both": _FIRST_STAGE,
    "+ inpainting": replace(_FIRST_STAGE, inpaint=True),
    "+ occlusion": replace(_FIRST_STAGE, inpaint=True, occlusion=True),
    "+ rgb tuning": AppearanceConfig(),
}


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One photo of the person, and the body in it."""

    photo: Photo
    person: Person
    fit: BodyFit


class Painter:
    """Paints textures with one set of networks."""

    def __init__(self, networks: Networks, config: AppearanceConfig | None = None) -> None:
        self.networks = networks
        self._config = config or AppearanceConfig()
        fast = for_inference(networks.renderer)
        self._drawer = _drawer(fast)
        if networks.renderer.config.detail is False:
            # Without fine colours the renderer needs all of its surroundings, as the paper has it.
            self._config = replace(self._config, tune=replace(self._config.tune, crop=None))

    def prepare(self, partial: Texture, shots: Sequence[Shot], body: BodyModel) -> Texture:
        """What the photos showed, ready to be completed: with its neural texture, and tuned to the first photo.

        Args:
            partial: the fine texture that all of the photos showed.

        Returns:
            Texels with `seen` 0 are 0 in the fine texture.
        """
        config, nets = self._config, self.networks
        side = nets.encoder.config.side
        views = [square_view(shot.photo, shot.fit, body, side, shot.person.mask) for shot in shots]
        switches = {"occlusion": config.occlusion, "features": config.features, "colours": config.colours}
        neural = merge_neural([neural_texture(view, nets.encoder, nets.generator, **switches) for view in views])
        if not config.colours:
            return Texture(
                rgb=torch.zeros_like(partial.rgb), seen=torch.zeros_like(partial.seen), neural=neural.texture
            )
        first = shots[0]
        texture = _surrounded(partial)
        if config.refine_rounds:
            texture = refine_texture(texture, first.photo, first.person, first.fit, body, config.refine_rounds)
        neural, texture = tune_colours(neural, texture, views[0], self._drawer(views[0]), config.tune)
        return Texture(rgb=texture.rgb * (partial.seen > 0), seen=partial.seen, neural=neural.texture)

    def complete(self, partial: Texture, photo: Photo, fit: BodyFit, body: BodyModel, seed: int = 0) -> Texture:
        """The whole of what `prepare` returned; see `LatentInpainter`. Another seed, another completion."""
        if not self._config.inpaint:
            return _surrounded(partial)
        nets = self.networks
        parts = LatentParts(
            encoder=nets.encoder,
            generator=nets.generator,
            vqgan=nets.vqgan,
            denoiser=nets.denoiser,
            drawer=self._drawer,
        )
        return LatentInpainter(parts, self._config.latent, seed)(partial, photo, fit, body)


def networks_of(source: str | Path | Networks | None, device: torch.device | str = "cpu") -> Networks:
    """The networks to paint with: as they are, from a file, or those that ship.

    Raises:
        InputError: there are none, or the file cannot be used.
    """
    if isinstance(source, Networks):
        return source
    if source is None and not weights.SHIPPED:
        raise InputError(NO_WEIGHTS)
    return load_networks(next(iter(weights.SHIPPED)) if source is None else source, device)


def _surrounded(texture: Texture) -> Texture:
    """The texture with the surroundings' colours where nothing was seen; grey if nothing was seen at all."""
    seen = texture.seen > 0
    if not bool(seen.any()):
        return replace(texture, rgb=torch.full_like(texture.rgb, 0.5))
    return replace(texture, rgb=torch.where(seen, texture.rgb, spread_colours(texture.rgb, seen)))


def _drawer(renderer: NeuralRenderer) -> Callable[[SquareView], Draw]:
    """The renderer as a function of both textures, in the photo's view; gradients go to the textures."""
    device = next(renderer.parameters()).device

    def for_view(view: SquareView) -> Draw:
        covered = (view.uv >= 0).all(0, keepdim=True).float()
        uv = signed_uv(view.uv[None], covered[None])

        def draw(neural: Tensor, colours: Tensor, window: Window) -> Tensor:
            detail = colours[None].to(device) if renderer.config.detail else None
            at = (..., *window)
            drawn = renderer(neural[None].to(device), uv[at].to(device), covered[None][at].to(device), detail)
            return drawn.rgb[0].to(neural.device)

        return draw

    return for_view
