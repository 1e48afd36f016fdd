"""A frozen TorchScript graph for the CPU: its convolutions by oneDNN, with the ReLU that follows inside them.

The engine does the same (``bindings/src/fused_graph.cpp``), so that predictions and coupled runs have the
same bits. The interpreter alone sends 1 x 1 convolutions on one thread to another kernel than on two. Two
fields that are joined only to be convolved are convolved one after the other, the second onto the result of
the first; maxima of 2 x 2 pixels are taken without noting where they were.
"""

from __future__ import annotations

from typing import Any

import torch

_ARGUMENTS = "graph(%x, %w, %b, %stride, %padding, %dilation, %groups):\n"
_CONVOLUTION = "  %y = aten::conv2d(%x, %w, %b, %stride, %padding, %dilation, %groups)\n"
_TWO = """graph(%x, %w, %b, %s, %v, %c, %stride, %padding, %dilation, %groups, %one):
  %y = aten::conv2d(%x, %w, %b, %stride, %padding, %dilation, %groups)
  %t = aten::conv2d(%s, %v, %c, %stride, %padding, %dilation, %groups)
  %z = aten::add_(%y, %t, %one)
"""
_TWO_FUSED = """graph(%x, %w, %b, %s, %v, %c, %stride, %padding, %dilation, %groups, %one):
  %none : str = prim::Constant[value="none"]()
  %relu : str = prim::Constant[value="relu"]()
  %add : str = prim::Constant[value="add"]()
  %scalars : Scalar?[] = prim::ListConstruct()
  %algorithm : NoneType = prim::Constant()
  %y = mkldnn::_convolution_pointwise(
    %x, %w, %b, %padding, %stride, %dilation, %groups, %none, %scalars, %algorithm)
  %z = mkldnn::_convolution_pointwise_(
    %y, %s, %v, %c, %padding, %stride, %dilation, %groups, %add, %one, %relu, %scalars, %algorithm)
  return (%z)
"""
_POOL = """graph(%x, %size, %stride, %padding, %dilation, %ceil):
  %z = aten::max_pool2d(%x, %size, %stride, %padding, %dilation, %ceil)
  return (%z)
"""
_MAXIMA = """graph(%x, %size, %stride, %padding, %dilation, %ceil):
  %zero : int = prim::Constant[value=0]()
  %one : int = prim::Constant[value=1]()
  %two : int = prim::Constant[value=2]()
  %three : int = prim::Constant[value=3]()
  %end : NoneType = prim::Constant()
  %upper = aten::slice(%x, %two, %zero, %end, %two)
  %lower = aten::slice(%x, %two, %one, %end, %two)
  %a = aten::slice(%upper, %three, %zero, %end, %two)
  %b = aten::slice(%upper, %three, %one, %end, %two)
  %c = aten::slice(%lower, %three, %zero, %end, %two)
  %d = aten::slice(%lower, %three, %one, %end, %two)
  %above = aten::maximum(%a, %b)
  %below = aten::maximum(%c, %d)
  %z = aten::maximum(%above, %below)
  return (%z)
"""
BLOCK = 16
"""Fields are convolved apart where each has a multiple of so many channels: others leave lanes empty."""


def fuse_for_cpu(frozen: torch.jit.ScriptModule) -> None:
    """Rewrite the graph in place; nothing happens where torch was built without oneDNN."""
    if not torch.backends.mkldnn.is_available():
        return
    rewrite = torch._C._jit_pass_custom_pattern_based_rewrite_graph
    # torch does not say what its graphs can do.
    graph: Any = frozen.graph
    for node in graph.findAllNodes("aten::conv2d", False):
        _apart(graph, node)
    rewrite(_TWO + "  %r = aten::relu_(%z)\n  return (%r)\n", _TWO_FUSED, graph)
    if all(_halves(node) for node in graph.findAllNodes("aten::max_pool2d")):
        rewrite(_POOL, _MAXIMA, graph)
    plain = _ARGUMENTS + _CONVOLUTION
    rewrite(plain + "  %z = aten::relu_(%y)\n  return (%z)\n", _fused("relu"), graph)
    rewrite(plain + "  return (%y)\n", _fused("none"), graph)


def _fused(then: str) -> str:
    return (
        f'{_ARGUMENTS}  %then : str = prim::Constant[value="{then}"]()\n'
        "  %scalars : Scalar?[] = prim::ListConstruct()\n"
        "  %algorithm : NoneType = prim::Constant()\n"
        "  %z = mkldnn::_convolution_pointwise(%x, %w, %b, %padding, %stride, %dilation, %groups, %then, "
        "%scalars, %algorithm)\n"
        "  return (%z)\n"
    )


def _apart(graph: Any, node: Any) -> None:
    """The convolution of two joined fields and its ReLU as that of one and, added to it, the other."""
    x, weight, bias, *how = node.inputs()
    joined, values = x.node(), weight.toIValue()
    follows = [use.user.kind() for use in node.output().uses()]
    if joined.kind() != "aten::cat" or follows != ["aten::relu_"] or not isinstance(values, torch.Tensor):
        return
    parts = list(joined.inputsAt(0).node().inputs())
    channels = [_channels(part) for part in parts]
    if (
        joined.inputsAt(1).toIValue() != 1
        or len(parts) != 2
        or sum(channels) != values.shape[1]
        or any(count == 0 or count % BLOCK for count in channels)
        or values.dtype != torch.float32
    ):
        return
    with graph.insert_point_guard(node):
        found = []
        for part, share, offset in zip(parts, values.split(channels, 1), (bias, None), strict=True):
            own = graph.insertConstant(share.contiguous(memory_format=torch.channels_last))
            shift = graph.insertConstant(None) if offset is None else offset
            convolution = graph.create("aten::conv2d", [part, own, shift, *how], 1)
            found.append(graph.insertNode(convolution).output())
        both = graph.insertNode(graph.create("aten::add_", [*found, graph.insertConstant(1)], 1)).output()
    node.output().replaceAllUsesWith(both)
    node.destroy()


def _channels(value: Any) -> int:
    """Channels of a field that comes out of a convolution, or of some of its pixels; 0 where it does not."""
    node = value.node()
    of_pixels = node.kind() == "aten::slice" and node.inputsAt(1).toIValue() not in (None, 0, 1)
    if of_pixels or node.kind() in ("aten::relu_", "aten::clone"):
        return _channels(node.inputsAt(0))
    axis = {"aten::conv2d": 0, "aten::conv_transpose2d": 1}.get(node.kind())
    if axis is None:
        return 0
    weight = node.inputsAt(1).toIValue()
    groups = node.inputsAt(6).toIValue()
    return int(weight.shape[axis]) if isinstance(weight, torch.Tensor) and groups == 1 else 0


def _halves(node: Any) -> bool:
    """Whether maxima are of 2 x 2 pixels that do not overlap."""
    values = [_constant(value) for value in node.inputs()][1:]
    return values in ([[2, 2], step, [0, 0], [1, 1], False] for step in ([2, 2], []))


def _constant(value: Any) -> object:
    node = value.node()
    if node.kind() == "prim::ListConstruct":
        return [_constant(part) for part in node.inputs()]
    return value.toIValue()
