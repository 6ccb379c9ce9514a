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
from bodydouble.dinar.latent_inpainter import NO_WEIGHTS, LatentConfig, LatentInpainter, LatentParts
from bodydouble.dinar.networks import Networks, load_networks
from bodydouble.dinar.neural_texture import SquareView, merge_neural, neural_texture, square_view
from bodydouble.dinar.renderer import NeuralRenderer, for_inference, signed_uv
from bodydouble.dinar.sampling import STEPS
from bodydouble.dinar.tune import Draw, TuneConfig, Window, tune_colours
from bodydouble.errors import InputError
from bodydouble.inpaint import Inpainter
from bodydouble.texture.channels import spread_colours
from bodydouble.texture.multi_view import FittedView, MergedTexture, refine_to_photos
from bodydouble.values import Texture


@dataclass(frozen=True, kw_only=True)
class AppearanceConfig:
    """Which parts take part; all of them unless an ablation leaves some out."""

    features: bool = True  # T_gen, what encoder and generator draw
    colours: bool = True  # T_rgb, what the photo showed, in both textures
    occlusion: bool = True  # leave out pixels on outlines of overlapping limbs
    inpaint: bool = True  # complete by copying and diffusion; otherwise the renderer sees the surroundings' colours
    refine_rounds: int = 6  # of moving the fine texels until the plain picture is the photo
    tune: TuneConfig = field(default_factory=TuneConfig)
    latent: LatentConfig = field(default_factory=LatentConfig)


_NO_TUNING = TuneConfig(steps=0)
_PLAIN = AppearanceConfig(features=False, tune=_NO_TUNING)
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


class NeuralTexturing:
    """Paints textures with one set of networks."""

    def __init__(self, networks: Networks, config: AppearanceConfig | None = None) -> None:
        """Take networks and settings.

        Args:
            config: without it all parts take part, unless the weights say that their renderer is plain: then nothing
                is made for it, and doubles are drawn without it, which is many times faster.
        """
        self.networks = networks
        self._plain = config is None and networks.source.get("renderer") == "plain"
        self._config = config or (_PLAIN if self._plain else AppearanceConfig())
        self._drawer = render_fn(for_inference(networks.renderer))
        if next(networks.renderer.parameters()).is_cuda:
            # Crops are for a CPU's sake.
            self._config = replace(self._config, tune=replace(self._config.tune, crop=None))

    @property
    def weights(self) -> dict[str, str]:
        """The networks' file and its SHA-256, for a double's metadata; the SHA-256 is empty if they come from none."""
        source = self.networks.source
        return {source.get("file", self.networks.preset): source.get("sha256", "")}

    @property
    def renderer(self) -> NeuralRenderer | None:
        """What draws the doubles; None where their fine texture alone is as good."""
        return None if self._plain else self.networks.renderer

    def prepare(self, gathered: MergedTexture, sightings: Sequence[FittedView], body: BodyModel) -> MergedTexture:
        """What the photos showed, ready to be completed: with its neural texture, and tuned to the first photo.

        Args:
            gathered: the fine texture that all of the photos showed.

        Returns:
            Texels with `confidence` 0 are 0 in the fine texture.
        """
        config, nets = self._config, self.networks
        side = nets.encoder.config.side
        views = [square_view(each.photo, each.fit, body, side, each.person.mask) for each in sightings]
        switches = {"occlusion": config.occlusion, "features": config.features, "colours": config.colours}
        each_neural = [neural_texture(view, nets.encoder, nets.generator, **switches) for view in views]
        neural = merge_neural(each_neural)
        seen = gathered.merged.confidence
        if not config.colours:
            nothing = Texture(rgb=torch.zeros_like(gathered.merged.rgb), confidence=torch.zeros_like(seen))
            return replace(gathered, merged=replace(nothing, neural=neural.texture))
        texture = refine_to_photos(fill_unseen(gathered.merged), gathered, sightings, body, config.refine_rounds)
        # As in `refine_to_photos`: only what the first photo shows best is to look like it.
        own = torch.where(each_neural[0].cosine >= neural.cosine, neural.cosine, 0.0)
        tuned, texture = tune_colours(
            replace(neural, cosine=own), texture, views[0], self._drawer(views[0]), config.tune
        )
        merged = Texture(rgb=texture.rgb * (seen > 0), confidence=seen, neural=tuned.texture)
        return replace(gathered, merged=merged)

    def inpainter(self, seed: int = 0) -> Inpainter:
        """Completes the `merged` of what `prepare` returned. Another seed, another completion."""
        if not self._config.inpaint:
            return lambda partial, photo, fit, body: fill_unseen(partial)
        nets = self.networks
        parts = LatentParts(
            encoder=nets.encoder,
            generator=nets.generator,
            vqgan=nets.vqgan,
            denoiser=nets.denoiser,
            copier=nets.copier,
            steps=_usual_steps(nets),
            drawer=None if self._plain else self._drawer,
        )
        return LatentInpainter(parts, self._config.latent, seed)

    def paint(
        self, gathered: MergedTexture, sightings: Sequence[FittedView], body: BodyModel, seed: int = 0
    ) -> Texture:
        """All of it at once: the whole texture, as `create` makes it."""
        prepared = self.prepare(gathered, sightings, body)
        whole = self.inpainter(seed)(prepared.merged, sightings[0].photo, sightings[0].fit, body)
        return self.finish(whole, prepared, sightings, body)

    def finish(
        self, whole: Texture, prepared: MergedTexture, sightings: Sequence[FittedView], body: BodyModel
    ) -> Texture:
        """The completed texture with its rims from the photos; what was seen is as `prepare` left it."""
        if self._config.colours:
            whole = refine_to_photos(whole, prepared, sightings, body, rounds=0)
        return replace(whole, neural=None) if self._plain else whole


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


def _usual_steps(networks: Networks) -> int:
    """Of sampling, as whoever trained the networks found best: after a short training few, or none."""
    told = networks.source.get("sampler steps", "")
    return min(int(told), STEPS) if told.isdecimal() else LatentParts.steps


def fill_unseen(texture: Texture) -> Texture:
    """The texture with the surroundings' colours where nothing was seen; grey if nothing was seen at all."""
    seen = texture.confidence > 0
    if not bool(seen.any()):
        return replace(texture, rgb=torch.full_like(texture.rgb, 0.5))
    return replace(texture, rgb=torch.where(seen, texture.rgb, spread_colours(texture.rgb, seen[None])))


def render_fn(renderer: NeuralRenderer) -> Callable[[SquareView], Draw]:
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
