"""The loops of a decode step on a CPU, compiled by Numba: products and everything between them, take by take.

All arrays are contiguous, with the takes first, and named as in `slots`, `constraints` and `fused`; B is the number of
takes, W the width of the model. No loop combines two takes, so a take's numbers are the same, bit by bit, in any batch.

The innermost loops run along a row that is sliced before the loop. With an offset inside the loop, the compiler cannot
prove that it is constant and not negative, and then handles one number at a time instead of sixteen.
"""
