"""Tests of generation/learn/."""
