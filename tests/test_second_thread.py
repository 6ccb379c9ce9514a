"""The second thread works beside the first, alone in PyTorch, and nobody waits for it when the block ends."""

from threading import Event

import pytest
import torch

from bodydouble.second_thread import second_thread


def test_it_works_while_the_first_one_does():
    begun = Event()
    with second_thread() as beside:
        work = beside.submit(lambda: begun.set() or torch.get_num_threads())
        assert begun.wait(10)
        assert work.result() == 1


def test_pytorch_has_as_many_threads_afterwards():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with second_thread() as beside:
            beside.submit(torch.get_num_threads).result()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_what_ends_early_waits_for_nothing():
    begun, held = Event(), Event()
    try:
        with pytest.raises(KeyboardInterrupt), second_thread() as beside:
            beside.submit(lambda: begun.set() or held.wait(60))
            left_out = beside.submit(held.set)
            assert begun.wait(10)
            raise KeyboardInterrupt
        assert left_out.cancelled()
        assert not held.is_set()
    finally:
        held.set()
