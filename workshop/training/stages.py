"""The stages of training, each of which makes losses of a batch.

appearance   encoder, generator, renderer: one photo of a person becomes another (paper 3.1)
attention    what unseen texels are copied from, the diffusion model's first guess in `lite`
vqgan        the VQGAN, judged in texture space and through the renderer (3.3)
joint        the same with the renderer, which gets used to what the VQGAN loses
patches      the VQGAN, judged on patches of textures alone: what a CPU can do of the two
denoiser     the diffusion model: merged textures are the truth, one view is the condition (3.2, 3.3)
finish       the renderer once more, on textures that the diffusion model completed
"""

from __future__ import annotations

from collections.abc import Mapping

from workshop.training.copy_stage import Copying
from workshop.training.picture_stages import Appearance, Finish
from workshop.training.stage import Stage
from workshop.training.texture_stages import Compression, Diffusion, Joint, Patches

# In the order in which they are trained.
STAGES: Mapping[str, type[Stage]] = {
    "appearance": Appearance,
    "attention": Copying,
    "vqgan": Compression,
    "joint": Joint,
    "patches": Patches,
    "denoiser": Diffusion,
    "finish": Finish,
}
