"""Where tensors live: the GPU if there is one, else the CPU."""

import platform


def pick() -> str:
    """``"cuda"`` if torch sees a GPU, else ``"cpu"``."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def describe(name: str | None = None) -> str:
    """A few words for a result's manifest, such as ``"CPU (x86_64), 1 thread"``."""
    import torch

    if torch.device(name or pick()).type == "cuda":
        return f"GPU ({torch.cuda.get_device_name()})"
    threads = torch.get_num_threads()
    return f"CPU ({platform.machine()}), {threads} thread{'s' if threads > 1 else ''}"
