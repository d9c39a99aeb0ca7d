"""Tests of generation/serve/."""
