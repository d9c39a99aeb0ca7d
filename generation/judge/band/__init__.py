"""Judging a model of several parts, one question a file."""
