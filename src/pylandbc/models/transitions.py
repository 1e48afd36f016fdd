"""What the fields of a coarse cell say to a pixel of each class: a table for every cell, looked up by the
prior.

The change of a 0.25 degree cell means another thing to each of its classes. A perceptron therefore makes,
for every cell, one row for each visible class of the prior and one for hidden pixels: the logits of all
classes (a matrix of transitions, in effect), and a few channels for the network. It runs once per cell; a
pixel costs one lookup.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Transitions(nn.Module):
    """Rows by cell and class.

    Parameters
    ----------
    cell
        Channels of the coarse fields.
    classes
        Number of classes K.
    brief
        Further channels of a row.
    hidden
        Width of the hidden layer.
    """

    def __init__(self, cell: int, classes: int, brief: int, hidden: int = 64) -> None:
        super().__init__()
        self.rows = classes + 1
        self.columns = brief + classes
        self.hidden = nn.Linear(cell, hidden)
        self.table = nn.Linear(hidden, self.rows * self.columns)
        with torch.no_grad():
            # The logits begin at zero, so that an untrained network is nothing but its persistence head.
            self.table.weight.reshape(self.rows, self.columns, hidden)[:, brief:] = 0.0
            self.table.bias.reshape(self.rows, self.columns)[:, brief:] = 0.0

    def forward(self, cell: Tensor, row: Tensor, col: Tensor, seen: Tensor, always: Tensor) -> Tensor:
        """Each pixel's row, (B, H, W, brief + K).

        Parameters
        ----------
        cell
            (B, cell, h, w) on coarse cells.
        row, col
            Coarse row (H) and column (W) of the pixels.
        seen
            Class of the prior where it is visible, else K; int64 (B, H, W).
        always
            Added to the logits in every cell, (K + 1, K).
        """
        return F.embedding(self.numbers(cell, row, col, seen), self.looked_up(cell, always))

    def looked_up(self, cell: Tensor, always: Tensor) -> Tensor:
        """Rows of all cells and classes, (B h w (K + 1), brief + K); arguments as of ``forward``."""
        batch, _, rows, cols = cell.shape
        table = self.table(self.hidden(cell.permute(0, 2, 3, 1)).relu())
        table = table.reshape(batch * rows * cols, self.rows, self.columns)
        brief = self.columns - always.shape[1]
        table = torch.cat([table[..., :brief], table[..., brief:] + always], 2)
        return table.reshape(-1, self.columns)

    def numbers(self, cell: Tensor, row: Tensor, col: Tensor, seen: Tensor) -> Tensor:
        """Which of these rows is each pixel's, int64 (B, H, W); arguments as of ``forward``."""
        batch, _, rows, cols = cell.shape
        first = torch.arange(batch, device=cell.device)[:, None, None] * (rows * cols)
        return (first + row[:, None] * cols + col) * self.rows + seen
