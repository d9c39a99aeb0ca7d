"""Tests of generation/read/."""
