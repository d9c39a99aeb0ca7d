"""Tests of generation/music/."""
