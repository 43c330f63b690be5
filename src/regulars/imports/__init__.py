"""Order exports of any shop, mapped to events: see facade.py."""
