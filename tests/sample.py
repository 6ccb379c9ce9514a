"""The sample that ships, and settings with which its double takes seconds: the same stages, of fewer steps each."""

from dataclasses import replace
from importlib import resources
from pathlib import Path

from bodydouble.clothing.offsets import ClotheConfig
from bodydouble.create_config import CreateConfig
from bodydouble.fitting.fit_config import FitConfig

SAMPLE = Path(str(resources.files("bodydouble") / "data" / "sample.jpg"))
FEW_STEPS = FitConfig(torso_steps=10, limb_steps=15, full_steps=4, silhouette_every=1)
QUICK = CreateConfig(texture_size=128, fit=FEW_STEPS, clothe=ClotheConfig(rounds=2), refine_rounds=1)


def quick(**choices: object) -> CreateConfig:
    """A quick configuration with these choices."""
    return replace(QUICK, **choices)  # type: ignore[arg-type]
