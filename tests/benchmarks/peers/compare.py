"""One network, many runtimes, one run: the forward of a tile by this engine and by its peers, taken in turns.

    python tests/benchmarks/peers/compare.py [--ftorch PREFIX] [--threads 1] [--rounds 9] [--json FILE]

Peers that are not installed are left out (``pip install onnx onnxscript onnxruntime openvino``, and FTorch
built against the same libtorch, with gfortran). Every runtime gets the same weights, arguments and
threads, is warmed up, and is called once a round; medians count. The time is the processor's, of all
threads, because other work on the machine then counts little; the clock's is beside it. The engine's row
is a whole ``landbc_step`` with one update of one tile, everything included. The floor is what the pixels of
the core need (the engine leaves out the rest of a tile's halo); peers with *core alone* do likewise.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / "couple")]

import one_tile  # noqa: E402
import onnx_network  # noqa: E402
import small_bundle  # noqa: E402

from pylandbc import emulators  # noqa: E402
from pylandbc.learn.aot import eager, laid_out  # noqa: E402
from pylandbc.learn.export import example_arguments, read_archive  # noqa: E402
from pylandbc.learn.rewrite import rewrite  # noqa: E402
from pylandbc.models.unet import HALO  # noqa: E402
from pylandbc.predict.fused_graph import fuse_for_cpu  # noqa: E402

TILE = 624
"""Core 400 and twice the halo 112."""
CORE_ALONE = ", core alone"
"""Of peers that are given the archive's ``margin``, as the engine's network is: its halo is left out."""
GEMM = 2048
Peers = dict[str, Callable[[], object]]


def scripted(path: Path, *, channels_last: bool, fused: bool) -> torch.jit.ScriptModule:
    """The archive, frozen."""
    module, _ = read_archive(path, "cpu")
    order = torch.channels_last if channels_last else torch.contiguous_format
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=order)
    frozen = torch.jit.freeze(module.eval())
    if fused:
        fuse_for_cpu(frozen)
    return frozen


def torchscript(path: Path, plain: tuple[Tensor, ...], laid: tuple[Tensor, ...]) -> Peers:
    usual = scripted(path, channels_last=False, fused=False)
    order = scripted(path, channels_last=True, fused=False)
    fused = scripted(path, channels_last=True, fused=True)
    return {
        "TorchScript, frozen, NCHW": lambda: usual(*plain),
        "TorchScript, frozen, channels_last": lambda: order(*laid),
        "TorchScript, channels_last, fused": lambda: fused(*laid),
    }


class Widened(torch.nn.Module):
    """Takes 32-bit class maps: FTorch knows no unsigned bytes."""

    def __init__(self, module: torch.jit.ScriptModule) -> None:
        super().__init__()
        self.module = module

    def forward(
        self,
        static: Tensor,
        climate: Tensor,
        scenario: Tensor,
        row: Tensor,
        col: Tensor,
        prior: Tensor,
        visible: Tensor,
        time: Tensor,
    ) -> Tensor:
        return self.module(
            static, climate, scenario, row, col, prior.to(torch.uint8), visible.to(torch.uint8), time
        )


def ftorch(path: Path, prefix: Path, plain: tuple[Tensor, ...], folder: Path, margin: int) -> Peers:
    """Builds the Fortran caller; the arrays are kept alive by the closure."""
    library = folder / f"libpeer{margin}.so"
    lib = prefix / "lib"
    subprocess.run(
        ["gfortran", "-O2", "-shared", "-fPIC", f"-I{prefix / 'include' / 'ftorch'}", f"-J{folder}",
         str(HERE / "ftorch_peer.f90"), "-o", str(library), f"-L{lib}", "-lftorch", f"-Wl,-rpath,{lib}"],
        check=True,
    )  # fmt: skip
    frozen = folder / f"frozen{margin}.pt"
    module, _ = read_archive(path, "cpu")
    module.margin = margin
    for parameter in module.parameters():  # archives of other projects have them in this order
        parameter.data = parameter.data.contiguous()
    torch.jit.save(torch.jit.freeze(torch.jit.script(Widened(module)).eval()), str(frozen))
    peer = ctypes.CDLL(str(library))
    name = str(frozen).encode()
    peer.peer_load(name, len(name))
    kinds = {np.dtype(np.int32): 3, np.dtype(np.int64): 4, np.dtype(np.float32): 6}
    wide = [a.to(torch.int32) if a.dtype == torch.uint8 else a.contiguous() for a in plain]
    inner = TILE - 2 * margin
    arrays = [np.zeros((1, 8, inner, inner), np.float32), *(a.numpy() for a in wide)]
    for number, array in enumerate(arrays):
        extents = (ctypes.c_int64 * array.ndim)(*array.shape)
        data = ctypes.c_void_p(array.ctypes.data)
        peer.peer_bind(number, data, array.ndim, extents, kinds[array.dtype])

    def call() -> list[np.ndarray]:
        peer.peer_forward()
        return arrays

    return {
        f"FTorch, frozen, NCHW{CORE_ALONE}" if margin else "FTorch, frozen, NCHW (usual deployment)": call
    }


def onnx_peers(path: Path, plain: tuple[Tensor, ...], threads: int, folder: Path, margin: int) -> Peers:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        return {}
    file = folder / f"network{margin}.onnx"
    emulator = eager(path)[0]
    emulator.margin = margin
    onnx_network.write(emulator, plain, file)
    also = CORE_ALONE if margin else ""
    given = {n: a.contiguous().numpy() for n, a in zip(onnx_network.NAMES, plain, strict=True)}
    peers: Peers = {}
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        by_name = {i.name: given[i.name] for i in session.get_inputs()}
        peers[f"ONNX Runtime {onnxruntime.__version__}{also}"] = lambda: session.run(None, by_name)
    except ImportError:
        pass
    try:
        import openvino
    except ImportError:
        return peers
    for precision in ("f32", "bf16"):
        core = openvino.Core()
        model = core.compile_model(
            core.read_model(str(file)),
            "CPU",
            {
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": 1,
                "INFERENCE_PRECISION_HINT": precision,
                "PERFORMANCE_HINT": "LATENCY",
            },
        )
        request = model.create_infer_request()
        feed = {i: given[next(n for n in i.get_names() if n in given)] for i in model.inputs}
        name = (
            f"OpenVINO {openvino.__version__.split('-')[0]}"
            + (", bf16" if precision == "bf16" else "")
            + also
        )
        peers[name] = lambda request=request, feed=feed: request.infer(feed, share_inputs=True)
    return peers


def engine(path: Path, threads: int, folder: Path) -> Peers:
    """The engine's steps, also with the network in bfloat16 and compiled, where those can be made."""
    runs: dict[str, one_tile.YearlySteps] = {
        "pylandbc engine, whole step": one_tile.one_tile_run(folder / "bundle", path, threads)
    }
    if shutil.which("g++"):
        from pylandbc.couple.compiled import compile_emulator

        bundle = small_bundle.write(folder / "compiled", one_tile.plan(path))
        compile_emulator(bundle)
        runs["pylandbc engine, AOTInductor"] = one_tile.opened(bundle, threads)
    half = folder / "half.pt"
    rewrite(path, half, "bfloat16")
    runs["pylandbc engine, bfloat16"] = one_tile.one_tile_run(folder / "half", half, threads)
    return dict(runs)


def race(peers: Peers, rounds: int) -> dict[str, dict[str, float]]:
    """Median, 10th and 90th percentile of the processor's seconds, and median of the clock's."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in peers}
    with torch.inference_mode():
        for turn in range(rounds + 2):
            for name, act in peers.items():
                clock, processor = time.perf_counter(), time.process_time()
                act()
                if turn > 1:
                    times[name].append((time.process_time() - processor, time.perf_counter() - clock))
    return {
        name: {
            "processor": statistics.median(p for p, _ in found),
            "low": float(np.percentile([p for p, _ in found], 10)),
            "high": float(np.percentile([p for p, _ in found], 90)),
            "clock": statistics.median(c for _, c in found),
        }
        for name, found in times.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--emulator", type=Path, default=emulators.path("land-use"))
    parser.add_argument("--ftorch", type=Path, help="Where FTorch is installed.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--no-engine", action="store_true", help="Networks only.")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    emulator, _, spec = eager(chosen.emulator)
    plain = example_arguments(spec, TILE)
    plain[0][:, emulator.land_mask_channel] = 1.0
    plain[6].fill_(1)
    emulator.margin = HALO
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        emulator(*plain)
    left, right = torch.rand(GEMM, GEMM), torch.rand(GEMM, GEMM)
    peers: Peers = {"GEMM": lambda: left @ right}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.ftorch:
            peers |= ftorch(chosen.emulator, chosen.ftorch, plain, folder, 0)
            peers |= ftorch(chosen.emulator, chosen.ftorch, plain, folder, HALO)
        peers |= torchscript(chosen.emulator, plain, laid_out(plain, "cpu"))
        for margin in (0, HALO):
            peers |= onnx_peers(chosen.emulator, plain, chosen.threads, folder, margin)
        if not chosen.no_engine:
            peers |= engine(chosen.emulator, chosen.threads, folder)
        found = race(peers, chosen.rounds)
    rate = 2 * GEMM**3 / found.pop("GEMM")["processor"]
    floor = counter.get_total_flops() / rate
    show(found, counter.get_total_flops(), rate, floor, chosen.threads, chosen.rounds)
    if chosen.json:
        chosen.json.write_text(json.dumps({"floor": floor, "rate": rate, "peers": found}, indent=2) + "\n")


def show(
    found: dict[str, dict[str, float]], flops: float, rate: float, floor: float, threads: int, rounds: int
) -> None:
    from rich.console import Console
    from rich.table import Table

    usual = next(iter(found.values()))["processor"]
    table = Table(
        title=f"one tile of {TILE} x {TILE}, {threads} threads, medians of {rounds} rounds in turns; floor "
        f"{1e3 * floor:.0f} ms ({flops / 1e9:.1f} GFLOP at the {rate / 1e9:.0f} GFLOP/s of a GEMM)"
    )
    for column in ("runtime", "processor ms", "10 to 90 %", "clock ms", "times the usual", "of the floor"):
        table.add_column(column, justify="left" if column == "runtime" else "right")
    for name, row in found.items():
        table.add_row(
            name,
            f"{1e3 * row['processor']:.0f}",
            f"{1e3 * row['low']:.0f} to {1e3 * row['high']:.0f}",
            f"{1e3 * row['clock']:.0f}",
            f"{usual / row['processor']:.2f}",
            f"{row['processor'] / floor:.2f}",
        )
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
