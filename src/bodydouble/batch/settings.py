"""What a `CreateConfig` chooses, as plain JSON: for other processes, and to tell whether a double is the one wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from bodydouble.body import body_model
from bodydouble.body.traits import Traits
from bodydouble.clothing.offsets import ClotheConfig
from bodydouble.create_config import CreateConfig
from bodydouble.errors import InputError
from bodydouble.fitting.fit_config import FitConfig

BODY_FILE = "body_file"
_ONE_PHOTO = {"box": "--box", "person": "--person"}  # they name a place in one photo
_NESTED = {"traits": Traits, "fit": FitConfig, "clothe": ClotheConfig}


def plain_settings(config: CreateConfig, body_file: Path | None = None) -> dict[str, Any]:
    """What differs from the default, as values of JSON.

    Args:
        body_file: the user's own model, where `config.body` names `smplx`.

    Raises:
        InputError: something is chosen that holds for one photo alone, or that is no plain value.
    """
    default, plain = CreateConfig(), {}
    for name in (field.name for field in fields(config)):
        value = getattr(config, name)
        if value == getattr(default, name):
            continue
        if name in _ONE_PHOTO:
            raise InputError(f"{_ONE_PHOTO[name]} is for one photo; make that one by itself, with -o")
        plain[name] = _plain(value)
    if config.body == "smplx":
        if body_file is None:
            raise InputError("--body smplx needs your own licensed model; name it with --body-file SMPLX_NEUTRAL.npz")
        plain[BODY_FILE] = str(body_file)
    try:
        return json.loads(json.dumps(plain))
    except TypeError:
        raise InputError("for many photos, parts and weights are chosen by their names, not as objects") from None


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value) if isinstance(value, Path) else value


def config_from(settings: Mapping[str, Any]) -> CreateConfig:
    """The configuration of which `plain_settings` made these."""
    values = {name: _NESTED[name](**value) if name in _NESTED else value for name, value in settings.items()}
    body_file = values.pop(BODY_FILE, None)
    config = CreateConfig(**values)
    return config if body_file is None else replace(config, body=body_model("smplx", path=Path(body_file)))
