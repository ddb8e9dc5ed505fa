"""Rewriting of ONNX graphs for speed: constants are computed once, and what is split is convolved apart.

A split after a convolution makes the runtime bring the whole result into another layout in memory and copy it; two
convolutions with some of the kernels each give the parts as they are. The values stay the same up to the order of sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

Constants = dict[str, NDArray[np.generic]]


def rewritten(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model, to be run more quickly.

    Args:
        model: Left as it is.

    Returns:
        A model of the same inputs, outputs, and metadata.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    constants: Constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = list(_convolved_apart(list(_unfolded(graph, constants)), constants))
    used = {name for node in nodes for name in node.input}
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items() if name in used)
    onnx.checker.check_model(changed)
    return changed


def _unfolded(graph: onnx.GraphProto, constants: Constants) -> Iterator[onnx.NodeProto]:
    """Nodes that depend on the inputs; what the others give joins the constants."""
    for node in graph.node:
        if all(name in constants for name in node.input if name):
            given = {name: constants[name] for name in node.input if name}
            computed: Any = ReferenceEvaluator(node).run(None, given)
            constants.update(zip(node.output, computed, strict=True))
        else:
            yield node


def _convolved_apart(nodes: list[onnx.NodeProto], constants: Constants) -> Iterator[onnx.NodeProto]:
    """Pairs of convolutions in place of one and a split of its channels in two parts."""
    readers = Counter(name for node in nodes for name in node.input)
    splits = {node.input[0]: node for node in nodes if _parts_channels(node, constants) and readers[node.input[0]] == 1}
    whole = {node.output[0]: node for node in nodes if node.output[0] in splits and _separable(node, constants)}
    for node in nodes:
        if node.output[0] in whole:
            yield from _pair(node, splits[node.output[0]], constants)
        elif not (node.op_type == "Split" and node.input[0] in whole):
            yield node


def _parts_channels(node: onnx.NodeProto, constants: Constants) -> bool:
    known = constants.keys() >= {*node.input[1:]}
    return node.op_type == "Split" and known and len(node.output) == 2 and _number(node, "axis", 0) == 1


def _separable(node: onnx.NodeProto, constants: Constants) -> bool:
    return node.op_type == "Conv" and _number(node, "group", 1) == 1 and constants.keys() >= {*node.input[1:]}


def _number(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == name), default)


def _pair(node: onnx.NodeProto, split: onnx.NodeProto, constants: Constants) -> Iterator[onnx.NodeProto]:
    channels = len(constants[node.input[1]])
    first = int(constants[split.input[1]][0]) if len(split.input) > 1 else -(-channels // 2)
    for which, (output, part) in enumerate(zip(split.output, (slice(first), slice(first, None)), strict=True)):
        half = onnx.NodeProto()
        half.CopyFrom(node)
        half.name, half.output[0] = f"part {which} of {node.name}", output
        for place, name in enumerate(node.input[1:], 1):
            half.input[place] = f"part {which} of {name} for {node.output[0]}"
            constants[half.input[place]] = constants[name][part]
        yield half
