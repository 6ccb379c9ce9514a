"""A person's look as DINAR's networks make it (sections 3.1 to 3.5), behind the inpainter's contract.

photos ─▶ neural texture of each ─▶ merged (Eq. 5) ─▶ tuned until its picture is the photo ─▶ completed (Eq. 6)

The paper tunes last. Here that comes before completion, with the surroundings' colours where nothing was seen, so that
what was seen does not depend on what was invented: another seed changes unseen texels only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.dinar.channels import FILLED, RGB, composite, with_colours
from bodydouble.dinar.complete import LatentConfig, restore
from bodydouble.dinar.double_renderer import DinarRenderer
from bodydouble.dinar.networks import Networks, load_networks
from bodydouble.dinar.neural_texture import NeuralView, merge_neural, neural_texture, visible_pixels
from bodydouble.dinar.renderer import NeuralRenderer, for_inference, signed_uv
from bodydouble.dinar.tune import Draw, TuneConfig, Window, match_tone, tune_colours
from bodydouble.geometry.uv import fill_seams
from bodydouble.inpaint.body_first import BodyFirstInpainter
from bodydouble.inpaint.detail import lay_detail
from bodydouble.inpaint.exemplar.complete import CompletedTexture, complete_texture
from bodydouble.progress import Progress, split_progress
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.assembly import TextureAssembly
from bodydouble.texture.multi_view import fill_unseen
from bodydouble.texture.square_view import SquareView, square_view
from bodydouble.values import FittedView, Texture
from bodydouble.weights import DINAR


@dataclass(frozen=True, kw_only=True)
class DinarConfig:
    """Which parts take part; all of them unless an ablation leaves some out."""

    features: bool = True  # T_gen, what encoder and generator draw
    colours: bool = True  # T_rgb, what the photo showed, in both textures
    occlusion: bool = True  # leave out pixels on outlines of overlapping limbs
    inpaint: bool = True  # complete; otherwise the renderer sees the surroundings' colours
    tune: TuneConfig = field(default_factory=TuneConfig)
    latent: LatentConfig = field(default_factory=LatentConfig)


_PLAIN = DinarConfig(features=False, tune=TuneConfig(steps=0))


class DinarInpainter(BodyFirstInpainter):
    """DINAR's completion and renderer. See `Inpainter`."""

    evens_light = False  # its networks learned from photos as they are, and their picture is to be the photo

    def __init__(
        self,
        *,
        seed: int = 0,
        weights: str | Path | Networks | None = None,
        device: torch.device | str = "cpu",
        config: DinarConfig | None = None,
    ) -> None:
        """Load the networks.

        Args:
            seed: another seed, another completion.
            weights: networks, or a file of them; those that ship where none is named.
            config: without it all parts take part, unless the weights say that their renderer is plain: then nothing
                is made for it, and doubles are drawn without it, which is many times faster.

        Raises:
            InputError: the weights cannot be used.
        """
        networks = weights if isinstance(weights, Networks) else load_networks(weights or DINAR, device)
        plain = config is None and networks.source.get("renderer") == "plain"
        self._networks, self._seed = networks, seed
        self._config = config or (_PLAIN if plain else DinarConfig())
        self._render_fn = None if plain else render_fn(for_inference(networks.renderer))
        if next(networks.renderer.parameters()).is_cuda:
            # Crops are for a CPU's sake.
            self._config = replace(self._config, tune=replace(self._config.tune, crop=None))
        self.renderer = None if plain else DinarRenderer(networks.renderer)

    @property
    def weights(self) -> Mapping[str, str]:
        """See `Inpainter`; the SHA-256 is empty if the networks come from no file."""
        source = self._networks.source
        return {source.get("file", self._networks.preset): source.get("sha256", "")}

    @torch.no_grad()
    def complete_body(
        self, partial: Texture, views: Sequence[FittedView], body: BodyModel, progress: Progress | None = None
    ) -> Texture:
        """The whole texture, with the whole neural texture."""
        first, second = split_progress(progress, 2)
        squares = [square_view(view, body, self._networks.encoder.config.resolution) for view in views]
        neural, partial = self._observe(partial, squares, first)
        if not self._config.inpaint:
            return fill_unseen(replace(partial, neural=neural.texture))
        return self._complete(partial, neural.texture, squares[0], body, second)

    def _observe(
        self, partial: Texture, squares: Sequence[SquareView], progress: Progress | None
    ) -> tuple[NeuralView, Texture]:
        """What the photos show, as a neural texture and as a fine one, tuned to the first photo."""
        config, nets = self._config, self._networks
        switches = {"occlusion": config.occlusion, "features": config.features, "colours": config.colours}
        assembly = nets.assembly
        each = [
            neural_texture(square, nets.encoder, nets.generator, **switches, assembly=assembly) for square in squares
        ]
        neural = merge_neural(each)
        if not config.colours:
            nothing = torch.zeros_like(partial.confidence)
            return neural, Texture(rgb=torch.zeros_like(partial.rgb), confidence=nothing)
        if config.tune.steps == 0 or self._render_fn is None:
            return neural, partial
        # Only what the first photo shows best is to look like it.
        leading = torch.where(each[0].cosine >= neural.cosine, neural.cosine, 0.0)
        draw = self._render_fn(squares[0])
        with torch.enable_grad():
            tuned, texture = tune_colours(
                replace(neural, cosine=leading),
                fill_unseen(partial),
                squares[0],
                draw,
                config.tune,
                assembly=assembly,
                progress=progress,
            )
        return tuned, replace(partial, rgb=texture.rgb * (partial.confidence > 0))

    def _complete(
        self, partial: Texture, neural: Tensor, square: SquareView, body: BodyModel, progress: Progress | None
    ) -> Texture:
        """The fine and the neural texture, both whole."""
        nets, config = self._networks, self._config.latent
        to_guess, to_restore, to_detail = split_progress(progress, 3)
        guess = self._guess(neural, body, to_guess)
        initial = None if guess is None else with_colours(neural, guess.rgb)
        restored = restore(nets, neural, initial, config, self._seed, to_restore)
        if self._render_fn is not None and config.tone_rounds:
            visible = visible_pixels(square, neural, nets.assembly)
            restored = match_tone(restored, square, visible, self._render_fn(square), config.tone_rounds)
        covered = texel_map(body.layout, neural.shape[-1]).face[0] >= 0
        base = _enlarge_colours(restored[RGB], guess, covered, partial.rgb.shape[-1], nets.assembly)
        texture = lay_detail(partial, base, body, to_detail)
        if self.renderer is None:
            return texture
        mask = nets.assembly.blend_mask(neural[FILLED], covered)
        return replace(texture, neural=composite(neural, restored, mask))

    def _guess(self, neural: Tensor, body: BodyModel, progress: Progress | None) -> CompletedTexture | None:
        """What diffusion begins with; None where that is nothing."""
        attention = self._networks.attention
        if attention is None:
            return None
        texture = neural.to(next(attention.parameters()).device)
        graph = mean_surface_graph(body, neural.shape[-1])
        return complete_texture(attention, texture[RGB], texture[FILLED][0], graph, self._seed, progress)


def _enlarge_colours(
    rgb: Tensor, guess: CompletedTexture | None, covered: Tensor, size: int, assembly: TextureAssembly
) -> Tensor:
    """3×size×size: restored colours (3×N×N); where a guess was changed, as smooth a change of its sharp ones."""
    change = rgb if guess is None else rgb - guess.rgb.to(rgb)
    fine = assembly.enlarge(fill_seams(change, covered), size)
    return (fine if guess is None else fine + guess.enlarge(size).to(fine)).clamp(0, 1)


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
