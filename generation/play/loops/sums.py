"""Sums of products of whole numbers, written in LLVM's intermediate language, so that they run on any processor.

Many processors have an instruction that multiplies 16 pairs of numbers and adds neighbouring products; LLVM uses it for
code in exactly this form.
"""
# mypy: disable-error-code="no-untyped-call,import-untyped"

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES, OUTPUTS = 16, 4  # columns and rows of weights that are multiplied at once; weights are padded to multiples


def padded(size: int, to: int) -> int:
    """The next multiple of `to`."""
    return -(-size // to) * to


def sums_of(rows: int) -> Any:
    """A function for loops: from 16-bit x (B, K), the index of a row, 8-bit weights (O, K) and the index of an output,
    it computes the products of `rows` rows with OUTPUTS outputs, as a tuple, row by row. K is a multiple of LANES."""
    long, many, half = ir.IntType(32), ir.VectorType(ir.IntType(32), LANES), ir.VectorType(ir.IntType(32), LANES // 2)
    nothing = ir.Constant(many, ir.Undefined)
    even, odd = (ir.Constant(half, [*range(start, LANES, 2)]) for start in (0, 1))

    @intrinsic
    def sums(typing: Any, x: Any, row: Any, weight: Any, output: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            tables = [context.make_array(signature.args[i])(context, builder, given[i]) for i in (0, 2)]
            size = cgutils.unpack_tuple(builder, tables[1].shape)[1]

            def start(table: Any, first: Any, i: int) -> Any:
                return builder.gep(table.data, [builder.mul(builder.add(first, ir.IntType(64)(i)), size)])

            read = [start(tables[0], given[1], i) for i in range(rows)]
            weights = [start(tables[1], given[3], i) for i in range(OUTPUTS)]
            totals = [cgutils.alloca_once_value(builder, ir.Constant(half, [0] * (LANES // 2)))
                      for _ in range(rows * OUTPUTS)]  # fmt: skip
            with cgutils.for_range(builder, builder.udiv(size, ir.IntType(64)(LANES))) as loop:
                at = builder.mul(loop.index, ir.IntType(64)(LANES))

                def next_of(source: Any, bits: int) -> Any:
                    lanes = ir.VectorType(ir.IntType(bits), LANES).as_pointer()
                    here = builder.bitcast(builder.gep(source, [at]), lanes)
                    return builder.sext(builder.load(here, align=1), many)

                heard, weighed = [next_of(each, 16) for each in read], [next_of(each, 8) for each in weights]
                for i, total in enumerate(totals):
                    product = builder.mul(heard[i // OUTPUTS], weighed[i % OUTPUTS])
                    pairs = [builder.shuffle_vector(product, nothing, which) for which in (even, odd)]
                    builder.store(builder.add(builder.load(total), builder.add(*pairs)), total)
            reduce = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(long, [half]), f"llvm.vector.reduce.add.v{LANES // 2}i32"
            )
            ends = [builder.call(reduce, [builder.load(total)]) for total in totals]
            return context.make_tuple(builder, signature.return_type, ends)

        told = types.UniTuple(types.int32, rows * OUTPUTS)
        return told(x, types.int64, weight, types.int64), generate

    return sums
