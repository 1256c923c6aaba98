"""The peak rate of multiply-adds of one core, from a loop that does nothing else."""

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from fastmlp.kernels.llvm.vectors import VECTOR_BYTES

SUMS = 10
"""Number of vectors of sums. Two multiply-adds a cycle at a latency of four cycles need 8; more than 14 would spill."""
FLOP_PER_STEP = 2 * SUMS * VECTOR_BYTES // 4


@intrinsic
def multiply_adds(typing_context, n):
    """Do n multiply-adds on each of SUMS vectors of float32 that stay in registers; return a sum over all vectors."""
    lanes = VECTOR_BYTES // 4

    def codegen(context, builder, signature, args):
        vector = ir.VectorType(ir.FloatType(), lanes)

        def constant(value):
            return ir.Constant(vector, [value] * lanes)

        kind = ir.FunctionType(vector, [vector] * 3)
        fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{lanes}f32")
        sums = [cgutils.alloca_once_value(builder, constant(float(k))) for k in range(SUMS)]
        with cgutils.for_range(builder, args[0]):
            for place in sums:
                builder.store(builder.call(fma, [builder.load(place), constant(0.5), constant(0.25)]), place)
        total = ir.Constant(ir.FloatType(), 0.0)
        for place in sums:
            total = builder.fadd(total, builder.extract_element(builder.load(place), ir.Constant(ir.IntType(32), 0)))
        return total

    return types.float32(types.int64), codegen


@numba.njit
def sum_of_multiply_adds(n):
    """Call the intrinsic, which only compiled code can call."""
    return multiply_adds(n)
