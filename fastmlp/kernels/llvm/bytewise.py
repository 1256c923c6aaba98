"""Bytes taken many at a time: copied, compared with 0, read in pairs."""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

WORD = 64
"""Number of bytes that are compared with 0 at a time."""
I8, I16, I32, I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))


def _pointer(context, builder, kind, array, index):
    """Return the address of array[index]."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


@intrinsic
def copy(typing_context, source, first, n, target, start):
    """Copy source[first : first + n] to target[start : start + n], flat arrays of one dtype that do not overlap.

    For few numbers, where a loop spends its time in the remainder that fills no vector.
    """

    def codegen(context, builder, signature, args):
        source, first, n, target, start = args
        kind = context.get_data_type(signature.args[0].dtype)
        source = _pointer(context, builder, signature.args[0], source, first)
        target = _pointer(context, builder, signature.args[3], target, start)
        cgutils.raw_memcpy(builder, target, source, n, context.get_abi_sizeof(kind))
        return context.get_dummy_value()

    return types.void(source, types.int64, types.int64, target, types.int64), codegen


@intrinsic
def pair_of_bytes(typing_context, array, index):
    """Return the bytes array[index] and array[index + 1] as one uint32, the first one in its lowest bits."""

    def codegen(context, builder, signature, args):
        at = _pointer(context, builder, signature.args[0], *args)
        loaded = builder.load(builder.bitcast(at, I16.as_pointer()))
        loaded.align = 1
        return builder.zext(loaded, I32)

    return types.uint32(array, types.uint64), codegen


@intrinsic
def nonzero_bytes(typing_context, array, index):
    """Return a uint64 whose bit k tells whether the byte array[index + k] is not 0, for WORD bytes."""

    def codegen(context, builder, signature, args):
        at, kind = _pointer(context, builder, signature.args[0], *args), ir.VectorType(I8, WORD)
        loaded = builder.load(builder.bitcast(at, kind.as_pointer()))
        loaded.align = 1
        return builder.bitcast(builder.icmp_unsigned("!=", loaded, ir.Constant(kind, [0] * WORD)), I64)

    return types.uint64(array, types.int64), codegen


@intrinsic
def lowest_bit(typing_context, bits):
    """Return the number of the lowest bit that is set in the uint64 `bits`, which is not 0."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), codegen
