"""The ground floor: database, SQL files, settings, time, ids, keys, logs and metrics.

Everyone may import these modules directly; they import no room. They hold no business rule and
know no member, program or point: whatever needs one of those words belongs on a floor above.
"""
