"""The default inpainter: unseen texels take the colours of observed ones that they are like.

photos ── Algorithm 1, 256² ──▶ colours ── attention, materials, random walks ──▶ whole colours, 256²
                                                                                       │ enlarged
                                     detail of the mirrored texel or of the same cloth ▼
                        observed texels, 1024² ── feathered into ──▶ whole texture, 1024²
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.curl import measure_view_curl
from bodydouble.inpaint.body_first import BodyFirstInpainter
from bodydouble.inpaint.by_label import recolour_by_label
from bodydouble.inpaint.cloth_texels import mean_cloth_texels
from bodydouble.inpaint.detail import lay_detail
from bodydouble.inpaint.ear_folds import draw_ear_folds
from bodydouble.inpaint.exemplar.complete import complete_texture
from bodydouble.inpaint.exemplar.network import TrainedAttention, load_attention
from bodydouble.inpaint.head import complete_head
from bodydouble.inpaint.nape import nape_texels, nape_thinness
from bodydouble.inpaint.other_eye import pair_eyes, show_other_eye
from bodydouble.inpaint.other_half import show_other_half
from bodydouble.inpaint.scalp_strands import draw_scalp_strands
from bodydouble.inpaint.skin_detail import skin_gain
from bodydouble.inpaint.tailoring import SEWN_SIZE
from bodydouble.inpaint.unseen_legs import dress_unseen_legs
from bodydouble.parsing.labels import CLOTH, HAIR
from bodydouble.progress import Progress, split_progress
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region, anatomy
from bodydouble.texture.misplaced import without_misplaced
from bodydouble.texture.scatter import ScatteredTexture, merge_scattered, scatter_view
from bodydouble.texture.square_view import square_view
from bodydouble.values import FittedView, Texture

PHOTO_SIDE = 512  # pixels of the square of the photo that colours are scattered from; the network learned from it
COARSE_SIZE = 256  # texels a side of the texture that is completed
# Thinness of hair at the nape, up to which collars reach: one that ended level with the ears was a polo-neck.
_COLLAR_THIN = 0.5


class ExemplarInpainter(BodyFirstInpainter):
    """The default. See `Inpainter`."""

    def __init__(
        self,
        *,
        seed: int = 0,
        weights: str | Path | TrainedAttention | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        """Load the network.

        Args:
            seed: 0 gives the likeliest colours; with others, what is in doubt comes out one way or another.
            weights: a file that training wrote; the one that ships where none is named.

        Raises:
            InputError: the weights cannot be used.
        """
        self._attention = weights if isinstance(weights, TrainedAttention) else load_attention(weights, device)
        self._seed = seed

    @property
    def weights(self) -> Mapping[str, str]:
        """See `Inpainter`."""
        return self._attention.weights

    def prepare(self, body: BodyModel, size: int) -> None:
        """See `Inpainter`: what is drawn once for a body, at most two seconds' work, is kept where it is drawn."""
        mean_surface_graph(body, COARSE_SIZE)
        mean_cloth_texels(body, min(size, SEWN_SIZE))
        for draw in (skin_gain, draw_ear_folds, nape_texels, pair_eyes):
            draw(body, size)
        draw_scalp_strands(body, size, 0.0, self._seed)

    @torch.no_grad()
    def complete_body(
        self, partial: Texture, views: Sequence[FittedView], body: BodyModel, progress: Progress | None = None
    ) -> Texture:
        """The whole texture. The seed decides about what was not seen, and only that."""
        confidence, partial = partial.confidence, show_other_eye(show_other_half(partial, body), body)
        network = self._attention.network
        first, second, third, fourth = split_progress(progress, 4)
        device = next(network.parameters()).device
        colours = scatter_views(views, body)
        completed = complete_texture(
            network,
            colours.rgb.to(device),
            colours.filled.float().to(device),
            mean_surface_graph(body, COARSE_SIZE),
            self._seed,
            first,
        )
        base = completed.enlarge(partial.rgb.shape[-1]).clamp(0, 1)
        recoloured = recolour_by_label(base, partial, views, body, second)
        base, on_head = complete_head(
            recoloured.rgb, partial, body, measure_view_curl(views[0], body), self._seed, views[0], third
        )
        if recoloured.labels is not None and on_head is not None:
            collar = _find_collar(recoloured.labels, on_head, partial.confidence > 0, body)
            base = torch.where(collar, recoloured.rgb, base)
            unseen = (on_head >= 0) & (partial.confidence == 0) & ~collar
            recoloured = replace(recoloured, labels=torch.where(unseen, on_head.to(torch.uint8), recoloured.labels))
        base = dress_unseen_legs(base, partial, body.rest(views[0].fit.shape), body, recoloured.labels is not None)
        detailed = lay_detail(
            partial,
            base,
            body,
            fourth,
            labels=recoloured.labels,
            front_only=recoloured.front_only,
            rest=body.rest(views[0].fit.shape),
        )
        return replace(detailed, confidence=confidence, labels=recoloured.labels)


def _find_collar(labels: Tensor, on_head: Tensor, seen: Tensor, body: BodyModel) -> Tensor:
    """S×S, bool: cloth of the body that lies over the nape: a collar or a scarf, up to where hair is thin.

    Args:
        labels: S×S, of all texels.
        on_head: S×S int64, of the head's, -1 elsewhere.
        seen: S×S, bool; what was seen stays.
    """
    cloth = (anatomy(body).regions(len(labels)) == Region.BODY) & torch.isin(labels, torch.tensor(CLOTH))
    return cloth & (seen | (on_head != HAIR) | (nape_thinness(body, len(labels)) > _COLLAR_THIN))


def scatter_views(views: Sequence[FittedView], body: BodyModel) -> ScatteredTexture:
    """What all photos show, at the size and by the algorithm that the network learned from."""
    shown = [square_view(without_misplaced(view, body), body, PHOTO_SIDE) for view in views]
    return merge_scattered([scatter_view(view, COARSE_SIZE) for view in shown])[0]
