"""Where to compute, and in which precision."""

import time

import torch

from fathom.errors import BadInput


def choose_device(name: str) -> torch.device:
    """The device of this name; "auto" is CUDA if there is any, else the CPU. BadInput if it cannot be used."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.ones(1, device=device).item()
    except (RuntimeError, AssertionError) as error:
        raise BadInput(f"the device '{name}' cannot be used here ({error}); try 'auto' or 'cpu'") from error
    return device


def faster_precision(device: torch.device) -> str:
    """ "bf16" or "fp32", whichever multiplies matrices faster here. Measured, for processors that have bfloat16
    instructions are not all faster with them: one was seen to be twice as fast without."""
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if device.type != "cpu":
        return "fp32"

    def seconds(dtype: torch.dtype) -> float:
        matrix, times = torch.ones(1024, 1024, dtype=dtype), []
        for _ in range(4):
            start = time.perf_counter()
            matrix @ matrix
            times.append(time.perf_counter() - start)
        return min(times)

    return "bf16" if seconds(torch.bfloat16) < 0.8 * seconds(torch.float32) else "fp32"
