"""Views of contiguous arrays that cost nothing.

A slice of an array counts references up and down atomically, and a reshape is a call of a C function: in a batch of ten
samples of the lecture's network the two took half of the time. These are a few additions. Bounds are not checked, and
whoever calls keeps the array alive. Calls `vectors`.
"""

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.vectors import as_int64


def _view(context, builder, kind, array, start, shape):
    """Return the struct of an array of type `kind` that starts `start` elements into `array`."""
    word = ir.IntType(64)
    itemsize = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
    strides = [itemsize]
    for n in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], n))
    view = context.make_array(kind)(context, builder)
    data = builder.gep(array.data, [start if start is not None else ir.Constant(word, 0)])
    populate_array(view, data=data, shape=shape, strides=strides, itemsize=itemsize, meminfo=None, parent=None)
    return view._getvalue()


@intrinsic
def segment(typing_context, array, start, n):
    """Return array.ravel()[start : start + n] of a C-contiguous array."""
    kind = types.Array(array.dtype, 1, "C")

    def codegen(context, builder, signature, args):
        whole = context.make_array(signature.args[0])(context, builder, args[0])
        _, start, n = as_int64(context, builder, signature, args)
        return _view(context, builder, kind, whole, start, [n])

    return kind(array, start, n), codegen


@intrinsic
def matrix(typing_context, array, start, rows, columns):
    """Return array.ravel()[start : start + rows * columns].reshape(rows, columns) of a C-contiguous array."""
    kind = types.Array(array.dtype, 2, "C")

    def codegen(context, builder, signature, args):
        whole = context.make_array(signature.args[0])(context, builder, args[0])
        _, start, rows, columns = as_int64(context, builder, signature, args)
        return _view(context, builder, kind, whole, start, [rows, columns])

    return kind(array, start, rows, columns), codegen


@intrinsic
def flat(typing_context, array):
    """Return array.ravel() of a C-contiguous array."""
    kind = types.Array(array.dtype, 1, "C")

    def codegen(context, builder, signature, args):
        whole = context.make_array(signature.args[0])(context, builder, args[0])
        size = whole.nitems
        return _view(context, builder, kind, whole, None, [size])

    return kind(array), codegen


@kernel
def rows_of(array, first, last):
    """Return array[first:last] of a C-contiguous matrix."""
    return matrix(array, first * array.shape[1], last - first, array.shape[1])


@intrinsic
def borrow(typing_context, array):
    """Return a C-contiguous array as it is, but without its reference count."""

    def codegen(context, builder, signature, args):
        unowned = context.make_array(signature.args[0])(context, builder, args[0])
        unowned.meminfo = ir.Constant(unowned.meminfo.type, None)
        unowned.parent = ir.Constant(unowned.parent.type, None)
        return unowned._getvalue()

    return array(array), codegen
