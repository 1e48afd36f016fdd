"""Larger tiles have less halo: the forward of the shipped land-use emulator by pixel of the core, a row of
docs/performance.md. In turns, on one thread; the halo's pixels are left out."""

from __future__ import annotations

import statistics
import time

import torch

from pylandbc import emulators
from pylandbc.learn.aot import laid_out
from pylandbc.learn.export import example_arguments, load

CORES, ROUNDS = (400, 800, 1200), 6


def frozen(halo: int) -> torch.jit.ScriptModule:
    """The emulator as the engine freezes it."""
    module = load(emulators.path("land-use")).module
    module.margin = halo
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return torch.jit.freeze(module)


def main() -> None:
    torch.set_num_threads(1)
    emulator = emulators.load("land-use")
    halo = emulator.card["halo"]
    module = frozen(halo)
    tiles = {core: laid_out(example_arguments(emulator.inputs, core + 2 * halo), "cpu") for core in CORES}
    taken: dict[int, list[float]] = {core: [] for core in CORES}
    with torch.inference_mode():
        for _ in range(2 + ROUNDS):
            for core, arguments in tiles.items():
                begin = time.process_time()
                module(*arguments)
                taken[core].append((time.process_time() - begin) / core**2)
    for core, seconds in taken.items():
        print(f"core {core}: {1e6 * statistics.median(seconds[2:]):.2f} us a pixel")


if __name__ == "__main__":
    main()
