"""ONNX Runtime: predictions of the network that fastmlp trains, as a graph of the package onnx."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from benchmarks.small_data import Task, with_fastmlp
from fastmlp import Network


def versions() -> dict[str, str]:
    return {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__}


def fit(task: Task, X: NDArray[np.float32], y: NDArray[np.int64]) -> onnxruntime.InferenceSession:
    network = with_fastmlp.fit(task, X, y)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(_graph(network).SerializeToString(), options, ["CPUExecutionProvider"])


def _graph(network: Network) -> onnx.ModelProto:
    nodes, values, name = [], [], "row"
    last = len(network.weights) - 1
    for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        values += [numpy_helper.from_array(W.copy(), f"W{layer}"), numpy_helper.from_array(b.copy(), f"b{layer}")]
        nodes.append(helper.make_node("Gemm", [name, f"W{layer}", f"b{layer}"], [f"Z{layer}"]))
        name = f"Z{layer}"
        if layer < last:
            nodes.append(helper.make_node("Relu", [name], [f"A{layer}"]))
            name = f"A{layer}"
    nodes.append(helper.make_node("ArgMax", [name], ["label"], axis=1, keepdims=0))
    row = helper.make_tensor_value_info("row", TensorProto.FLOAT, [None, network.sizes[0]])
    label = helper.make_tensor_value_info("label", TensorProto.INT64, [None])
    graph = helper.make_graph(nodes, "network", [row], [label], values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def predictor(model: onnxruntime.InferenceSession) -> Callable[[Any], Any]:
    return lambda row: model.run(None, {"row": row})[0]
