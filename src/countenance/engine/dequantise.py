"""Block-quantised ONNX file in, plain float32 ONNX file out; done once, never at inference.

The published files of YuNet and SFace store weights as int8 with one scale a block. Inference in int8 is known to give
wrong scores, so the weights are dequantised here, constants are folded, and a small fresh graph is written that any
runtime takes at opset 17. The arithmetic per weight is the ``DequantizeLinear`` of ONNX opset 21 with blocks:
``(q - zero_point) * scale``.

The output is deterministic: same input, same bytes. Its digest is pinned in ``model_files``, so a changed converter is
noticed before a changed score is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from countenance.core.errors import ModelError

if TYPE_CHECKING:
    import onnx

#: Written into the output so that its bytes do not depend on the producer of the input. Opset 17 is the newest the
#: graph needs once ``DequantizeLinear`` with blocks (opset 21) is gone.
OPSET = 17
IR_VERSION = 8

_FOLDED = frozenset({"DequantizeLinear", "Reshape", "Constant"})


def dequantise(data: bytes, *, input_shape: tuple[int | str, ...]) -> bytes:
    """Return the float32 form of a block-quantised ONNX model.

    Args:
        data: The quantised model file's bytes.
        input_shape: Shape of the one input that is left; a string names a free dimension.

    Raises:
        ModelError: The graph has something this conversion does not know; nothing is guessed.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_from_string(data).graph
    constants: dict[str, npt.NDArray[Any]] = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    kept: list[onnx.NodeProto] = []
    renamed: dict[str, str] = {}
    for node in graph.node:
        inputs = [renamed.get(name, name) for name in node.input]
        if node.op_type in _FOLDED and all(name in constants for name in inputs if name):
            constants[node.output[0]] = _fold(node, [constants[name] for name in inputs if name])
        elif node.op_type == "Dropout":
            # Identity at inference; its ratio is not a scalar in the SFace file, which ONNX Runtime refuses.
            renamed[node.output[0]] = inputs[0]
        else:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            del copy.input[:]
            copy.input.extend(inputs)
            copy.name = ""
            kept.append(copy)
    used = {name for node in kept for name in node.input}
    # The SFace file lists its weights among the graph's inputs; what no kept node reads is not an input any more.
    data_inputs = [item for item in graph.input if item.name in used and item.name not in constants]
    if len(data_inputs) != 1:
        raise ModelError(f"Expected one data input, found {len(data_inputs)}.")
    return _write(data_inputs[0].name, input_shape, kept, _free_outputs(graph), constants, used)


def _fold(node: onnx.NodeProto, values: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    from onnx import numpy_helper

    if node.op_type == "Constant":
        return numpy_helper.to_array(node.attribute[0].t)
    if node.op_type == "Reshape":
        return values[0].reshape([int(size) for size in values[1]])
    attributes = {item.name: item.i for item in node.attribute}
    return _dequantise_blocks(values[0], values[1], values[2], axis=attributes["axis"], block=attributes["block_size"])


def _dequantise_blocks(
    quantised: npt.NDArray[np.int8],
    scale: npt.NDArray[np.float32],
    zero_point: npt.NDArray[np.int8],
    *,
    axis: int,
    block: int,
) -> npt.NDArray[np.float32]:
    """Return float32 weights; each scale and zero point serves ``block`` neighbours along ``axis``.

    Source: ONNX operator DequantizeLinear, version 21, "blocked" granularity.
    """
    length = quantised.shape[axis]
    wide_scale = np.repeat(scale, block, axis=axis).take(np.arange(length), axis=axis)
    wide_zero = np.repeat(zero_point, block, axis=axis).take(np.arange(length), axis=axis)
    return ((quantised.astype(np.int32) - wide_zero.astype(np.int32)).astype(np.float32) * wide_scale).astype(
        np.float32
    )


def _free_outputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """Return the outputs with only their last dimension fixed: the others follow from the input's."""
    from onnx import TensorProto, helper

    outputs = []
    for item in graph.output:
        sizes = [dim.dim_value for dim in item.type.tensor_type.shape.dim]
        free: list[int | str] = [f"{item.name}_{axis}" for axis in range(len(sizes) - 1)]
        outputs.append(helper.make_tensor_value_info(item.name, TensorProto.FLOAT, [*free, sizes[-1]]))
    return outputs


def _write(
    input_name: str,
    input_shape: tuple[int | str, ...],
    nodes: list[onnx.NodeProto],
    outputs: list[onnx.ValueInfoProto],
    constants: dict[str, npt.NDArray[Any]],
    used: set[str],
) -> bytes:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    float_input = helper.make_tensor_value_info(input_name, TensorProto.FLOAT, list(input_shape))
    weights = [numpy_helper.from_array(constants[name], name) for name in sorted(used & constants.keys())]
    graph = helper.make_graph(nodes, "countenance", [float_input], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="countenance")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))
