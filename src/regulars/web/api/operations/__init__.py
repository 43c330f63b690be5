"""The operations of the API, a file per noun: decode, call a room, encode."""
