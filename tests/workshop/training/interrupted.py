"""Training that is interrupted in its third step; and whether what went on is the same network."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import torch
from torch import nn


def train_interrupted(
    train: Callable[[Any], object], training: type, config: Any, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """The configuration of a run beside `config`'s, which an interrupt ended in its third step; the next one goes on.

    Args:
        train: runs the training of a configuration.
        training: its class, whose `learn` takes a step.
    """
    halves = replace(config, out=config.out.with_name("halves"), checkpoint_minutes=0.0)
    calls, learn = count(1), training.learn

    def stopping(run: Any, batch: Any) -> Any:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return learn(run, batch)

    monkeypatch.setattr(training, "learn", stopping)
    with pytest.raises(KeyboardInterrupt):
        train(halves)
    return halves


def assert_same_weights(first: nn.Module, second: nn.Module) -> None:
    """Equal to the bit."""
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
