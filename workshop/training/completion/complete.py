"""Completions of examples by the network, and the pictures that they are compared as."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.inpaint.learned.network import CompletionNetwork, correct_colours, make_inputs
from workshop.training.completion.examples import Examples


def complete_examples(network: CompletionNetwork, examples: Examples) -> Tensor:
    """B×3×S×S: exemplar's textures with the network's corrections where nothing was given."""
    whole, confidence = examples.whole, examples.confidence
    return correct_colours(whole, confidence, network(make_inputs(whole, confidence, examples.labels)))


def compare_where_hidden(completed: Tensor, examples: Examples) -> Tensor:
    """B×3×S×S, the truth wherever it is known, and else what was completed: it differs in hidden texels alone."""
    return torch.where(examples.hidden[:, None], examples.truth, completed.detach())
