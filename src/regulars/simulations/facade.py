"""The door of simulations: a seeded shop, its exports, and the first load of a demo program.

shop = simulate_shop(seed=7, members=2_000, days=365, starts_at=...)
write_orders(shop, path)        # for `regulars import` with examples/imports/simulated_shop.yaml
write_events(shop, path)        # JSON lines in the shape of the API's events
await load_demo(...)            # what `make up` does first
"""

from regulars.simulations.contracts import (
    DemoLoaded,
    DemoMember,
    Happening,
    LoadProgress,
    Person,
    Shop,
)
from regulars.simulations.demo import DEMO_SEED, DEMO_SLUG, load_demo
from regulars.simulations.event_lines import event_lines, write_events
from regulars.simulations.orders_export import write_orders
from regulars.simulations.shop import busiest, simulate_shop

__all__ = [
    "DEMO_SEED",
    "DEMO_SLUG",
    "DemoLoaded",
    "DemoMember",
    "Happening",
    "LoadProgress",
    "Person",
    "Shop",
    "busiest",
    "event_lines",
    "load_demo",
    "simulate_shop",
    "write_events",
    "write_orders",
]
