"""Where training runs and in which precision."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from schemas.errors import UserError
from schemas.spec.net import TrainSpec


class DeviceUnavailable(UserError):
    """The spec asks for a device that this machine does not have."""


@dataclass(frozen=True)
class Compute:
    """A device and the precision of its matrix products."""

    device: torch.device
    autocast: torch.dtype | None
    """None: fp32 throughout."""

    def describe(self) -> dict[str, str]:
        """For the tracker: what the numbers were made with."""
        is_cuda = self.device.type == "cuda"
        return {
            "device": torch.cuda.get_device_name(self.device) if is_cuda else "cpu",
            "precision": "bf16" if self.autocast is torch.bfloat16 else "fp32",
            "threads": str(torch.get_num_threads()),
            "torch": torch.__version__,
        }


def choose_compute(spec: TrainSpec) -> Compute:
    """Pick device and precision; `auto` takes CUDA where there is one, and bf16 where the hardware has it.

    Raises `DeviceUnavailable` when `cuda` is asked for and absent.
    """
    has_cuda = torch.cuda.is_available()
    if spec.device == "cuda" and not has_cuda:
        raise DeviceUnavailable("train.device is cuda, but torch sees no CUDA device; use `auto` or `cpu`")
    device = torch.device("cuda" if has_cuda and spec.device != "cpu" else "cpu")
    # bf16 in software is slower than fp32, so the CPU must have the instructions.
    has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False) if device.type == "cuda" else _cpu_has_bf16()
    wants_bf16 = spec.precision == "bf16" or (spec.precision == "auto" and has_bf16)
    return Compute(device, torch.bfloat16 if wants_bf16 else None)


def _cpu_has_bf16() -> bool:
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
