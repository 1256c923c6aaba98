"""The vector primitives that put the other kernels at the machine's limit, written as LLVM vectors.

A plain loop can't keep a row of sums in registers: the compiler must assume that the output may be one of the inputs,
so it loads and stores the sums at every step. Here the sums are LLVM values, so they stay in registers:

    tile      c[r, :w]  = start[r, :w] + sum_k a[r, k] * b[k, :w]          a block of a matrix product
    gather    z[:w]     = start[:w] + sum_p value[p] * W[column[p], :w]    a sparse row times a matrix
    scatter   W[column[p], :w] += value[p] * d[:w]                         its transpose

All work on flat arrays and offsets, for float32 and float64. The last vector of a row is loaded and stored under a
mask, so any width is exact and nothing outside of it is touched. Called by `dense` and `sparse`; calls nothing.
"""

import os

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)


def _vector_bytes() -> int:
    """Return the bytes of a vector on the CPU that Numba compiles for."""
    name, features = os.environ.get("NUMBA_CPU_NAME"), os.environ.get("NUMBA_CPU_FEATURES")
    if name is None and features is None:
        host = llvm.get_host_cpu_features()
        return 64 if host.get("avx512f") else 32 if host.get("avx2") else 16
    if "+avx512f" in (features or "") or "avx512" in (name or ""):
        return 64
    return 32 if "+avx2" in (features or "") or name in {"haswell", "broadwell", "skylake", "znver3"} else 16


VECTOR_BYTES = _vector_bytes()
TILE_ROWS = 8 if VECTOR_BYTES == 64 else 6 if VECTOR_BYTES == 32 else 4
"""Rows of a tile of two vectors: its sums, two rows of b and one of a fill the 32 or 16 registers without spilling."""
GROUP = 4
"""Vectors that gather and scatter take at a time: as many sums hide the latency of a multiply-add."""


class _Vectors:
    """Vectors of one element type, and a mask for the last one of a row."""

    def __init__(self, builder: ir.IRBuilder, element: ir.Type, width: ir.Value | None = None) -> None:
        self.builder = builder
        self.element = element
        self.lanes = VECTOR_BYTES // (4 if isinstance(element, ir.FloatType) else 8)
        self.type = ir.VectorType(element, self.lanes)
        self.zero = ir.Constant(self.type, [0.0] * self.lanes)
        self.mask = None
        if width is not None:
            self.mask_to(width)

    def mask_to(self, width: ir.Value) -> None:
        """Load and store only the first `width` lanes from here on."""
        lane_numbers = ir.Constant(ir.VectorType(I64, self.lanes), list(range(self.lanes)))
        self.mask = self.builder.icmp_signed("<", lane_numbers, self._repeat(width, I64))

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
        """Load vector `number` of a row; under the mask if there is one, its other lanes are 0."""
        at = self.builder.gep(pointer, [ir.Constant(I64, number * self.lanes)])
        at = self.builder.bitcast(at, self.type.as_pointer())
        align = VECTOR_BYTES // self.lanes
        if self.mask is None:
            loaded = self.builder.load(at)
            loaded.align = align
            return loaded
        arguments = [at, ir.Constant(I32, align), self.mask, self.zero]
        return self._intrinsic(f"llvm.masked.load.{self._suffix}.p0", self.type, arguments)

    def store(self, value: ir.Value, pointer: ir.Value, number: int = 0) -> None:
        """Store vector `number` of a row; under the mask if there is one, its other lanes are left alone."""
        at = self.builder.gep(pointer, [ir.Constant(I64, number * self.lanes)])
        at = self.builder.bitcast(at, self.type.as_pointer())
        align = VECTOR_BYTES // self.lanes
        if self.mask is None:
            self.builder.store(value, at).align = align
        else:
            arguments = [value, at, ir.Constant(I32, align), self.mask]
            self._intrinsic(f"llvm.masked.store.{self._suffix}.p0", ir.VoidType(), arguments)

    def multiply_add(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return a * b + c. Not `llvm.fma`: on a CPU without the instruction that is a library call a lane."""
        return self._intrinsic(f"llvm.fmuladd.{self._suffix}", self.type, [a, b, c])


def _loop(builder, start, stop, step, carried):
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


def _pointers(context, builder, signature, args, *positions):
    """Return the data pointers of the array arguments at `positions`."""
    return [context.make_array(signature.args[k])(context, builder, args[k]).data for k in positions]


def _int64(context, builder, signature, args):
    """Return the arguments, its integers as int64 whatever type Numba gave them."""
    return [
        context.cast(builder, value, kind, types.int64) if isinstance(kind, types.Integer) else value
        for value, kind in zip(args, signature.args, strict=True)
    ]


def _make_tile(rows, vectors, masked):
    """Return the tile primitive for `rows` rows of `vectors` vectors; masked: the last one is `width` lanes wide.

    `start` None means sums that begin at 0.
    """

    @intrinsic
    def tile(typing_context, a, a0, a_row, a_k, b, b0, b_k, start, s0, s_row, c, c0, c_row, K, width):
        signature = types.void(a, a0, a_row, a_k, b, b0, b_k, start, s0, s_row, c, c0, c_row, K, width)

        def codegen(context, builder, signature, args):
            a, b, c = _pointers(context, builder, signature, args, 0, 4, 10)
            numbers = _int64(context, builder, signature, args)
            _, a0, a_row, a_k, _, b0, b_k, _, s0, s_row, _, c0, c_row, K, width = numbers
            element = context.get_data_type(signature.args[10].dtype)
            v = _Vectors(builder, element, width if masked else None)

            def row_of(pointer, first, stride, r):
                return builder.gep(pointer, [builder.add(first, builder.mul(stride, ir.Constant(I64, r)))])

            a_rows = [row_of(a, a0, a_row, r) for r in range(rows)]
            b = builder.gep(b, [b0])
            starts = []
            if signature.args[7] != types.none:
                (s,) = _pointers(context, builder, signature, args, 7)
                starts = [row_of(s, s0, s_row, r) for r in range(rows)]
            sums = [v.load(starts[r], n) if starts else v.zero for r in range(rows) for n in range(vectors)]
            k, sums, close = _loop(builder, ir.Constant(I64, 0), K, 1, sums)
            b_row, a_column = builder.gep(b, [builder.mul(k, b_k)]), builder.mul(k, a_k)
            columns = [v.load(b_row, n) for n in range(vectors)]
            new = []
            for r in range(rows):
                factor = v.repeat(builder.load(builder.gep(a_rows[r], [a_column])))
                new += [v.multiply_add(factor, columns[n], sums[r * vectors + n]) for n in range(vectors)]
            close(new)
            for r in range(rows):
                for n in range(vectors):
                    v.store(sums[r * vectors + n], row_of(c, c0, c_row, r), n)
            return context.get_dummy_value()

        return signature, codegen

    return tile


def _make_gather(vectors, masked, unroll):
    """Return the gather primitive for `vectors` vectors, with `unroll` independent sums for each."""

    @intrinsic
    def gather(typing_context, columns, values, first, last, scale, W, w0, w_row, start, s0, z, z0, width):
        signature = types.void(columns, values, first, last, scale, W, w0, w_row, start, s0, z, z0, width)

        def codegen(context, builder, signature, args):
            columns, values, W, s, z = _pointers(context, builder, signature, args, 0, 1, 5, 8, 10)
            numbers = _int64(context, builder, signature, args)
            _, _, first, last, scale, _, w0, w_row, _, s0, _, z0, width = numbers
            v = _Vectors(builder, context.get_data_type(signature.args[10].dtype), width if masked else None)
            W = builder.gep(W, [w0])

            def add(p, sums):
                column = builder.zext(builder.load(builder.gep(columns, [p])), I64)
                value = v.repeat(builder.load(builder.gep(values, [p])))
                row = builder.gep(W, [builder.mul(column, w_row)])
                return [v.multiply_add(value, v.load(row, n), sums[n]) for n in range(vectors)]

            many = [v.zero] * (vectors * unroll)
            p, many, close = _loop(builder, first, last, unroll, many)
            new = []
            for u in range(unroll):
                new += add(builder.add(p, ir.Constant(I64, u)), many[u * vectors : (u + 1) * vectors])
            close(new)
            sums = list(many[:vectors])
            for u in range(1, unroll):
                sums = [builder.fadd(sums[n], many[u * vectors + n]) for n in range(vectors)]
            if unroll > 1:
                p, sums, close = _loop(builder, p, last, 1, sums)
                close(add(p, sums))
            s, z, factor = builder.gep(s, [s0]), builder.gep(z, [z0]), v.repeat(scale)
            for n in range(vectors):
                v.store(v.multiply_add(factor, sums[n], v.load(s, n)), z, n)
            return context.get_dummy_value()

        return signature, codegen

    return gather


def _make_scatter(vectors, masked):
    """Return the scatter primitive for `vectors` vectors."""

    @intrinsic
    def scatter(typing_context, columns, values, first, last, scale, d, d0, W, w0, w_row, width):
        signature = types.void(columns, values, first, last, scale, d, d0, W, w0, w_row, width)

        def codegen(context, builder, signature, args):
            columns, values, d, W = _pointers(context, builder, signature, args, 0, 1, 5, 7)
            _, _, first, last, scale, _, d0, _, w0, w_row, width = _int64(context, builder, signature, args)
            v = _Vectors(builder, context.get_data_type(signature.args[7].dtype), width if masked else None)
            d, W, factor = builder.gep(d, [d0]), builder.gep(W, [w0]), v.repeat(scale)
            scaled = [builder.fmul(factor, v.load(d, n)) for n in range(vectors)]
            p, _, close = _loop(builder, first, last, 1, [])
            column = builder.zext(builder.load(builder.gep(columns, [p])), I64)
            value = v.repeat(builder.load(builder.gep(values, [p])))
            row = builder.gep(W, [builder.mul(column, w_row)])
            for n in range(vectors):
                v.store(v.multiply_add(value, scaled[n], v.load(row, n)), row, n)
            close([])
            return context.get_dummy_value()

        return signature, codegen

    return scatter


def _make_transpose(masked):
    """Return the primitive that transposes a square block of as many rows and columns as a vector has lanes.

    Masked: only `rows` rows and `width` columns of it are read and written.
    """

    @intrinsic
    def transpose_block(typing_context, a, a0, a_row, c, c0, c_row, rows, width):
        signature = types.void(a, a0, a_row, c, c0, c_row, rows, width)

        def codegen(context, builder, signature, args):
            a, c = _pointers(context, builder, signature, args, 0, 3)
            _, a0, a_row, _, c0, c_row, rows, width = _int64(context, builder, signature, args)
            v = _Vectors(builder, context.get_data_type(signature.args[3].dtype))
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

        return signature, codegen

    return transpose_block


@intrinsic
def borrow(typing_context, array):
    """Return `array` without its reference count, so that views of it cost nothing; the caller keeps it alive.

    A view of an ordinary array counts up and down atomically: in a batch of ten samples of the lecture's network that
    took a third of the time.
    """

    def codegen(context, builder, signature, args):
        unowned = context.make_array(signature.args[0])(context, builder, args[0])
        unowned.meminfo = ir.Constant(unowned.meminfo.type, None)
        unowned.parent = ir.Constant(unowned.parent.type, None)
        return unowned._getvalue()

    return array(array), codegen


@intrinsic
def prefetch(typing_context, array, index):
    """Ask for the cache line of array[index]; an index out of bounds does no harm."""

    def codegen(context, builder, signature, args):
        (pointer,) = _pointers(context, builder, signature, args, 0)
        at = builder.gep(pointer, [_int64(context, builder, signature, args)[1]])
        at = builder.bitcast(at, ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [at.type, I32, I32, I32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [at, *(ir.Constant(I32, setting) for setting in (0, 3, 1))])  # to read, keep, data
        return context.get_dummy_value()

    return types.void(array, index), codegen


tile_full, tile_row_full = _make_tile(TILE_ROWS, 2, masked=False), _make_tile(1, 2, masked=False)
tile_edge, tile_pair_edge, tile_row_edge = (_make_tile(rows, 1, masked=True) for rows in (TILE_ROWS, 2, 1))
gather_group, gather_edge = _make_gather(GROUP, masked=False, unroll=1), _make_gather(1, masked=True, unroll=4)
gather_wide = _make_gather(2 * GROUP, masked=False, unroll=1)
gather_vector, scatter_vector = _make_gather(1, masked=False, unroll=8), _make_scatter(1, masked=False)
transpose_full, transpose_edge = _make_transpose(masked=False), _make_transpose(masked=True)
scatter_group, scatter_edge = _make_scatter(GROUP, masked=False), _make_scatter(1, masked=True)
