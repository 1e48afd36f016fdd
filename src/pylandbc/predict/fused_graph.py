"""A frozen TorchScript graph for the CPU: its convolutions by oneDNN, with the ReLU that follows inside them.

The engine does the same (``bindings/src/fused_graph.cpp``), so that predictions and coupled runs have the
same bits. The interpreter alone sends 1 x 1 convolutions on one thread to another kernel than on two.
"""

from __future__ import annotations

import torch

_ARGUMENTS = "graph(%x, %w, %b, %stride, %padding, %dilation, %groups):\n"
_CONVOLUTION = "  %y = aten::conv2d(%x, %w, %b, %stride, %padding, %dilation, %groups)\n"


def fuse_for_cpu(frozen: torch.jit.ScriptModule) -> None:
    """Rewrite the graph in place; nothing happens where torch was built without oneDNN."""
    if not torch.backends.mkldnn.is_available():
        return
    rewrite = torch._C._jit_pass_custom_pattern_based_rewrite_graph
    plain = _ARGUMENTS + _CONVOLUTION
    rewrite(plain + "  %z = aten::relu_(%y)\n  return (%z)\n", _fused("relu"), frozen.graph)
    rewrite(plain + "  return (%y)\n", _fused("none"), frozen.graph)


def _fused(then: str) -> str:
    return (
        f'{_ARGUMENTS}  %then : str = prim::Constant[value="{then}"]()\n'
        "  %scalars : Scalar?[] = prim::ListConstruct()\n"
        "  %algorithm : NoneType = prim::Constant()\n"
        "  %z = mkldnn::_convolution_pointwise(%x, %w, %b, %padding, %stride, %dilation, %groups, %then, "
        "%scalars, %algorithm)\n"
        "  return (%z)\n"
    )
