"""Tests of generation/judge/."""
