"""Tests of generation/model/."""
