"""The loops of a step on a CPU, compiled by Numba: its products, and what lies between, for one take after the other.

All arrays are contiguous, with the takes first, and named as in `slots`, `constraints` and `fused`; B is the number of
takes, W the width of the model. A take's numbers are the same, bit by bit, in any company, for no loop looks at two.

The innermost loops run along a row, whose beginning is cut off before them: of an index that is looked up or added up
inside, the compiler does not know that it stays the same or above 0, and takes one number at a time instead of sixteen.
"""
