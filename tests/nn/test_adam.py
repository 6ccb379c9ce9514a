"""The optimiser of fit and fusion is Adam, without what PyTorch's brings along."""

import subprocess
import sys

import torch

from bodydouble.nn.adam import Adam


def test_it_steps_as_pytorch_s_does():
    generator = torch.Generator().manual_seed(3)
    start, target = torch.randn(2, 7, generator=generator)
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    adam, reference = Adam({"ours": ours}, (0.9, 0.95)), torch.optim.Adam([theirs], lr=0.03, betas=(0.9, 0.95))
    for _ in range(20):
        adam.step((ours - target).pow(4).sum(), {"ours": 0.03})
        reference.zero_grad()
        (theirs - target).pow(4).sum().backward()
        reference.step()
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-6)
    assert float((ours.detach() - target).abs().max()) < float((start - target).abs().max())


def test_epsilon_is_pytorch_s():
    ours, theirs = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    Adam({"ours": ours}, (0.9, 0.999), 3.0).step(ours.square().sum(), {"ours": 0.1})
    reference = torch.optim.Adam([theirs], lr=0.1, betas=(0.9, 0.999), eps=3.0)
    theirs.square().sum().backward()
    reference.step()
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-6)


def test_no_compiler_is_imported_for_a_fit():
    code = (
        "import sys, torch; from bodydouble.nn.adam import Adam\n"
        "value = torch.ones(3, requires_grad=True); adam = Adam({'value': value}, (0.9, 0.95))\n"
        "adam.step(value.square().sum(), {'value': 0.1})\n"
        "assert float(value.max()) < 1\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
