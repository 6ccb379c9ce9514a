"""What a user may say of a person's body, and what that is in shape coefficients."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from bodydouble.body import BodyModel
from bodydouble.errors import InputError

HEIGHTS_M = (0.4, 2.6)
AGES = (0.0, 110.0)  # years
# Years of a usual body and Anny's coefficient `age`: its own calibration, by heights of children that the WHO measured
# (Anny 0.6.2, `morphological_age_mapping`). In between it is linear.
_YEARS = (0.0, 1.0, 4.0, 11.0, 16.0, 18.0, 64.0, 110.0)
_AGE_COEFFICIENTS = (0.0, 0.05, 0.215, 0.415, 0.67, 0.77, 0.83, 1.0)


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What is known of a body; None: nothing, the photo decides. What is said here overrules the photo."""

    height: float | None = None  # metres, from the soles to the crown, without shoes and hair
    age: float | None = None  # years
    gender: float | None = None  # 0 male to 1 female
    weight: float | None = None  # 0 to 1, 0.5 is average
    muscle: float | None = None  # 0 to 1, 0.5 is average

    def __post_init__(self) -> None:
        """Raises InputError for what no body has."""
        ranges = {"height": HEIGHTS_M, "age": AGES}
        for name in (field.name for field in fields(self)):
            value, (lowest, highest) = getattr(self, name), ranges.get(name, (0.0, 1.0))
            if value is not None and not lowest <= value <= highest:
                unit = {"height": " metres", "age": " years"}.get(name, "")
                hint = f"; {value:g} centimetres are {value / 100:g}" if name == "height" and 40 <= value <= 260 else ""
                raise InputError(f"{name} {value:g} is outside {lowest:g} to {highest:g}{unit}{hint}")


def held_coefficients(traits: Traits, body: BodyModel) -> dict[int, float]:
    """Rows of the body's shape coefficients that all traits but the height decide, and their values.

    Raises:
        InputError: the body model has no such coefficient.
    """
    held = {}
    for name in ("age", "gender", "weight", "muscle"):
        value = getattr(traits, name)
        if value is None:
            continue
        if name not in body.shape_names:
            raise InputError(f"the body model {body.name} has no {name} to set; of these only the height applies to it")
        held[body.shape_names.index(name)] = age_coefficient(value) if name == "age" else value
    return held


def age_coefficient(years: float) -> float:
    """Anny's coefficient `age` for a body of so many years."""
    return float(np.interp(years, _YEARS, _AGE_COEFFICIENTS))
