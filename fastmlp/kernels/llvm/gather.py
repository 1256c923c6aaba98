"""The part of a matrix product whose left side is mostly zeros, written as LLVM vectors.

    gather     out[:M, :w] = factor * (sums[:M, :w] + sum_p block[:M, place[p]] * panel[place[p], :w]) + base[:M, :w]

Only the places of a block's numbers that are not 0 are visited, in rising order: each sum has the same terms in the
same order as in `tiles`, without those that are 0, and so the same bits. A row's sums are LLVM values and stay in
registers; the panel, a part of the right side, stays in the first-level cache.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from fastmlp.kernels.llvm.tiles import BLOCK_ROWS, DEPTH, STACK_PANEL_BYTES, make_pack, make_stack_array
from fastmlp.kernels.llvm.vectors import I64, VECTOR_BYTES, Vectors, data_of, loop, unpack

PANEL_VECTORS = 8
"""Vectors of columns in a panel: as many sums hide the latency of a multiply-add."""
PANEL_BYTES = PANEL_VECTORS * VECTOR_BYTES
"""Size of a panel's row."""
PANEL_ROWS = min(DEPTH, STACK_PANEL_BYTES // PANEL_BYTES)
"""Rows of a panel."""
PARTS = -(-DEPTH // PANEL_ROWS)
"""Panels that the terms of a block need."""
COUNTS_AT = BLOCK_ROWS * DEPTH
"""Place at which the counts of the lists begin in an array of places, PARTS for each row."""
LISTED = 8
"""Numbers that list_nonzeros looks at together."""


@intrinsic
def list_nonzeros(typing_context, numbers, places):
    """List the places of the numbers that are not 0, rising; return how many there are.

    Arguments: numbers, (n,) with n a multiple of LISTED; places, (n,) uint8. All of `places` may be overwritten.
    """

    def codegen(context, builder, signature, args):
        numbers = context.make_array(signature.args[0])(context, builder, args[0])
        data, places = numbers.data, data_of(context, builder, signature.args[1], args[1])
        group = ir.VectorType(context.get_data_type(signature.args[0].dtype), LISTED)
        bits = ir.IntType(LISTED)
        table = ir.Constant(ir.ArrayType(I64, 1 << LISTED), [_places_in(pattern) for pattern in range(1 << LISTED)])
        table = cgutils.global_constant(builder, "places", table)
        zero = ir.Constant(I64, 0)
        k, (n,), close = loop(builder, zero, numbers.nitems, LISTED, [zero])
        loaded = builder.load(builder.bitcast(builder.gep(data, [k]), group.as_pointer()))
        loaded.align = signature.args[0].dtype.bitwidth // 8
        pattern = builder.bitcast(builder.fcmp_unordered("!=", loaded, ir.Constant(group, [0.0] * LISTED)), bits)
        found = builder.load(builder.gep(table, [zero, builder.zext(pattern, I64)]))
        found = builder.add(found, builder.mul(k, ir.Constant(I64, 0x0101010101010101)))
        builder.store(found, builder.bitcast(builder.gep(places, [n]), I64.as_pointer())).align = 1
        close([builder.add(n, builder.zext(builder.ctpop(pattern), I64))])
        return n

    return types.int64(numbers, places), codegen


def _places_in(pattern):
    """Return the places of the bits that are set, one in each byte from the lowest on."""
    return sum(place << 8 * n for n, place in enumerate(k for k in range(LISTED) if pattern >> k & 1))


@intrinsic
def gather(typing_context, lists, panel, sums, factor, base, out, rows):
    """Add the terms of one panel to the sums of all rows.

    Arguments: lists as (block, places, part), two arrays whose rows are DEPTH apart, and which part of them the panel
    belongs to, with the lengths of the lists from COUNTS_AT on in places; the panel, an array; sums, base and out as
    (array, offset, row stride); the factor, of the same dtype; the number of rows.
    """

    def codegen(context, builder, signature, args):
        kinds, flat = unpack(context, builder, signature, args)
        block, places, part, panel, sums, s0, s_row, factor, base, b0, b_row, out, o0, o_row, rows = flat
        block, places, panel, sums, base, out = (
            data_of(context, builder, kinds[k], flat[k]) for k in (0, 1, 3, 4, 8, 11)
        )
        element = context.get_data_type(kinds[3].dtype)
        first = builder.mul(part, ir.Constant(I64, PANEL_ROWS))
        counts = builder.gep(places, [builder.add(part, ir.Constant(I64, COUNTS_AT))])
        values = [builder.gep(block, [first]), builder.gep(places, [first]), counts, panel]
        values += [builder.gep(sums, [s0]), s_row, builder.gep(base, [b0]), b_row, builder.gep(out, [o0]), o_row]
        values += [factor, rows]
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
        function = cgutils.get_or_insert_function(builder.module, kind, f"fastmlp_gather_{element}")
        if function.is_declaration:
            function.linkage = "linkonce_odr"  # one also where kernels with a copy each are linked together
            function.attributes.add("noinline")
            inside = ir.IRBuilder(function.append_basic_block("entry"))
            _gather_rows(inside, Vectors(inside, element), function.args)
            inside.ret_void()
        builder.call(function, values)
        return context.get_dummy_value()

    return types.void(lists, panel, sums, factor, base, out, rows), codegen


def _gather_rows(builder, v, values):
    """Write the code of gather: a loop over the rows, and in it one over a row's places."""
    block, places, counts, panel, sums, s_row, base, b_row, out, o_row, factor, rows = values
    scale = v.repeat(factor)
    numbers = range(PANEL_VECTORS)
    i, _, close_rows = loop(builder, ir.Constant(I64, 0), rows, 1, [])
    at = builder.mul(i, ir.Constant(I64, DEPTH))
    own, listed = builder.gep(block, [at]), builder.gep(places, [at])
    count = builder.load(builder.gep(counts, [builder.mul(i, ir.Constant(I64, PARTS))]))
    row = builder.gep(sums, [builder.mul(i, s_row)])
    p, carried, close = loop(
        builder, ir.Constant(I64, 0), builder.zext(count, I64), 1, [v.load(row, n) for n in numbers]
    )
    place = builder.zext(builder.load(builder.gep(listed, [p])), I64)
    value = v.repeat(builder.load(builder.gep(own, [place])))
    columns = builder.gep(panel, [builder.mul(place, ir.Constant(I64, PANEL_VECTORS * v.lanes))])
    close([v.multiply_add(value, v.load(columns, n), carried[n]) for n in numbers])
    row, target = builder.gep(base, [builder.mul(i, b_row)]), builder.gep(out, [builder.mul(i, o_row)])
    for n in numbers:
        v.store(v.multiply_add(scale, carried[n], v.load(row, n)), target, n)
    close_rows([])


pack_panel = make_pack(PANEL_VECTORS)
stack_sums = make_stack_array((BLOCK_ROWS + 1) * PANEL_BYTES)
stack_zeros = make_stack_array(PANEL_BYTES)
stack_places = make_stack_array(COUNTS_AT + BLOCK_ROWS * PARTS, types.uint8)
