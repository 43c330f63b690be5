"""Programs: their versions, how one is published, which is in force, and the keys to them."""
