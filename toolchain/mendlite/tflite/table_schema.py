"""What mendlite reads of the TFLite schema (``schema.fbs``): tables, their fields and types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, unique


@unique
class VectorSchema(Enum):
    """Vectors and strings by their bytes an element."""

    BYTES = 1
    WORDS = 4
    LONGS = 8


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table of the schema: field number to (name, type).

    A type is a scalar's size in bytes, a VectorSchema, a child TableSchema, or a list with the
    TableSchema that a vector holds. Fields that are not listed are never read.
    """

    name: str
    fields: Mapping[int, tuple[str, int | VectorSchema | TableSchema | list[TableSchema]]]
    numbers: Mapping[str, int] = field(init=False)
    """Field numbers by name."""

    def __post_init__(self) -> None:
        """Turn ``fields`` round."""
        numbers = {name: number for number, (name, _) in self.fields.items()}
        object.__setattr__(self, "numbers", numbers)

    def child(self, name: str) -> TableSchema:
        """The schema of the tables that a field leads to."""
        kind = self.fields[self.numbers[name]][1]
        schema = kind[0] if isinstance(kind, list) else kind
        if not isinstance(schema, TableSchema):
            raise TypeError(f"{self.name}.{name} leads to no table")
        return schema


CODE = TableSchema(
    "OperatorCode",
    {
        0: ("deprecated_builtin_code", 1),
        1: ("custom_code", VectorSchema.BYTES),
        2: ("version", 4),
        3: ("builtin_code", 4),
    },
)
BLOCKWISE = TableSchema(
    "BlockwiseQuantization",
    {0: ("scales", 4), 1: ("zero_points", 4), 2: ("block_size", 4)},
)
"""Of the union ``QuantizationDetails`` the one that is read; of ``CustomQuantization`` field 0 has
4 bytes, too."""
QUANTIZATION = TableSchema(
    "QuantizationParameters",
    {
        0: ("min", VectorSchema.WORDS),
        1: ("max", VectorSchema.WORDS),
        2: ("scale", VectorSchema.WORDS),
        3: ("zero_point", VectorSchema.LONGS),
        4: ("details_type", 1),
        5: ("details", BLOCKWISE),
        6: ("quantized_dimension", 4),
    },
)
INDICES = TableSchema("SparseIndexVector", {0: ("values", VectorSchema.BYTES)})
"""The tables of the union ``SparseIndexVector``: elements have 4, 2 or 1 bytes, so whoever reads
them compares their end with the file's."""
SPARSITY = TableSchema(
    "SparsityParameters",
    {
        0: ("traversal_order", VectorSchema.WORDS),
        1: ("block_map", VectorSchema.WORDS),
        2: (
            "dim_metadata",
            [
                TableSchema(
                    "DimensionMetadata",
                    {
                        0: ("format", 1),
                        1: ("dense_size", 4),
                        2: ("array_segments_type", 1),
                        3: ("array_segments", INDICES),
                        4: ("array_indices_type", 1),
                        5: ("array_indices", INDICES),
                    },
                )
            ],
        ),
    },
)
TENSOR = TableSchema(
    "Tensor",
    {
        0: ("shape", VectorSchema.WORDS),
        1: ("type", 1),
        2: ("buffer", 4),
        3: ("name", VectorSchema.BYTES),
        4: ("quantization", QUANTIZATION),
        5: ("is_variable", 1),
        6: ("sparsity", SPARSITY),
        7: ("shape_signature", VectorSchema.WORDS),
    },
)
OPERATOR = TableSchema(
    "Operator",
    {
        0: ("opcode_index", 4),
        1: ("inputs", VectorSchema.WORDS),
        2: ("outputs", VectorSchema.WORDS),
        3: ("builtin_options_type", 1),
        4: ("builtin_options", TableSchema("builtin_options", {})),
        5: ("custom_options", VectorSchema.BYTES),
        7: ("mutating_variable_inputs", VectorSchema.BYTES),
        8: ("intermediates", VectorSchema.WORDS),
    },
)
SUBGRAPH = TableSchema(
    "SubGraph",
    {
        0: ("tensors", [TENSOR]),
        1: ("inputs", VectorSchema.WORDS),
        2: ("outputs", VectorSchema.WORDS),
        3: ("operators", [OPERATOR]),
        4: ("name", VectorSchema.BYTES),
    },
)
TENSOR_MAP = TableSchema("TensorMap", {0: ("name", VectorSchema.BYTES), 1: ("tensor_index", 4)})
SIGNATURE = TableSchema(
    "SignatureDef",
    {
        0: ("inputs", [TENSOR_MAP]),
        1: ("outputs", [TENSOR_MAP]),
        2: ("signature_key", VectorSchema.BYTES),
        4: ("subgraph_index", 4),
    },
)
METADATA = TableSchema("Metadata", {0: ("name", VectorSchema.BYTES), 1: ("buffer", 4)})
BUFFER = TableSchema("Buffer", {0: ("data", VectorSchema.BYTES), 1: ("offset", 8), 2: ("size", 8)})
MODEL = TableSchema(
    "Model",
    {
        0: ("version", 4),
        1: ("operator_codes", [CODE]),
        2: ("subgraphs", [SUBGRAPH]),
        3: ("description", VectorSchema.BYTES),
        4: ("buffers", [BUFFER]),
        5: ("metadata_buffer", VectorSchema.WORDS),
        6: ("metadata", [METADATA]),
        7: ("signature_defs", [SIGNATURE]),
    },
)
