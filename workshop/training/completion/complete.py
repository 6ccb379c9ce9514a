"""Completions of examples by the network, and the pictures that they are compared as."""

from __future__ import annotations

import torch
from torch import Tensor

from workshop.training.completion.examples import Examples
from workshop.training.completion.network import CompletionNetwork, correct_colours, make_inputs


def complete_examples(network: CompletionNetwork, examples: Examples) -> Tensor:
    """B×3×S×S: exemplar's textures with the network's corrections where nothing was given."""
    inputs = make_inputs(examples.input_rgb, examples.confidence, examples.exemplar, examples.labels)
    corrected = correct_colours(examples.input_rgb, examples.confidence, examples.exemplar, network(inputs))
    return torch.where((examples.confidence > 0)[:, None], examples.exemplar, corrected)


def compare_where_hidden(completed: Tensor, examples: Examples) -> Tensor:
    """B×3×S×S, the truth wherever it is known, and else what was completed: it differs in hidden texels alone."""
    return torch.where(examples.hidden[:, None], examples.truth, completed.detach())
