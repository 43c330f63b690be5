"""One module per family of published figures; each answers a list of `report.Figure`."""
