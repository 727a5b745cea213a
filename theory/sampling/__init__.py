"""Sampled learning, verified by enumeration: expectations over every trajectory of a finite game."""
