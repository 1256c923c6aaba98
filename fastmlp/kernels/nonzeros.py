"""The first layer straight from bytes that are mostly zeros, such as images: four zeros in a row are not multiplied.

Nothing is packed: of three samples at a time, the quads (four bytes) that are not all zero are listed, then summed.
Each sample goes this way or that of the dense product by its own zeros, so its result does not depend on the others.
"""

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from fastmlp.kernels import simd
from fastmlp.kernels._compile import kernel
from fastmlp.kernels.finite import all_finite
from fastmlp.kernels.vectors import I32, I64, Vectors, as_int64, loop, pointers
from fastmlp.kernels.views import flat, segment

I8, I16 = ir.IntType(8), ir.IntType(16)
QUAD = 4
"""Bytes that are skipped or multiplied together. MNIST: of 196 quads 56 are not all zero (of 784 bytes 151)."""
BLOCK = 8
"""Quads that are looked at together: 32 bytes."""
IMAGES = 3
"""Samples summed together, which hides the latency of the multiply-adds; four are no faster, two and one slower."""
FEWEST_INPUTS, MOST_INPUTS = 32, QUAD << 16
"""A whole block; and as many as there are numbers of quads in 16 bits."""
MOST_QUADS = 0.5
"""Share of a sample's quads that are not all zero up to which the others are skipped (docs/decisions/0005)."""


def _make_bits_set():
    table = np.zeros((256, BLOCK), np.uint8)
    for mask in range(256):
        bits = [bit for bit in range(BLOCK) if mask >> bit & 1]
        table[mask, : len(bits)] = bits
    return table.reshape(-1)


BITS_SET = _make_bits_set()
"""(256 * 8,): for each byte the numbers of its bits that are 1, from the lowest up."""


def _constant(vector_type, lanes):
    return ir.Constant(vector_type, list(lanes))


def _splat(builder, scalar, lanes):
    """Return a vector of `scalar` in every lane."""
    undefined = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    one = builder.insert_element(undefined, scalar, ir.Constant(I32, 0))
    return builder.shuffle_vector(one, undefined, _constant(ir.VectorType(I32, lanes), [0] * lanes))


@intrinsic
def _find_in_blocks(typing_context, x, x0, blocks, table, quads, q0):
    """List the quads of x[x0:] that are not all zero, of `blocks` blocks, at quads[q0:]; return how many."""
    signature = types.int64(x, x0, blocks, table, quads, q0)

    def codegen(context, builder, signature, args):
        x, table, quads = pointers(context, builder, signature, args, 0, 3, 4)
        _, x0, blocks, _, _, q0 = as_int64(context, builder, signature, args)
        x, quads = builder.gep(x, [x0]), builder.gep(quads, [q0])
        words, numbers = ir.VectorType(I32, BLOCK), ir.VectorType(I16, BLOCK)
        carried = [ir.Constant(I64, 0), _constant(numbers, [0] * BLOCK)]
        block, (count, base), close = loop(builder, ir.Constant(I64, 0), blocks, 1, carried)
        at = builder.gep(x, [builder.mul(block, ir.Constant(I64, QUAD * BLOCK))])
        loaded = builder.load(builder.bitcast(at, words.as_pointer()))
        loaded.align = 1
        mask = builder.bitcast(builder.icmp_unsigned("!=", loaded, _constant(words, [0] * BLOCK)), I8)
        mask = builder.zext(mask, I64)
        at = builder.gep(table, [builder.mul(mask, ir.Constant(I64, BLOCK))])
        entry = builder.load(builder.bitcast(at, ir.VectorType(I8, BLOCK).as_pointer()))
        entry.align = 1
        at = builder.bitcast(builder.gep(quads, [count]), numbers.as_pointer())
        builder.store(builder.add(builder.zext(entry, numbers), base), at).align = 2
        count_next = builder.add(count, builder.ctpop(mask))
        close([count_next, builder.add(base, _constant(numbers, [BLOCK] * BLOCK))])
        return count

    return signature, codegen


def _make_gather(vectors, masked):
    """Return the primitive that sums the listed quads of IMAGES samples, `vectors` vectors of outputs.

    z_i[:w] = b[:w] + sum_p sum_r scale * x_i[4 * quads_i[p] + r] * W[4 * quads_i[p] + r, :w]; masked: w is `width`.
    """

    @intrinsic
    def gather(typing_context, x, x0, x1, x2, quads, q_row, count, scale, W, w0, w_row, b, b0, z, z0, z1, z2, width):
        signature = types.void(x, x0, x1, x2, quads, q_row, count, scale, W, w0, w_row, b, b0, z, z0, z1, z2, width)

        def codegen(context, builder, signature, args):
            x, quads, W, b, z = pointers(context, builder, signature, args, 0, 4, 8, 11, 13)
            numbers = as_int64(context, builder, signature, args)
            _, x0, x1, x2, _, q_row, count, scale, _, w0, w_row, _, b0, _, z0, z1, z2, width = numbers
            element = context.get_data_type(signature.args[13].dtype)
            v = Vectors(builder, element, width if masked else None)
            images = range(IMAGES)
            x_rows = [builder.gep(x, [first]) for first in (x0, x1, x2)]
            q_rows = [builder.gep(quads, [builder.mul(q_row, ir.Constant(I64, i))]) for i in images]
            W, b = builder.gep(W, [w0]), builder.gep(b, [b0])
            lanes = max(QUAD, v.lanes)  # of the values: a quad, as often as it fits in a vector
            factor, quad_row = _splat(builder, scale, lanes), builder.mul(w_row, ir.Constant(I64, QUAD))
            sums = [v.load(b, n) for _ in images for n in range(vectors)]
            p, sums, close = loop(builder, ir.Constant(I64, 0), count, 1, sums)
            values, rows = [], []
            for i in images:
                number = builder.zext(builder.load(builder.gep(q_rows[i], [p])), I64)
                at = builder.gep(x_rows[i], [builder.mul(number, ir.Constant(I64, QUAD))])
                quad = builder.load(builder.bitcast(at, I32.as_pointer()))
                quad.align = 1
                quad = builder.bitcast(_splat(builder, quad, lanes // QUAD), ir.VectorType(I8, lanes))
                quad = builder.zext(quad, ir.VectorType(I32, lanes))
                values.append(builder.fmul(builder.sitofp(quad, factor.type), factor))
                rows.append(builder.gep(W, [builder.mul(number, quad_row)]))
            new = list(sums)
            for r in range(QUAD):
                picked = _constant(ir.VectorType(I32, v.lanes), [lane // QUAD * QUAD + r for lane in range(v.lanes)])
                for i in images:
                    value = builder.shuffle_vector(values[i], values[i], picked)
                    row = builder.gep(rows[i], [builder.mul(w_row, ir.Constant(I64, r))])
                    for n in range(i * vectors, (i + 1) * vectors):
                        new[n] = v.multiply_add(value, v.load(row, n - i * vectors), new[n])
            close(new)
            for i, first in enumerate((z0, z1, z2)):
                for n in range(vectors):
                    v.store(sums[i * vectors + n], builder.gep(z, [first]), n)
            return context.get_dummy_value()

        return signature, codegen

    return gather


_gather_full, _gather_edge = _make_gather(2, masked=False), _make_gather(1, masked=True)


@kernel
def _find(x, x0, n_in, quads, q0):
    """List the quads of x[x0 : x0 + n_in] that are not all zero at quads[q0:], rising; return how many."""
    blocks = n_in // (QUAD * BLOCK)
    count = _find_in_blocks(x, x0, blocks, BITS_SET, quads, q0)
    for number in range(blocks * BLOCK, n_in // QUAD):
        k = x0 + QUAD * number
        quads[q0 + count] = number
        count += (x[k] | x[k + 1] | x[k + 2] | x[k + 3]) != 0
    return count


@kernel
def _pad(quads, q0, count, wanted):
    """Fill up a list of `count` quads to `wanted` ones with a quad that is all zero."""
    zero = 0
    while zero < count and quads[q0 + zero] == zero:
        zero += 1
    for p in range(q0 + count, q0 + wanted):
        quads[p] = zero


@kernel
def row_number(batch, i):
    """Return the number of a batch's sample i: batch[i], or i where `batch` is None."""
    if batch is None:
        return i
    return batch[i]


@kernel
def can_skip_zeros(X, W):
    """Return whether forward_bytes may take the place of the dense product.

    Only for bytes, in rows of whole quads; and not where a weight is NaN or infinite, which the dense product shows
    even at a pixel that is 0.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
    W : (n_in, n_out) float32 or float64, C-contiguous
    """
    n_in = X.shape[1]
    if X.itemsize != 1 or n_in % QUAD or n_in < FEWEST_INPUTS or n_in > MOST_INPUTS:
        return False
    return all_finite(flat(W))


@kernel
def mostly_zeros(X, row):
    """Return whether so many of a sample's quads are all zero that forward_bytes takes it.

    Parameters
    ----------
    X : (n, n_in) uint8, C-contiguous
        For which can_skip_zeros is true.
    row : int
    """
    n = X.shape[1] // QUAD
    quads, found = segment(flat(X).view(np.uint32), row * n, n), 0
    for k in range(n):
        found += quads[k] != 0
    return found <= MOST_QUADS * n


@kernel
def forward_bytes(X, batch, first, last, W, b, lists, Z):
    """Compute the first layer's weighted sums of some samples of bytes: Z = X[batch] / 255 @ W + b.

    Parameters
    ----------
    X : (n, n_in) uint8, C-contiguous
        For which can_skip_zeros is true.
    batch : (rows,) int64, or None for the first `rows` samples
    first, last : int
        Rows `first` to `last - 1` of the batch.
    W : (n_in, n_out) float32 or float64, C-contiguous
    b : (n_out,), same dtype
    lists : (at least 3 * (n_in / 4 + 8),) uint16
        Scratch, overwritten.
    Z : (rows, n_out), same dtype
        These rows are overwritten.
    """
    n_in, n_out = X.shape[1], W.shape[1]
    T, lanes, stride = W.dtype.type, simd.VECTOR_BYTES // W.itemsize, n_in // QUAD + BLOCK
    x, w, z, scale = flat(X).view(np.uint8), flat(W), flat(Z), T(1) / T(255)
    for i in range(first, last, IMAGES):
        second, third = min(i + 1, last - 1), min(i + 2, last - 1)  # the last sample again where there are no more
        x0, x1, x2 = row_number(batch, i) * n_in, row_number(batch, second) * n_in, row_number(batch, third) * n_in
        c0, c1 = _find(x, x0, n_in, lists, 0), _find(x, x1, n_in, lists, stride)
        c2 = _find(x, x2, n_in, lists, 2 * stride)
        count = max(c0, c1, c2)
        _pad(lists, 0, c0, count)
        _pad(lists, stride, c1, count)
        _pad(lists, 2 * stride, c2, count)
        z0, z1, z2, j = i * n_out, second * n_out, third * n_out, 0
        while j + 2 * lanes <= n_out:
            _gather_full(
                x, x0, x1, x2, lists, stride, count, scale, w, j, n_out, b, j, z, z0 + j, z1 + j, z2 + j, lanes
            )
            j += 2 * lanes
        while j < n_out:
            width = min(lanes, n_out - j)
            _gather_edge(
                x, x0, x1, x2, lists, stride, count, scale, w, j, n_out, b, j, z, z0 + j, z1 + j, z2 + j, width
            )
            j += lanes
