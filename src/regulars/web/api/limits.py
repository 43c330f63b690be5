"""How many requests a key may make of one process in a minute, and the headers that say so.

Header names and form are those of draft-ietf-httpapi-ratelimit-headers-10. Each process counts for
itself: with N workers a key may make N times as many.
"""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from regulars.web.api.problems import ApiProblem

RATE_LIMIT_HEADERS = ("RateLimit-Policy", "RateLimit")


class KeyLimits:
    """Counts the requests of each key in windows of one minute."""

    def __init__(self, requests_per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(requests_per_minute)
        self._windows = FixedWindowRateLimiter(MemoryStorage())
        self._policy = f'"key";q={requests_per_minute};w=60'.encode()

    def take(self, key_id: str) -> list[tuple[bytes, bytes]]:
        """Count one request; the headers of its answer. Raises ApiProblem (rate_limited)."""
        allowed = self._windows.hit(self._item, key_id)
        window = self._windows.get_window_stats(self._item, key_id)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        state = f'"key";r={window.remaining};t={seconds}'
        if not allowed:
            raise ApiProblem(
                "rate_limited",
                f"more than {self._item.amount} requests in a minute",
                headers={
                    "Retry-After": str(seconds),
                    "RateLimit-Policy": self._policy.decode(),
                    "RateLimit": state,
                },
            )
        return [(b"ratelimit-policy", self._policy), (b"ratelimit", state.encode())]
