"""Tests of generation/finish/."""
