"""Configurations: `base.py` holds every option; the others are experiments."""
