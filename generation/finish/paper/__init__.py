"""Paper: a melody as a score, written as text or drawn."""
