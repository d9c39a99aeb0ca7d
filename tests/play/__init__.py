"""Tests of generation/play/."""
