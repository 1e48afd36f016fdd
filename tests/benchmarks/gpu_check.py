"""Is the engine right on this machine's GPU, and how fast: ``make gpu-check``.

Three updates of one tile by the shipped emulator on the CPU and on the GPU must give the same classes but
for ties within rounding, and on the GPU with ``device_graphs`` the same as without; the engine's own seconds
of the last one stand beside each other, those of the GPU by its own clock. Then the latency of a tile on
the device by phase: its fields from pinned and from ordinary memory to the device, the forward (and replayed
as a CUDA graph), the classes back as bytes.
Written without a GPU at hand and never run on one: if it fails, suspect this file too.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import one_tile
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from pylandbc import emulators
from pylandbc.couple.engine import Timings
from pylandbc.learn.aot import laid_out
from pylandbc.learn.export import example_arguments, load

TILE, ROUNDS, DIFFERENT = 624, 50, 1e-3


def updates(device: str, folder: Path, emulator: Path, graphs: bool) -> tuple[np.ndarray, Timings]:
    """The map after three updates, and the seconds of the last."""
    run = one_tile.one_tile_run(folder / f"{device}{graphs}", emulator, 0, device, graphs)
    with run.coupler:
        for _ in range(4):
            run()
        return run.coupler.map(), run.coupler.timings()


def milliseconds(act: Callable[[], object]) -> float:
    """Median by the device's own clock."""
    found = []
    for _ in range(ROUNDS + 5):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        act()
        end.record()
        end.synchronize()
        found.append(begin.elapsed_time(end))
    return statistics.median(found[5:])


def latencies(emulator: Path) -> list[tuple[str, float, float]]:
    """What, milliseconds, megabytes."""
    loaded = load(emulator)
    host = laid_out(example_arguments(loaded.inputs, TILE), "cpu")
    pinned = [a.pin_memory() for a in host]
    room = [a.to("cuda") for a in host]
    module = load(emulator, "cuda").module
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    frozen = torch.jit.freeze(module)

    def send(arguments: list[Tensor] | tuple[Tensor, ...], wait: bool) -> None:
        for target, source in zip(room, arguments, strict=True):
            target.copy_(source, non_blocking=not wait)

    def classes() -> Tensor:
        return frozen(*room).argmax(1).to(torch.uint8)

    megabytes = sum(a.numel() * a.element_size() for a in host) / 1e6
    with torch.inference_mode():
        for _ in range(3):
            codes = classes()
        back = torch.empty(codes.shape, dtype=torch.uint8, pin_memory=True)
        table = [
            ("h2d, pinned", milliseconds(lambda: send(pinned, False)), megabytes),
            ("h2d, ordinary memory", milliseconds(lambda: send(host, True)), megabytes),
            ("forward and classes", milliseconds(classes), 0.0),
        ]
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                classes()
            table.append(("forward and classes, CUDA graph", milliseconds(graph.replay), 0.0))
        except RuntimeError as error:
            print(f"no CUDA graph: {str(error).splitlines()[0]}")
        table.append(
            ("d2h, classes, pinned", milliseconds(lambda: back.copy_(codes, True)), codes.numel() / 1e6)
        )
    return table


def main() -> None:
    if not torch.cuda.is_available():
        sys.exit("no GPU: this torch finds no CUDA device, so nothing was checked")
    emulator = emulators.path("land-use")
    with tempfile.TemporaryDirectory() as name:
        (cpu, cpu_seconds), (gpu, gpu_seconds), (graph, graph_seconds) = (
            updates(device, Path(name), emulator, graphs)
            for device, graphs in (("cpu", False), ("cuda", False), ("cuda", True))
        )
    different = float((cpu != gpu).mean())
    print(
        f"{torch.cuda.get_device_name()}: {different:.2g} of the pixels differ from the CPU's after 3 updates"
    )
    for phase in ("gather", "features", "forward", "state"):
        cpu_ms, gpu_ms, graph_ms = (
            1e3 * getattr(seconds, phase) for seconds in (cpu_seconds, gpu_seconds, graph_seconds)
        )
        print(
            f"{phase}: {cpu_ms:.2f} ms on the CPU, {gpu_ms:.2f} ms on the GPU, {graph_ms:.2f} ms with graphs"
        )
    table = Table(title=f"one tile of {TILE} x {TILE}, medians of {ROUNDS}")
    for column in ("what", "ms", "MB", "GB/s"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, took, moved in latencies(emulator):
        table.add_row(
            what, f"{took:.2f}", f"{moved:.1f}" if moved else "", f"{moved / took:.1f}" if moved else ""
        )
    Console().print(table)
    if not np.array_equal(gpu, graph):
        sys.exit(f"with graphs the GPU's classes differ in {float((gpu != graph).mean()):.2g} of the pixels")
    if different > DIFFERENT:
        sys.exit(f"the GPU's classes differ in {different:.2g} of the pixels, more than {DIFFERENT}")


if __name__ == "__main__":
    main()
