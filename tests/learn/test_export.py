"""The archive: what goes in comes out, the card describes it, and what does not fit is refused by name."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pylandbc import emulators
from pylandbc.cli.export import export
from pylandbc.errors import InputError
from pylandbc.learn.card import validate_card, weights_sha256
from pylandbc.learn.export import example_arguments, fold_batch_norm, load, save
from pylandbc.learn.rewrite import TOLERANCE, rewrite
from pylandbc.models.inputs import hilda_inputs, luh2_inputs
from pylandbc.models.land_use import LandUseEmulator


def trained_like(residual: bool = True) -> LandUseEmulator:
    """A small emulator whose BatchNorm has statistics of its own."""
    torch.manual_seed(0)
    emulator = LandUseEmulator(hilda_inputs(), base=4, residual=residual).train()
    with torch.no_grad():
        for seed in range(3):
            emulator(*example_arguments(hilda_inputs(), 64, 2, seed))
    return emulator.eval()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "emulator.pt"
    save(trained_like(), hilda_inputs(), path, name="small", version="1.2.3", licence="CC-BY-4.0")
    return path


@pytest.mark.parametrize("residual", [True, False])
def test_exported_equals_eager(residual: bool, tmp_path: Path) -> None:
    emulator = trained_like(residual)
    save(emulator, hilda_inputs(), tmp_path / "e.pt", name="e", version="0", licence="none")
    given = example_arguments(hilda_inputs(), 64, batch=2, seed=9)
    with torch.inference_mode():
        golden = emulator(*given)
        found = load(tmp_path / "e.pt")(*given)
    # Folding BatchNorm reorders single-precision arithmetic, nothing more.
    torch.testing.assert_close(found, golden, rtol=1e-4, atol=1e-4)
    assert (found.argmax(1) == golden.argmax(1)).float().mean() > 0.999


def test_half_the_precision_inside_changes_logits_little(tmp_path: Path) -> None:
    golden, half = trained_like(), tmp_path / "half.pt"
    save(golden, hilda_inputs(), half, name="e", version="0", licence="none", precision="bfloat16")
    loaded = load(half)
    assert loaded.module.unet.head.weight.dtype == torch.bfloat16
    given = example_arguments(hilda_inputs(), 64, seed=9)
    with torch.inference_mode():
        wanted, found = golden(*given), loaded(*given)
    assert found.dtype == torch.float32
    # bfloat16 keeps eight bits.
    torch.testing.assert_close(found, wanted, rtol=0.05, atol=0.1)
    assert not torch.equal(found, wanted)
    with pytest.raises(InputError, match="float32, bfloat16"):
        save(golden, hilda_inputs(), half, name="e", version="0", licence="none", precision="int4")


def test_no_batch_norm_is_left() -> None:
    folded = fold_batch_norm(trained_like())
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in folded.modules())


def test_the_card_is_inside_under_its_name(archive: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        (name,) = [n for n in content.namelist() if n.endswith("extra/card.json")]
        card = json.loads(content.read(name))
    assert card["format"] == "landbc-emulator"
    assert card["version"] == "1.2.3"
    assert card["grid"] == {"pixel_degrees": 0.01, "coarse_degrees": 0.25}
    assert [c["code"] for c in card["classes"]] == list(range(8))
    assert validate_card(card) == hilda_inputs()


def test_the_hash_is_over_names_and_little_endian_values(archive: Path) -> None:
    loaded = load(archive)
    digest = hashlib.sha256()
    for name, tensor in loaded.module.state_dict().items():
        digest.update(name.encode("utf-8"))
        values = tensor.contiguous().reshape(-1).numpy()
        digest.update(values.astype(values.dtype.newbyteorder("<")).tobytes())
    assert loaded.card["weights_sha256"] == digest.hexdigest() == weights_sha256(loaded.module)


def test_weights_keep_the_order_that_convolutions_want(archive: Path) -> None:
    weight = load(archive).module.state_dict()["unet.encode1.convolution.0.weight"]
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert not weight.is_contiguous()


def with_card(archive: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the archive whose card was changed."""
    files = {"card.json": ""}
    module = torch.jit.load(str(archive), _extra_files=files)
    card = json.loads(files["card.json"])
    change(card)
    path = tmp_path / "changed.pt"
    torch.jit.save(module, str(path), _extra_files={"card.json": json.dumps(card)})
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(interface_version=2), "field 'interface_version' is 2"),
        (lambda c: c.update(format="onnx"), "field 'format' is 'onnx'"),
        (lambda c: c.update(halo=96), "field 'halo' is 96"),
        (lambda c: c.pop("licence"), "field 'licence' is missing"),
        (lambda c: c.update(step=3), "field 'step' must be of type str"),
        (lambda c: c["classes"].pop(2), "field 'classes'"),
        (lambda c: c.update(ocean_class=9), "field 'ocean_class'"),
        (lambda c: c["output"].update(classes=7), "field 'output'"),
        (lambda c: c["grid"].update(pixel_degrees=0.05), "field 'grid'"),
        (lambda c: c["inputs"][0].update(source="sky"), "field 'inputs': input 'elevation' has source 'sky'"),
        (lambda c: c["inputs"].pop(0), "the module does not accept the card's inputs"),
        (lambda c: c.update(weights_sha256="0" * 64), "field 'weights_sha256'"),
    ],
)
def test_a_card_that_does_not_fit_is_refused_by_field(
    change: Callable[[dict[str, Any]], None], said: str, archive: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        load(with_card(archive, tmp_path, change))


def test_an_unchanged_card_is_accepted(archive: Path, tmp_path: Path) -> None:
    assert load(with_card(archive, tmp_path, lambda card: None)).card["name"] == "small"


def test_files_that_are_no_emulators_are_refused(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no emulator at"):
        load(tmp_path / "none.pt")
    short = tmp_path / "short.pt"
    short.write_bytes(archive.read_bytes()[:5000])
    with pytest.raises(InputError, match="not a TorchScript archive or is damaged"):
        load(short)
    bare = tmp_path / "bare.pt"
    torch.jit.save(torch.jit.script(fold_batch_norm(trained_like())), str(bare))
    with pytest.raises(InputError, match=r"holds no card\.json"):
        load(bare)


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("gpu", "no device 'gpu'; there are cpu"),
        ("cuda:63", "device cuda:63: torch finds .* on this machine"),
    ],
)
def test_a_device_that_is_not_there_is_no_damage(archive: Path, device: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load(archive, device)


def test_export_replaces_in_one_move(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "e.pt"
    shutil.copy(archive, path)
    torch.manual_seed(1)
    save(LandUseEmulator(luh2_inputs(), base=2), luh2_inputs(), path, name="b", version="0", licence="none")
    assert load(path).card["name"] == "b"
    assert [file.name for file in tmp_path.iterdir()] == ["e.pt"]


@pytest.mark.parametrize("name", ["land-use", "land-cover"])
def test_an_archive_written_anew_has_the_same_card_and_probabilities(name: str, tmp_path: Path) -> None:
    output = tmp_path / "anew.pt"
    shipped = emulators.path(name)
    export(shipped, output)
    before, after = load(shipped), load(output)
    assert after.card == before.card
    given = example_arguments(after.inputs, 64, seed=3)
    with torch.inference_mode():
        difference = before(*given).softmax(1) - after(*given).softmax(1)
    assert float(difference.abs().max()) < TOLERANCE


def test_an_archive_of_a_series_is_not_written_anew(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lai-monthly\.pt"):
        rewrite(emulators.path("lai-monthly"), tmp_path / "anew.pt")
    assert not (tmp_path / "anew.pt").exists()


@pytest.mark.parametrize("name", ["land-use", "land-cover"])
def test_a_shipped_emulator_in_half_of_the_precision(name: str, tmp_path: Path) -> None:
    """Nearly the same probabilities; it is what rounding the weights makes, and cannot be taken back."""
    output = tmp_path / "half.pt"
    export(Path(name), output, None, "bfloat16")
    whole, half = load(emulators.path(name)), load(output)
    assert half.card["training"]["precision"] == "bfloat16"
    assert (
        half.card["training"]["rounded_from"] == whole.card["weights_sha256"] != half.card["weights_sha256"]
    )
    for key, weight in half.module.state_dict().items():
        rounded = weight.dtype == torch.bfloat16
        assert rounded == (key.startswith("unet.") and weight.is_floating_point()), key
        assert torch.equal(weight, whole.module.state_dict()[key].to(weight.dtype)), key
    given = example_arguments(whole.inputs, 64, seed=3)
    with torch.inference_mode():
        difference = (whole(*given).softmax(1) - half(*given).softmax(1)).abs()
    assert 1e-5 < float(difference.mean()) < 0.01
    again = rewrite(output, tmp_path / "again.pt")
    assert again == half.card
    with pytest.raises(InputError, match="half of the precision already"):
        rewrite(output, tmp_path / "back.pt", "float32")
    with pytest.raises(InputError, match="precision 'int4' is not one of float32, bfloat16"):
        rewrite(output, tmp_path / "back.pt", "int4")


def test_a_head_belongs_to_a_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--head needs the run of its training"):
        export(emulators.path("land-use"), tmp_path / "anew.pt", "land_use")
