"""Vector primitives of sparse rows and of transposing.

A plain loop can't keep a row of sums in registers: the compiler must assume that the output may be one of the inputs,
so it loads and stores the sums at every step. Here the sums are LLVM values, so they stay in registers:

    gather    z[:w]     = start[:w] + sum_p value[p] * W[column[p], :w]    a sparse row times a matrix
    scatter   W[column[p], :w] += value[p] * d[:w]                         its transpose

All take flat arrays and offsets, for float32 and float64. A sparse row is (columns, values, first, last): its elements
are columns[first:last] and values[first:last]. The last vector of a row is loaded and stored under a mask, so any width
is exact and nothing outside of it is touched.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from fastmlp.kernels.llvm.vectors import I32, I64, Vectors, data_of, loop, unpack

GROUP = 4
"""Vectors that gather and scatter take at a time: as many sums hide the latency of a multiply-add."""


def _make_gather(vectors, masked, unroll):
    """Return the gather primitive for `vectors` vectors, with `unroll` independent sums for each."""

    @intrinsic
    def gather(typing_context, row, scale, panel, start, out, width):
        def codegen(context, builder, signature, args):
            kinds, flat = unpack(context, builder, signature, args)
            columns, values, first, last, scale, W, w0, w_row, s, s0, z, z0, width = flat
            columns, values, W, s, z = (data_of(context, builder, kinds[k], flat[k]) for k in (0, 1, 5, 8, 10))
            v = Vectors(builder, context.get_data_type(kinds[10].dtype), width if masked else None)
            W = builder.gep(W, [w0])

            def add(p, sums):
                column = builder.zext(builder.load(builder.gep(columns, [p])), I64)
                value = v.repeat(builder.load(builder.gep(values, [p])))
                row = builder.gep(W, [builder.mul(column, w_row)])
                return [v.multiply_add(value, v.load(row, n), sums[n]) for n in range(vectors)]

            many = [v.zero] * (vectors * unroll)
            p, many, close = loop(builder, first, last, unroll, many)
            new = []
            for u in range(unroll):
                new += add(builder.add(p, ir.Constant(I64, u)), many[u * vectors : (u + 1) * vectors])
            close(new)
            sums = list(many[:vectors])
            for u in range(1, unroll):
                sums = [builder.fadd(sums[n], many[u * vectors + n]) for n in range(vectors)]
            if unroll > 1:
                p, sums, close = loop(builder, p, last, 1, sums)
                close(add(p, sums))
            s, z, factor = builder.gep(s, [s0]), builder.gep(z, [z0]), v.repeat(scale)
            for n in range(vectors):
                v.store(v.multiply_add(factor, sums[n], v.load(s, n)), z, n)
            return context.get_dummy_value()

        return types.void(row, scale, panel, start, out, width), codegen

    return gather


def _make_scatter(vectors, masked):
    """Return the scatter primitive for `vectors` vectors."""

    @intrinsic
    def scatter(typing_context, row, scale, source, panel, width):
        def codegen(context, builder, signature, args):
            kinds, flat = unpack(context, builder, signature, args)
            columns, values, first, last, scale, d, d0, W, w0, w_row, width = flat
            columns, values, d, W = (data_of(context, builder, kinds[k], flat[k]) for k in (0, 1, 5, 7))
            v = Vectors(builder, context.get_data_type(kinds[7].dtype), width if masked else None)
            d, W, factor = builder.gep(d, [d0]), builder.gep(W, [w0]), v.repeat(scale)
            scaled = [builder.fmul(factor, v.load(d, n)) for n in range(vectors)]
            p, _, close = loop(builder, first, last, 1, [])
            column = builder.zext(builder.load(builder.gep(columns, [p])), I64)
            value = v.repeat(builder.load(builder.gep(values, [p])))
            row = builder.gep(W, [builder.mul(column, w_row)])
            for n in range(vectors):
                v.store(v.multiply_add(value, scaled[n], v.load(row, n)), row, n)
            close([])
            return context.get_dummy_value()

        return types.void(row, scale, source, panel, width), codegen

    return scatter


def _make_transpose(masked):
    """Return the primitive that transposes a square block of as many rows and columns as a vector has lanes.

    Masked: only `rows` rows and `width` columns of it are read and written.
    """

    @intrinsic
    def transpose_block(typing_context, source, target, rows, width):
        def codegen(context, builder, signature, args):
            kinds, flat = unpack(context, builder, signature, args)
            a, a0, a_row, c, c0, c_row, rows, width = flat
            a, c = (data_of(context, builder, kinds[k], flat[k]) for k in (0, 3))
            v = Vectors(builder, context.get_data_type(kinds[3].dtype))
            n = v.lanes

            def row_of(pointer, first, stride, r, count, width):
                if masked:  # a row past the last one gets a mask of no lanes, which touches no memory
                    inside = builder.icmp_signed("<", ir.Constant(I64, r), count)
                    v.mask_to(builder.select(inside, width, ir.Constant(I64, 0)))
                return builder.gep(pointer, [builder.add(first, builder.mul(stride, ir.Constant(I64, r)))])

            block = [v.load(row_of(a, a0, a_row, r, rows, width)) for r in range(n)]
            step = 1
            while step < n:  # exchange squares of `step` by `step` across the diagonal, from single numbers up
                low = [lane if not lane & step else n + lane - step for lane in range(n)]
                high = [lane + step if not lane & step else n + lane for lane in range(n)]
                for r in (r for r in range(n) if not r & step):
                    pair = block[r], block[r + step]
                    for target, lanes in ((r, low), (r + step, high)):
                        picked = ir.Constant(ir.VectorType(I32, n), lanes)
                        block[target] = builder.shuffle_vector(*pair, picked)
                step *= 2
            for r in range(n):
                pointer = row_of(c, c0, c_row, r, width, rows)
                v.store(block[r], pointer)
            return context.get_dummy_value()

        return types.void(source, target, rows, width), codegen

    return transpose_block


@intrinsic
def prefetch(typing_context, array, index):
    """Ask for the cache line of array[index]; an index out of bounds does no harm."""

    def codegen(context, builder, signature, args):
        kinds, (array, index) = unpack(context, builder, signature, args)
        at = builder.gep(data_of(context, builder, kinds[0], array), [index])
        at = builder.bitcast(at, ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [at.type, I32, I32, I32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [at, *(ir.Constant(I32, setting) for setting in (0, 3, 1))])  # to read, keep, data
        return context.get_dummy_value()

    return types.void(array, index), codegen


gather_group, gather_edge = _make_gather(GROUP, masked=False, unroll=1), _make_gather(1, masked=True, unroll=4)
gather_wide = _make_gather(2 * GROUP, masked=False, unroll=1)
gather_pair, scatter_pair = _make_gather(2, masked=False, unroll=4), _make_scatter(2, masked=False)
gather_vector, scatter_vector = _make_gather(1, masked=False, unroll=8), _make_scatter(1, masked=False)
transpose_full, transpose_edge = _make_transpose(masked=False), _make_transpose(masked=True)
scatter_group, scatter_edge = _make_scatter(GROUP, masked=False), _make_scatter(1, masked=True)
