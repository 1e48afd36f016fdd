"""The order of samples: ranks together draw what one process does, a run that stops goes on with the next."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from pylandbc.cube.collate import collate
from pylandbc.cube.mixture import Mixture
from pylandbc.cube.open import Cube, open_cube
from pylandbc.cube.order import SampleOrder
from pylandbc.cube.patches import MaskSchedule
from pylandbc.cube.samples import Samples
from pylandbc.errors import InputError

from .test_samples import INPUTS, SIZE


def samples(cube: Cube, **options: object) -> Samples:
    return Samples(cube, INPUTS, **{"size": SIZE, "count": 20, "seed": 7, "phase_group": 2, **options})  # type: ignore[arg-type]


def test_ranks_share_what_one_process_draws() -> None:
    one = list(SampleOrder(26, group=4))
    assert one == [(0, i) for i in range(24)], "the last, incomplete group is left out"
    ranks = [list(SampleOrder(26, group=4, rank=r, world=2)) for r in range(2)]
    assert ranks[0][:8] == [(0, i) for i in (0, 1, 2, 3, 8, 9, 10, 11)]
    assert sorted(ranks[0] + ranks[1]) == one and len(ranks[0]) == len(ranks[1]) == 12
    with pytest.raises(InputError, match="rank 2 is not among 2"):
        SampleOrder(26, rank=2, world=2)
    with pytest.raises(InputError, match="fewer than one group of 4 for each of 8"):
        SampleOrder(26, group=4, rank=0, world=8)


def test_a_run_that_stops_goes_on_with_the_next_sample(planet_cube: Cube) -> None:
    data = samples(planet_cube)
    mixed = Mixture([data, samples(planet_cube, seed=7)], [1, 1], seed=7)

    def run(order: SampleOrder, batches: int, dataset: object, workers: int) -> list[torch.Tensor]:
        """Train on so many batches over as many epochs as it takes; the loader prefetches more."""
        seen: list[torch.Tensor] = []
        while len(seen) < batches:
            loader = DataLoader(
                dataset,  # type: ignore[arg-type]
                batch_size=2,
                sampler=order,
                num_workers=workers,
                collate_fn=collate,
            )
            for batch in loader:
                seen.append(batch["target"])
                order.used()
                if len(seen) == batches:
                    break
        return seen

    for dataset, workers in ((data, 2), (mixed, 0)):
        whole = run(SampleOrder(20, group=2), 14, dataset, workers)
        first = SampleOrder(20, group=2)
        start = run(first, 4, dataset, workers)
        assert first.state_dict() == {"epoch": 0, "used": 8, "count": 20}
        second = SampleOrder(20, group=2)
        second.load_state_dict(first.state_dict())
        rest = run(second, 10, dataset, workers)
        assert second.state_dict() == {"epoch": 1, "used": 8, "count": 20}
        assert all(torch.equal(a, b) for a, b in zip(whole, start + rest, strict=True))
    # other ranks go on where two had stopped
    left = SampleOrder(20, group=2, rank=0, world=2)
    left.used(2)
    alone = SampleOrder(20, group=2)
    alone.load_state_dict(left.state_dict())
    assert next(iter(alone)) == (0, 8) and len(alone) == 12
    with pytest.raises(InputError, match="epochs of 20 samples, this run has 22"):
        SampleOrder(22).load_state_dict(left.state_dict())


def _rank(rank: int, store: str, cube: str, results: str) -> None:
    """One of two processes: its samples, and the gradient of a step of distributed training."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    data = samples(open_cube(Path(cube)), count=8)
    torch.manual_seed(0)
    net = DistributedDataParallel(torch.nn.Conv2d(2, 8, 1))
    seen = []
    for batch in DataLoader(data, batch_size=2, sampler=SampleOrder(8, group=2), collate_fn=collate):
        seen += [hashlib.sha256(t.numpy().tobytes()).hexdigest() for t in batch["target"]]
        _loss(net, batch).backward()
    torch.save((seen, net.module.weight.grad), f"{results}/{rank}.pt")
    torch.distributed.destroy_process_group()


def _loss(net: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    static = batch["static"] * torch.tensor([1.0, 1e-3])[:, None, None]
    return torch.nn.functional.cross_entropy(net(static), batch["target"].long().clamp(max=7))


@pytest.mark.slow
def test_two_processes_train_as_one(planet_cube: Cube, tmp_path: Path) -> None:
    arguments = (str(tmp_path / "store"), str(planet_cube.path), str(tmp_path))
    tests = str(Path(__file__).resolve().parents[1])
    script = f"import sys; sys.path.insert(0, {tests!r}); from cube.test_order import _rank; "
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script + f"_rank({rank}, *{arguments!r})"], stderr=subprocess.PIPE
        )
        for rank in range(2)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    (seen0, grad0), (seen1, grad1) = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    data = samples(planet_cube, count=8)
    expected = [hashlib.sha256(data[i]["target"].numpy().tobytes()).hexdigest() for i in range(8)]
    assert seen0 == [expected[i] for i in (0, 1, 4, 5)] and seen1 == [expected[i] for i in (2, 3, 6, 7)]
    torch.manual_seed(0)
    net = torch.nn.Conv2d(2, 8, 1)
    for batch in DataLoader(data, batch_size=4, collate_fn=collate):
        _loss(net, batch).backward()
    assert net.weight.grad is not None
    torch.testing.assert_close(grad0, grad1, rtol=0, atol=0)
    torch.testing.assert_close(grad0, net.weight.grad, rtol=1e-4, atol=1e-6)


def test_mask_schedule(planet_cube: Cube) -> None:
    schedule = MaskSchedule(((4, 0.25), (8, 0.75)))
    assert [schedule.at(n) for n in (0, 4, 6, 8, 100)] == [0.25, 0.25, 0.5, 0.75, 0.75]
    ranges = MaskSchedule(((0, (0.0, 0.5)), (10, (0.5, 1.0))))
    assert ranges.at(5) == (0.25, 0.75)
    data = samples(planet_cube, mask_ratio=schedule, count=5)
    hidden = [float((data[epoch, i]["visible"] == 0).float().mean()) for epoch in (0, 1) for i in (1, 4)]
    assert hidden == [0.25, 0.25, 0.5, 0.75]
    for points, message in (
        ((), "ascending"),
        (((3, 0.5), (3, 0.6)), "ascending"),
        (((0, 0.5), (1, 1.5)), "between 0 and 1"),
        (((0, 0.5), (1, (0.5, 0.6))), "all numbers or all ranges"),
    ):
        with pytest.raises(InputError, match=message):
            MaskSchedule(points)


def test_no_mirror_image_of_what_has_a_direction(planet_cube: Cube) -> None:
    inputs = [*INPUTS, {"name": "aspect", "unit": "degree", "source": "static"}]
    with pytest.raises(InputError, match="would turn aspect the wrong way"):
        Samples(planet_cube, inputs, size=SIZE)
