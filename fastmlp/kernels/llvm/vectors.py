"""Building blocks of the vector primitives: LLVM vectors of the CPU's width, masks, loops that carry registers.

A primitive's arguments come in tuples: a place in a flat array is (array, offset), a panel of rows (array, offset, row
stride). `unpack` lays them out in one list.
"""

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, config, types
from numba.core.codegen import get_host_cpu_features

I32, I64 = ir.IntType(32), ir.IntType(64)


_ADDITION = "define <16 x i32> @add(<16 x i32> %a, <16 x i32> %b) { %c = add <16 x i32> %a, %b ret <16 x i32> %c }"


def _vector_bytes() -> int:
    """Return the bytes of a vector on the CPU that Numba compiles for."""
    name, features = (getattr(config, f"CPU_{what}") for what in ("NAME", "FEATURES"))  # None: those of this machine
    name = name or llvm.get_host_cpu_name()
    features = get_host_cpu_features() if features is None else features
    machine = llvm.Target.from_default_triple().create_target_machine(cpu=name, features=features)
    code = machine.emit_assembly(llvm.parse_assembly(_ADDITION))  # LLVM knows hundreds of CPUs by name
    registers = "".join(line for line in code.splitlines() if "paddd" in line)
    return 64 if "zmm" in registers else 32 if "ymm" in registers else 16


VECTOR_BYTES = _vector_bytes()
"""Size of a vector in bytes."""


class Vectors:
    """Vectors of one element type; with a `width`, rows end after that many numbers, within vector `last`."""

    def __init__(self, builder: ir.IRBuilder, element: ir.Type, width: ir.Value | None = None, last: int = 0) -> None:
        self.builder = builder
        self.element = element
        self.lanes = VECTOR_BYTES // (4 if isinstance(element, ir.FloatType) else 8)
        self.type = ir.VectorType(element, self.lanes)
        self.zero = ir.Constant(self.type, [0.0] * self.lanes)
        self.mask = None
        self.last = last
        if width is not None:
            self.mask_to(builder.sub(width, ir.Constant(I64, last * self.lanes)))

    def mask_to(self, width: ir.Value) -> None:
        """Load and store only the first `width` lanes of the last vector from here on."""
        lane = I32 if isinstance(self.element, ir.FloatType) else I64  # as wide as an element: one comparison
        lane_numbers = ir.Constant(ir.VectorType(lane, self.lanes), list(range(self.lanes)))
        width = self.builder.trunc(width, lane) if lane is I32 else width
        self.mask = self.builder.icmp_signed("<", lane_numbers, self._repeat(width, lane))

    def _repeat(self, scalar: ir.Value, element: ir.Type) -> ir.Value:
        undefined = ir.Constant(ir.VectorType(element, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, scalar, ir.Constant(I32, 0))
        first = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, undefined, first)

    def repeat(self, scalar: ir.Value) -> ir.Value:
        """Return a vector of `scalar` in every lane; integers are converted."""
        if isinstance(scalar.type, ir.IntType):
            scalar = self.builder.uitofp(scalar, self.element)
        return self._repeat(scalar, self.element)

    def _intrinsic(self, name: str, result: ir.Type, arguments: list[ir.Value]) -> ir.Value:
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, arguments)

    @property
    def _suffix(self) -> str:
        return f"v{self.lanes}f{32 if isinstance(self.element, ir.FloatType) else 64}"

    def load(self, pointer: ir.Value, number: int = 0) -> ir.Value:
        """Load vector `number` of a row; lanes behind the row's end are 0, and not touched."""
        at = self.builder.gep(pointer, [ir.Constant(I64, number * self.lanes)])
        at = self.builder.bitcast(at, self.type.as_pointer())
        align = VECTOR_BYTES // self.lanes
        if self.mask is None or number != self.last:
            loaded = self.builder.load(at)
            loaded.align = align
            return loaded
        arguments = [at, ir.Constant(I32, align), self.mask, self.zero]
        return self._intrinsic(f"llvm.masked.load.{self._suffix}.p0", self.type, arguments)

    def store(self, value: ir.Value, pointer: ir.Value, number: int = 0) -> None:
        """Store vector `number` of a row; what lies behind the row's end is left alone."""
        at = self.builder.gep(pointer, [ir.Constant(I64, number * self.lanes)])
        at = self.builder.bitcast(at, self.type.as_pointer())
        align = VECTOR_BYTES // self.lanes
        if self.mask is None or number != self.last:
            self.builder.store(value, at).align = align
        else:
            arguments = [value, at, ir.Constant(I32, align), self.mask]
            self._intrinsic(f"llvm.masked.store.{self._suffix}.p0", ir.VoidType(), arguments)

    def multiply_add(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return a * b + c. Not `llvm.fma`: on a CPU without the instruction that is a library call a lane."""
        return self._intrinsic(f"llvm.fmuladd.{self._suffix}", self.type, [a, b, c])


def loop(builder, start, stop, step, carried):
    """Open a loop that carries values in registers; return its index, the values, and the function that closes it."""
    entry, head = builder.block, builder.append_basic_block("head")
    body, done = builder.append_basic_block("body"), builder.append_basic_block("done")
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(I64)
    index.add_incoming(start, entry)
    values = []
    for value in carried:
        phi = builder.phi(value.type)
        phi.add_incoming(value, entry)
        values.append(phi)
    last = builder.add(index, ir.Constant(I64, step - 1))
    builder.cbranch(builder.icmp_signed("<", last, stop), body, done)
    builder.position_at_end(body)

    def close(new):
        index.add_incoming(builder.add(index, ir.Constant(I64, step)), builder.block)
        for phi, value in zip(values, new, strict=True):
            phi.add_incoming(value, builder.block)
        builder.branch(head)
        builder.position_at_end(done)

    return index, values, close


def unpack(context, builder, signature, args):
    """Return the types and the values of all arguments, tuples flattened; every integer as int64."""
    kinds, values = [], []
    for kind, value in zip(signature.args, args, strict=True):
        inner = isinstance(kind, types.BaseTuple)
        kinds += kind if inner else [kind]
        values += cgutils.unpack_tuple(builder, value, len(kind)) if inner else [value]
    for k, kind in enumerate(kinds):
        if isinstance(kind, types.Integer):
            values[k] = context.cast(builder, values[k], kind, types.int64)
    return kinds, values


def data_of(context, builder, kind, array):
    """Return the data pointer of an array."""
    return context.make_array(kind)(context, builder, array).data
