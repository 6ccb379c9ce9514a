"""DINAR (Svitov et al. 2023, arXiv 2303.09375): neural textures, completed by latent diffusion, drawn by a network.

Opt-in (`pip install 'bodydouble[dinar]'`, `--inpainter dinar`): nothing of the default path imports this folder. Where
each part of the paper is:

| paper | file |
|---|---|
| 3.1, supplement C: image encoder E | `encoder` |
| 3.1, supplement C: texture generator G | `generator` |
| 3.1, Eq. 2: T = T_gen ⊕ T_rgb ⊕ B_smp ⊕ B_fill | `channels`, `neural_texture` |
| supplement A, Algorithm 1: T_rgb, B_smp, B_fill, λ | `texture.scatter`, which the default inpainter uses, too |
| 3.1, Eq. 3: neural renderer θ | `renderer`; `view` draws a posed double with it |
| 3.2, Eq. 5: merging of views | `neural_texture.merge_neural` |
| 3.3: VQGAN | `vqgan` |
| 3.3, Eq. 1: denoiser | `denoiser` |
| 3.3: sampling | `sampling` |
| 3.4, Eq. 6: completion | `complete`, `channels.composite` |
| 3.5, supplement B: occlusion outlines | `texture.occlusion` |
| 3.5, Eq. 7, supplement B: tone and refinement | `tune` |
| 3.4, 3.5: all of it, in this order | `inpainter` |
| 4.1, supplement C: sizes | `networks` |
| 4.3, table 2: ablation | `ablation` |
| the published checkpoint | `import_checkpoint` with `read_checkpoint`, `inert_pickle`, `published_names` |
| the published code, where it does otherwise | `texture.assembly`; `sampling` ("published") |
| for viewers without θ (not in the paper) | `bake`; `double_renderer` is what doubles ask |

Training is in `workshop/training` (docs/training.md).
"""

from importlib.util import find_spec

if find_spec("diffusers") is None:
    raise ImportError("its networks are built of diffusers; pip install 'bodydouble[dinar]'")
