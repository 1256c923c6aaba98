"""Views of contiguous arrays that cost nothing.

A slice of an array counts references up and down atomically, and a reshape is a call of a C function: in a batch of ten
samples of the lecture's network the two took half of the time. These views are a few additions. Bounds are not checked,
and the caller keeps the array alive.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm.vectors import unpack


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
        _, start, n = unpack(context, builder, signature, args)[1]
        return _view(context, builder, kind, whole, start, [n])

    return kind(array, start, n), codegen


@intrinsic
def matrix(typing_context, array, start, rows, columns):
    """Return array.ravel()[start : start + rows * columns].reshape(rows, columns) of a C-contiguous array."""
    kind = types.Array(array.dtype, 2, "C")

    def codegen(context, builder, signature, args):
        whole = context.make_array(signature.args[0])(context, builder, args[0])
        _, start, rows, columns = unpack(context, builder, signature, args)[1]
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


def _unowned(context, builder, kind, value):
    """Return an array without its reference count, or a tuple whose arrays have none; other values as they are."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = ir.Constant(array.meminfo.type, None)
        array.parent = ir.Constant(array.parent.type, None)
        # Numba reads it at run time; so divisions by it, of which a matrix product has some, become shifts.
        array.itemsize = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        items = cgutils.unpack_tuple(builder, value, len(kind))
        items = [_unowned(context, builder, each, item) for each, item in zip(kind, items, strict=True)]
        return context.make_tuple(builder, kind, items)
    return value


@intrinsic
def borrow(typing_context, value):
    """Return a C-contiguous array, or a tuple with such arrays in it, without reference counts."""

    def codegen(context, builder, signature, args):
        return _unowned(context, builder, signature.args[0], args[0])

    return value(value), codegen
