"""A seeded shop whose year fills a demo program: see facade.py."""
