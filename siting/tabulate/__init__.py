"""Decisions -> the plan's tables."""

from siting.tabulate.core import place_tables, plan_tables

__all__ = ["place_tables", "plan_tables"]
