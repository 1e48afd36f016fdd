"""The forward of leaf-area emulators as the engine runs them, in turns: seconds of a core by million pixels.

    python tests/benchmarks/peers/leaf_area_forward.py [ARCHIVE ...]

Archives or names of shipped ones, the shipped two by default. Memory is kept from forward to forward by
``mallopt``, as the engine keeps its own.
"""

from __future__ import annotations

import ctypes
import statistics
import sys
import time
from pathlib import Path

import torch

from pylandbc import emulators
from pylandbc.learn.leaf_area.export import example_arguments, load
from pylandbc.predict.fused_graph import fuse_for_cpu

TILE = 400
ROUNDS = 9
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3

for setting in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
    ctypes.CDLL(None).mallopt(setting, 1 << 30)
torch.set_num_threads(1)
names = sys.argv[1:] or ["lai-monthly", "lai-dekadal"]
runs = []
for name in names:
    emulator = load(Path(name) if name.endswith(".pt") else emulators.path(name))
    state = (emulator.card["state"]["channels"], emulator.card["state"]["pixels"])
    frozen = torch.jit.freeze(emulator.module.eval())
    fuse_for_cpu(frozen)
    runs.append((frozen, example_arguments(emulator.inputs, state, TILE)))
took: list[list[float]] = [[] for _ in runs]
with torch.inference_mode():
    for _ in range(ROUNDS + 2):
        for (module, arguments), seconds in zip(runs, took, strict=True):
            start = time.process_time()
            module(*arguments)
            seconds.append(time.process_time() - start)
for name, seconds in zip(names, took, strict=True):
    print(f"{name}: {statistics.median(seconds[2:]) / TILE**2 * 1e6:.2f} s per million pixels")
