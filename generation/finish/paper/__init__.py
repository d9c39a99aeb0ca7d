"""Paper: a melody as a score, written as text or drawn.

The front doors are the writers, and `draw_score.draw`.
"""
