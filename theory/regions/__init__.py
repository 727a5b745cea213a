"""Certified regions: what attracts, what is aligned, and a file that anyone can check (FORMAT.md, check.py)."""

from __future__ import annotations

from theory.regions.certificate import Certificate, Dynamics
from theory.regions.certify import certify

__all__ = ["Certificate", "Dynamics", "certify"]
