"""The float32 files are what the int8 ones stand for, weight by weight; the detector finds what OpenCV's own finds."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from countenance.core.errors import ModelError
from countenance.engine.dequantise import dequantise
from countenance.engine.detector import FaceDetector
from countenance.engine.model_files import SFACE_FILE, YUNET_FILE, ModelFile, read_verified
from countenance.engine.sessions import ModelSession, RuntimeOptions

FILES = {"yunet": YUNET_FILE, "sface": SFACE_FILE}


@pytest.fixture(scope="module", params=FILES)
def file(request: pytest.FixtureRequest) -> ModelFile:
    return FILES[request.param]


def reference_weights(data: bytes) -> dict[str, np.ndarray]:
    """Return each weight as ONNX Runtime's own DequantizeLinear gives it, node by node."""
    graph = onnx.load_from_string(data).graph
    constants = {item.name: item for item in graph.initializer}
    weights = {}
    for node in graph.node:
        if node.op_type != "DequantizeLinear":
            continue
        operands = [constants[name] for name in node.input]
        if np.prod(operands[1].dims) == 1:
            # One scale for everything: the runtime takes that as a scalar, and without a block's size.
            del node.attribute[:]
            operands[1].ClearField("dims")
            operands[2].ClearField("dims")
        output = helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None)
        # Every operand is a constant of the file, so the node alone is a whole model without inputs.
        alone = helper.make_graph([node], "one", [], [output], operands)
        model = helper.make_model(alone, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        weights[node.output[0]] = session.run(None, {})[0]
    return weights


def test_every_weight_is_that_of_the_runtimes_own_dequantisation(file: ModelFile) -> None:
    data = read_verified(file)
    expected = reference_weights(data)
    assert len(expected) >= 20
    ours = {
        item.name: numpy_helper.to_array(item)
        for item in onnx.load_from_string(dequantise(data, input_shape=file.input_shape)).graph.initializer
    }
    # A weight may be reshaped afterwards and carry another name then: it is found by its numbers.
    by_numbers = {hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest() for value in ours.values()}
    for name, weight in expected.items():
        assert weight.dtype == np.float32
        assert hashlib.sha256(np.ascontiguousarray(weight).tobytes()).hexdigest() in by_numbers, name


def test_the_conversion_is_the_pinned_one_and_the_same_every_time(file: ModelFile) -> None:
    data = read_verified(file)
    once, twice = (dequantise(data, input_shape=file.input_shape) for _ in range(2))
    assert once == twice
    assert hashlib.sha256(once).hexdigest() == file.float32_sha256


def test_nothing_quantised_is_left_and_there_is_one_input(file: ModelFile) -> None:
    graph = onnx.load_from_string(dequantise(read_verified(file), input_shape=file.input_shape)).graph
    assert not {node.op_type for node in graph.node} & {"DequantizeLinear", "QuantizeLinear", "Dropout", "Constant"}
    assert len(graph.input) == 1
    for item in graph.initializer:
        # int64 are shapes, not weights
        assert item.data_type in (TensorProto.FLOAT, TensorProto.INT64)


def test_a_graph_with_two_inputs_is_refused() -> None:
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2]) for name in ("a", "b", "c")]
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["c"])], "two", infos[:2], infos[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
    with pytest.raises(ModelError, match="found 2"):
        dequantise(model.SerializeToString(), input_shape=(1, 2))


def test_yunet_on_one_level_finds_what_opencvs_own_detector_finds(
    portrait: Image.Image, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = dequantise(read_verified(YUNET_FILE), input_shape=YUNET_FILE.input_shape)
    # Sides that are multiples of 32 need no padding, so both see the same pixels.
    image = np.asarray(portrait.resize((640, 480)))
    path = tmp_path_factory.mktemp("yunet") / "yunet.onnx"
    path.write_bytes(model)
    opencv = cv2.FaceDetectorYN.create(str(path), "", (640, 480), 0.6, 0.3, 5000)
    _, expected = opencv.detect(np.ascontiguousarray(image[:, :, ::-1]))
    found = FaceDetector(ModelSession(model, RuntimeOptions()))._run_level(image, 640)
    assert expected is not None
    assert found.shape[0] == expected.shape[0] == 1
    assert np.abs(found[0, :14] - expected[0, :14]).max() < 0.1
    assert found[0, 14] == pytest.approx(expected[0, 14], abs=1e-3)
