"""Two processes share a training: the steps are those of one process that averages two batches."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from pylandbc.learn.config import TrainConfig
from pylandbc.learn.run import Run
from pylandbc.learn.train import train


@pytest.mark.slow
def test_two_processes_take_the_steps_of_accumulated_batches(
    cubes: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    """BatchNorm keeps its first statistics, so that nothing but the gradients connects the samples of a
    step."""
    config = tiny.model_copy(update={"freeze_statistics": 0.0, "epochs": 2, "validation_samples": 0})
    alone = train(config.model_copy(update={"accumulate": 2}), tmp_path / "alone", cubes, progress=False)
    file = tmp_path / "pair.yaml"
    file.write_text(yaml.safe_dump(config.model_copy(update={"devices": 2}).model_dump(mode="json")))
    script = tmp_path / "pair.py"
    script.write_text(
        "from pathlib import Path\n"
        "from pylandbc.learn.config import load_config\n"
        "from pylandbc.learn.train import train\n"
        "if __name__ == '__main__':\n"
        f"    train(load_config(Path({str(file)!r})), Path({str(tmp_path / 'pair')!r}), "
        f"Path({str(cubes)!r}), progress=False)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    pair = Run.read(tmp_path / "pair")
    one, two = (run.trained() for run in (alone, pair))
    assert one[1] == two[1] == {"steps": 4}
    start = alone.emulator().state_dict()
    for name, tensor in one[0].state_dict().items():
        torch.testing.assert_close(tensor, two[0].state_dict()[name], rtol=2e-4, atol=2e-6, msg=name)
    moved = "unet.first.0.weight"
    assert not torch.allclose(one[0].state_dict()[moved], start[moved], atol=1e-4)
    with (tmp_path / "pair" / "curves.csv").open(encoding="utf-8") as stream:
        assert [row["epoch"] for row in csv.DictReader(stream)] == ["0", "1"], "one process writes"
