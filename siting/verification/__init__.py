"""A second reading of a plan: from the study, the tables and the decisions, without Pyomo, HiGHS or the model."""

from siting.verification.check import verify
from siting.verification.result import Verification

__all__ = ["Verification", "verify"]
