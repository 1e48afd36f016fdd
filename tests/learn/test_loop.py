"""Lightning's loop: devices that are not there, lines for logs, and ends before the end."""

import signal
from pathlib import Path

import lightning
import pytest
import torch
from lightning.pytorch.callbacks import TQDMProgressBar
from torch.utils.data import DataLoader

from pylandbc.errors import InputError
from pylandbc.learn import loop


class Slope(lightning.LightningModule):
    """One number, fitted; ``fault`` is raised in the second epoch."""

    def __init__(self, fault: BaseException | None = None) -> None:
        super().__init__()
        self.slope, self.fault = torch.nn.Parameter(torch.zeros(1)), fault

    def training_step(self, batch: torch.Tensor, index: int) -> torch.Tensor:
        if self.fault is not None and self.current_epoch == 1:
            raise self.fault
        loss = ((self.slope * batch - batch) ** 2).mean()
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Numbers(lightning.LightningDataModule):
    def train_dataloader(self) -> DataLoader:
        return DataLoader(torch.ones(4, 1), batch_size=2)  # type: ignore[arg-type]


def fit(module: Slope, folder: Path, *callbacks: lightning.Callback) -> None:
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=3,
        logger=False,
        callbacks=list(callbacks),
        enable_progress_bar=bool(callbacks),
        enable_model_summary=False,
        enable_checkpointing=False,
        default_root_dir=folder,
    )
    loop.fit(trainer, module, Numbers(), None)


def test_a_log_gets_one_line_per_epoch_with_the_time_left(tmp_path: Path, capsys) -> None:
    fit(Slope(), tmp_path, loop.EpochLines())
    told = capsys.readouterr()
    lines = told.err.splitlines()
    assert told.out == ""
    # The loss of slopes 0 and 0.2, averaged; then of 0.36 and 0.488, of 0.5904 and 0.67232.
    means = [(1 + 0.8**2) / 2, (0.64**2 + 0.512**2) / 2, (0.4096**2 + 0.32768**2) / 2]
    assert [line.rsplit(", ", 1)[0] for line in lines] == [
        f"epoch {epoch} of 3, train loss {mean:.4g}" for epoch, mean in enumerate(means, 1)
    ]
    assert lines[-1].endswith(", 0:00:00 left")


def test_a_terminal_gets_a_bar_and_a_log_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert isinstance(loop.progress(), TQDMProgressBar)
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert isinstance(loop.progress(), loop.EpochLines)


def test_ctrl_c_is_told_as_one_and_works_again_afterwards(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(Slope(KeyboardInterrupt()), tmp_path)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_exit_of_the_training_itself_keeps_its_status(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        fit(Slope(SystemExit(7)), tmp_path)
    assert ended.value.code == 7


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="no GPU on this machine; set `device: cpu`"):
        loop.accelerator("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [loop.accelerator(name) for name in ("auto", "cpu", "cuda")] == ["auto", "cpu", "gpu"]


def test_a_loss_that_is_no_number_stops_the_training(tmp_path: Path) -> None:
    """In the epoch in which it is seen: the checkpoint stays that of the one before."""

    class Diverging(Slope):
        def training_step(self, batch: torch.Tensor, index: int) -> torch.Tensor:
            return (
                super().training_step(batch, index) / (0.0 if self.current_epoch == 1 else 1.0) - self.slope
            )

    seen = []

    class Watch(lightning.Callback):
        def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
            seen.append(trainer.current_epoch)

    with pytest.raises(InputError, match=r"the loss is inf in epoch 2, step 1: lower learning_rate"):
        fit(Diverging(), tmp_path, loop.FiniteLoss(), Watch())
    assert seen == [0]
