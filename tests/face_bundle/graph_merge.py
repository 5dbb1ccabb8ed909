"""Append the legacy merge to the attention model, so that it has the two outputs the Tasks graph reads.

The model's seven outputs (six landmark heads and the face-presence logit) become two: 478 x 3 landmarks and
the logit. Weights are not touched; four operators are added, each of them plain data movement or a mean:

    depths    = MEAN(GATHER(mesh, depth_points))        [1, 1, 1, 2]
    everything = CONCATENATION(six heads, depths)       [1, 1, 1, 1870]
    landmarks = GATHER(everything, source)              [1, 1, 1, 1434]
"""

from typing import Any

import flatbuffers
import numpy as np
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema
from mediapipe.tasks.metadata import schema_py_generated as schema
from numpy.typing import NDArray

from tests.face_bundle.merge_rule import HEAD_WIDTHS, MergeRule

DESCRIPTION = (
    b"face_landmark_with_attention.tflite of the mediapipe 0.10.21 wheel; changed: outputs merged into one tensor"
)
_FORCE_ALIGN = 16


class GraphEditor:
    """The unpacked model, with the few edits that the merge needs."""

    def __init__(self, model: bytes) -> None:
        self.model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
        (self.graph,) = self.model.subgraphs

    def tensor(self, name: str, shape: tuple[int, ...], constant: NDArray[np.int32] | None = None) -> int:
        """Add a tensor (float32 where it holds no constant) and return its index."""
        added = schema.TensorT()
        added.name, added.shape, added.buffer = name, list(shape), 0
        added.type = schema.TensorType.FLOAT32
        if constant is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(constant.astype("<i4").tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            added.buffer, added.type = len(self.model.buffers) - 1, schema.TensorType.INT32
        self.graph.tensors.append(added)
        return len(self.graph.tensors) - 1

    def operator(self, kind: str, inputs: list[int], output: int, options_name: str, **options: Any) -> None:
        """Append an operator at the end of the graph."""
        added = schema.OperatorT()
        added.opcodeIndex = self._code(getattr(schema.BuiltinOperator, kind))
        added.inputs, added.outputs = inputs, [output]
        added.builtinOptionsType = getattr(schema.BuiltinOptions, options_name)
        added.builtinOptions = getattr(schema, f"{options_name}T")()
        for name, value in options.items():
            setattr(added.builtinOptions, name, value)
        self.graph.operators.append(added)

    def _code(self, builtin: int) -> int:
        for index, code in enumerate(self.model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == builtin:
                return index
        added = schema.OperatorCodeT()
        added.builtinCode = added.deprecatedBuiltinCode = builtin
        added.version = 1
        self.model.operatorCodes.append(added)
        return len(self.model.operatorCodes) - 1

    def packed(self) -> bytes:
        """Return the model as a flatbuffer, its buffers aligned as the schema demands."""
        schema.BufferT.Pack = _pack_aligned
        builder = flatbuffers.Builder(1 << 22)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def merge_outputs(model: bytes, rule: MergeRule) -> bytes:
    """Return the attention model with its outputs merged by ``rule``."""
    editor = GraphEditor(model)
    *heads, presence = [int(output) for output in editor.graph.outputs]
    widths = tuple(int(editor.graph.tensors[head].shape[-1]) for head in heads)
    if widths != HEAD_WIDTHS:
        raise ValueError(f"the model's heads are {widths} wide, expected {HEAD_WIDTHS}")
    depth_index = editor.tensor("merge/depth_points", rule.depth_points.shape, rule.depth_points)
    contour_axis = editor.tensor("merge/contour_axis", (1,), np.array([4], np.int32))
    source = editor.tensor("merge/source", rule.source.shape, rule.source)
    contours = editor.tensor("merge/contour_depths", (1, 1, 1, *rule.depth_points.shape))
    depths = editor.tensor("merge/iris_depths", (1, 1, 1, len(rule.depth_points)))
    everything = editor.tensor("merge/everything", (1, 1, 1, sum(HEAD_WIDTHS) + len(rule.depth_points)))
    landmarks = editor.tensor("landmarks_478x3", (1, 1, 1, len(rule.source)))
    editor.operator("GATHER", [heads[0], depth_index], contours, "GatherOptions", axis=3)
    editor.operator("MEAN", [contours, contour_axis], depths, "ReducerOptions", keepDims=False)
    editor.operator("CONCATENATION", [*heads, depths], everything, "ConcatenationOptions", axis=3)
    editor.operator("GATHER", [everything, source], landmarks, "GatherOptions", axis=3)
    editor.graph.outputs = [landmarks, presence]
    editor.model.description = DESCRIPTION
    _describe_outputs(editor.model)
    return editor.packed()


def _describe_outputs(model: Any) -> None:
    """Make the embedded metadata (read for the input's normalisation) describe the outputs there are now."""
    (entry,) = [entry for entry in model.metadata if entry.name == b"TFLITE_METADATA"]
    packed = bytes(model.buffers[entry.buffer].data)
    metadata = metadata_schema.ModelMetadataT.InitFromObj(metadata_schema.ModelMetadata.GetRootAs(packed, 0))
    outputs = []
    for name, meaning in (
        ("landmarks", "478 points x, y, z in pixels of the input; the iris centres and contours come last"),
        ("presence", "logit that the input shows a face"),
    ):
        output = metadata_schema.TensorMetadataT()
        output.name, output.description = name, meaning
        outputs.append(output)
    metadata.subgraphMetadata[0].outputTensorMetadata = outputs
    builder = flatbuffers.Builder(1024)
    builder.Finish(metadata.Pack(builder), b"M001")
    model.buffers[entry.buffer].data = np.frombuffer(bytes(builder.Output()), np.uint8)


def _pack_aligned(buffer: Any, builder: flatbuffers.Builder) -> int:
    """`BufferT.Pack` with the 16-byte alignment of the schema, which the generated Python code leaves out.

    The interpreter maps weights in place, and refuses or misreads what is not aligned.
    """
    data = None
    if buffer.data is not None and len(buffer.data):
        builder.StartVector(1, len(buffer.data), _FORCE_ALIGN)
        builder.head -= len(buffer.data)
        builder.Bytes[builder.head : builder.head + len(buffer.data)] = bytes(buffer.data)
        data = builder.EndVector()
    schema.BufferStart(builder)
    if data is not None:
        schema.BufferAddData(builder, data)
    return int(schema.BufferEnd(builder))
