"""The study as frozen arrays: `Problem`, and one block of arrays for each part that a study may leave out."""

from siting.problem.core import CANDIDATE_ARRAYS, BoolArray, FloatArray, IntArray, Problem

__all__ = ["CANDIDATE_ARRAYS", "BoolArray", "FloatArray", "IntArray", "Problem"]
