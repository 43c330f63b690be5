"""How many requests a key may make of one process in a minute, and the headers that say so.

Header names and form are those of draft-ietf-httpapi-ratelimit-headers-10. Each process counts for
itself: with N workers a key may make N times as many. A key's minute begins with its first request;
only keys that were recognised are counted, so there are never more counts than keys.
"""

import math
import time
from collections.abc import Callable

from regulars.web.api.problems import ApiProblem

RATE_LIMIT_HEADERS = ("RateLimit-Policy", "RateLimit")
WINDOW_SECONDS = 60


class _Window:
    """What a key has asked for in the minute that ends at `ends`."""

    __slots__ = ("ends", "left")

    def __init__(self, ends: float, left: int) -> None:
        self.ends = ends
        self.left = left


class KeyLimits:
    """Counts the requests of each key in windows of one minute."""

    def __init__(
        self, requests_per_minute: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = requests_per_minute
        self._monotonic = monotonic
        self._windows: dict[str, _Window] = {}
        self._policy = f'"key";q={requests_per_minute};w={WINDOW_SECONDS}'
        self._policy_header = (b"ratelimit-policy", self._policy.encode())

    def take(self, key_id: str) -> list[tuple[bytes, bytes]]:
        """Count one request; the headers of its answer. Raises ApiProblem (rate_limited)."""
        now = self._monotonic()
        window = self._windows.get(key_id)
        if window is None or window.ends <= now:
            window = self._windows[key_id] = _Window(now + WINDOW_SECONDS, self._most)
        seconds = math.ceil(window.ends - now)
        if not window.left:
            raise ApiProblem(
                "rate_limited",
                f"more than {self._most} requests in a minute",
                headers={
                    "Retry-After": str(seconds),
                    "RateLimit-Policy": self._policy,
                    "RateLimit": f'"key";r=0;t={seconds}',
                },
            )
        window.left -= 1
        state = b'"key";r=%d;t=%d' % (window.left, seconds)
        return [self._policy_header, (b"ratelimit", state)]
