"""Paper: a melody as a score would have it, written out or drawn."""
