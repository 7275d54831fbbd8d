"""What this machine has for training."""

from __future__ import annotations


def gpu_names() -> list[str]:
    """Return the names of the GPUs that torch can use; raises ImportError where torch is not installed."""
    import torch

    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
