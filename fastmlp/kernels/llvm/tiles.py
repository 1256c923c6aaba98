"""The register tile that matrix products are made of, written as LLVM vectors.

Sums are LLVM values and stay in registers, for the reason that `sparse_rows` gives:

    strip     c[:M, :w] = start[:w] + sum_k a[:M, k] * b[k, :w]    some columns of a product, a tile of rows at a time
    pack      panel[k, :w] = b[k, :w]                              so that the tiles read rows that lie side by side

All take flat arrays and offsets, for float32 and float64. The last vector of a row is loaded and stored under a mask,
so any width is exact and nothing outside of it is touched.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from fastmlp.kernels.llvm.vectors import I64, VECTOR_BYTES, Vectors, data_of, loop, unpack

TILE_ROWS = 8 if VECTOR_BYTES == 64 else 6 if VECTOR_BYTES == 32 else 4
"""Rows of a tile of two vectors: its sums, two vectors of b and one of a fill the 32 or 16 registers exactly."""
DEPTH = 192
"""Most terms that a tile adds up. Longer sums are sums of such sums, which keeps their error at that of BLAS or below,
and a panel of DEPTH rows stays in the first-level cache."""

BLOCK_ROWS = 128
"""Most rows of a that are copied and multiplied at a time."""
BLOCK_BYTES = BLOCK_ROWS * DEPTH * 4
"""Bytes of them, so half as many rows of float64: they fit in the second-level cache and on the stack."""
STACK_PANEL_BYTES = max(2 * VECTOR_BYTES * DEPTH, 24 << 10)
"""Bytes of a panel of b: they fit in the first-level cache."""


def _tiles_down(builder, v, vectors, values):
    """Write the code of a strip of `vectors` vectors: tiles of as many sums as registers hold, then of fewer rows."""
    a, a_row, a_k, b, b_k, start, s_row, c, c_row, M, K = values

    def at(pointer, row, stride, r):
        return builder.gep(pointer, [builder.mul(builder.add(row, ir.Constant(I64, r)), stride)])

    i = ir.Constant(I64, 0)
    for rows in dict.fromkeys((TILE_ROWS * 2 // vectors, 4, 2, 1)):
        i, _, close_rows = loop(builder, i, M, rows, [])
        a_rows = [at(a, i, a_row, r) for r in range(rows)]
        k, sums, close = loop(builder, ir.Constant(I64, 0), K, 1, [v.zero] * (rows * vectors))
        b_row, a_column = builder.gep(b, [builder.mul(k, b_k)]), builder.mul(k, a_k)
        columns = [v.load(b_row, n) for n in range(vectors)]
        new = []
        for r in range(rows):
            factor = v.repeat(builder.load(builder.gep(a_rows[r], [a_column])))
            new += [v.multiply_add(factor, columns[n], sums[r * vectors + n]) for n in range(vectors)]
        close(new)
        for r in range(rows):
            before, after = at(start, i, s_row, r), at(c, i, c_row, r)
            for n in range(vectors):
                v.store(builder.fadd(sums[r * vectors + n], v.load(before, n)), after, n)
        close_rows([])


def _make_strip(vectors, masked, packed=False):
    """Return the primitive for a strip of `vectors` vectors of columns; a masked one has `width` columns.

    Arguments: a as (array, offset, row stride, column stride), b as (array, offset, row stride), start as (array,
    offset), whether to add to c as it was (`more`), c as (array, offset, row stride), the sizes (M, K), and the width.
    Sums begin at 0; then `start`, the same for each row, is added, or c. `start` may be empty.
    Packed: a is a block and b a panel, so that the places of their numbers are known when the code is compiled. With
    strides as arguments, each tile row's place would be found from the one before it, as slowly as it is multiplied.
    """

    @intrinsic
    def strip(typing_context, a, b, start, more, c, sizes, width):
        def codegen(context, builder, signature, args):
            kinds, flat = unpack(context, builder, signature, args)
            _, a0, a_row, a_k, _, b0, b_k, start, s0, more, _, c0, c_row, M, K, width = flat
            a, b, c = (data_of(context, builder, kinds[k], flat[k]) for k in (0, 4, 10))
            element = context.get_data_type(kinds[10].dtype)
            c = builder.gep(c, [c0])
            zeros = ir.Constant(ir.ArrayType(element, vectors * VECTOR_BYTES // 4), None)
            zeros = builder.bitcast(cgutils.global_constant(builder, "zeros", zeros), element.as_pointer())
            start = context.make_array(kinds[7])(context, builder, start)
            empty = builder.icmp_signed("==", start.nitems, ir.Constant(I64, 0))
            s = builder.select(empty, zeros, builder.gep(start.data, [s0]))
            s, s_row = builder.select(more, c, s), builder.select(more, c_row, ir.Constant(I64, 0))
            a, b = builder.gep(a, [a0]), builder.gep(b, [b0])
            values = [a, a_row, a_k, b, b_k, s, s_row, c, c_row, M, K, width]
            name = f"fastmlp_strip_{vectors}_{'packed' if packed else 'masked' if masked else 'whole'}_{element}"
            kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
            function = cgutils.get_or_insert_function(builder.module, kind, name)  # one, for all places that call it
            if function.is_declaration:
                function.linkage = "linkonce_odr"  # one also where kernels with a copy each are linked together
                function.attributes.add("noinline")
                inside = ir.IRBuilder(function.append_basic_block("entry"))
                v = Vectors(inside, element, function.args[-1] if masked else None, vectors - 1)
                a, a_row, a_k, b, b_k, *others = function.args[:-1]
                if packed:
                    a_row, a_k, b_k = (ir.Constant(I64, places) for places in (DEPTH, 1, vectors * v.lanes))
                _tiles_down(inside, v, vectors, [a, a_row, a_k, b, b_k, *others])
                inside.ret_void()
            builder.call(function, values)
            return context.get_dummy_value()

        return types.void(a, b, start, more, c, sizes, width), codegen

    return strip


def make_stack_array(n_bytes, dtype=None):
    """Return the primitive that gives a kernel an array of `n_bytes` on its stack, of `dtype` or as its argument is."""

    @intrinsic
    def stack_array(typing_context, like):
        def codegen(context, builder, signature, args):
            kind = signature.return_type
            element, itemsize = context.get_data_type(kind.dtype), kind.dtype.bitwidth // 8
            memory_type = ir.ArrayType(element, n_bytes // itemsize)
            with builder.goto_entry_block():  # not Numba's alloca_once, which fills the memory with zeros at every call
                memory = builder.alloca(memory_type)
            memory.align = 64
            array = context.make_array(kind)(context, builder)
            data, size = builder.bitcast(memory, element.as_pointer()), ir.Constant(I64, itemsize)
            shape = [ir.Constant(I64, memory_type.count)]
            populate_array(array, data=data, shape=shape, strides=[size], itemsize=size, meminfo=None)
            return array._getvalue()

        return (types.Array(dtype, 1, "C") if dtype else like)(like), codegen

    return stack_array


def make_pack(vectors):
    """Return the primitive that copies rows of some vectors from one panel to another."""

    @intrinsic
    def pack(typing_context, source, target, rows):
        def codegen(context, builder, signature, args):
            kinds, flat = unpack(context, builder, signature, args)
            _, a0, a_row, _, c0, c_row, rows = flat
            a, c = (data_of(context, builder, kinds[k], flat[k]) for k in (0, 3))
            v = Vectors(builder, context.get_data_type(kinds[3].dtype))
            a, c = builder.gep(a, [a0]), builder.gep(c, [c0])
            i, _, close = loop(builder, ir.Constant(I64, 0), rows, 1, [])
            row, target = builder.gep(a, [builder.mul(i, a_row)]), builder.gep(c, [builder.mul(i, c_row)])
            for n in range(vectors):
                v.store(v.load(row, n), target, n)
            close([])
            return context.get_dummy_value()

        return types.void(source, target, rows), codegen

    return pack


stack_panel, stack_block = make_stack_array(STACK_PANEL_BYTES), make_stack_array(BLOCK_BYTES)
pack = make_pack(2)
strip_whole, strip_pair = _make_strip(2, masked=False), _make_strip(2, masked=True)
strip_packed = _make_strip(2, masked=False, packed=True)
strip_edge = _make_strip(1, masked=True)
