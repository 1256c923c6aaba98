from .exported import Export as Export
from .onnx_reader import from_onnx as from_onnx
from .pytorch_reader import from_pytorch as from_pytorch
from .sklearn_reader import from_sklearn as from_sklearn
