"""Rows of cells by class: against a plain loop, and what an untrained table does."""

from __future__ import annotations

import torch

from pylandbc.models.transitions import Transitions


def arguments(batch: int = 2) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(1)
    cell = torch.randn(batch, 3, 4, 5)
    row, col = (torch.arange(64) + 9) // 25, torch.arange(96) // 25
    seen = torch.randint(0, 4, (batch, 64, 96))
    always = torch.randn(4, 3)
    return cell, row, col, seen, always


def test_a_pixel_gets_the_row_of_its_cell_and_class() -> None:
    part = Transitions(cell=3, classes=3, brief=2, hidden=7)
    torch.nn.init.normal_(part.table.weight)
    cell, row, col, seen, always = arguments()
    with torch.no_grad():
        found = part(cell, row, col, seen, always)
        assert found.shape == (2, 64, 96, 5)
        for b, i, j in [(0, 0, 0), (1, 63, 95), (1, 20, 50), (0, 16, 24), (0, 15, 25)]:
            fields = cell[b, :, row[i], col[j]]
            hidden = (part.hidden.weight @ fields + part.hidden.bias).clamp_min(0)
            table = (part.table.weight @ hidden + part.table.bias).reshape(4, 5)
            expected = table[seen[b, i, j]].clone()
            expected[2:] += always[seen[b, i, j]]
            torch.testing.assert_close(found[b, i, j], expected, rtol=1e-5, atol=1e-5)


def test_an_untrained_table_adds_nothing_to_the_logits() -> None:
    cell, row, col, seen, always = arguments()
    found = Transitions(cell=3, classes=3, brief=2)(cell, row, col, seen, always)
    assert torch.equal(found[..., 2:], always[seen])
