"""Paper: a melody as a score, written as text or drawn.

Its front doors are the writers, and `draw_score.draw`.
"""
