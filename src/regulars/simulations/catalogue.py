"""What the simulated shop sells, where, and when people want it: plain tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """A product. Prices include tax of `tax_percent`. `wanted` is its weight among the others, by
    season: winter, spring, summer, autumn."""

    sku: str
    name: str
    category: str
    brand: str
    price_minor: int
    wanted: tuple[int, int, int, int]
    tags: tuple[str, ...] = ()
    tax_percent: int = 19


PRODUCTS = (
    Product("SOAP-1", "Meadow soap", "bath", "Wiesental", 490, (9, 9, 9, 9), ("refill",)),
    Product("SOAP-2", "Lavender soap", "bath", "Wiesental", 550, (6, 8, 9, 6)),
    Product("SOAP-3", "Pine tar soap", "bath", "Harzer Hof", 620, (7, 4, 3, 6)),
    Product("BATH-1", "Bath salts, rose", "bath", "Wiesental", 1290, (8, 4, 2, 7)),
    Product("BATH-2", "Linen towel, large", "bath", "Flachs & Co", 3490, (5, 4, 5, 4)),
    Product("BATH-3", "Linen towel, small", "bath", "Flachs & Co", 1690, (5, 4, 5, 4)),
    Product("BATH-4", "Cedar nail brush", "bath", "Harzer Hof", 990, (3, 4, 4, 3)),
    Product("BATH-5", "Gift box for the bath", "bath", "Wiesental", 4490, (9, 3, 1, 3), ("gift",)),
    Product("KIT-1", "Beech spoon", "kitchen", "Harzer Hof", 790, (5, 5, 5, 6)),
    Product("KIT-2", "Stoneware mug", "kitchen", "Tonwerk", 1490, (7, 5, 4, 7)),
    Product("KIT-3", "Stoneware bowl", "kitchen", "Tonwerk", 1990, (5, 5, 5, 6)),
    Product("KIT-4", "Enamel pot", "kitchen", "Tonwerk", 5490, (3, 2, 2, 3)),
    Product("KIT-5", "Tea towel", "kitchen", "Flachs & Co", 1190, (6, 5, 5, 6)),
    Product("KIT-6", "Herb tea, tin", "kitchen", "Kraut", 890, (9, 4, 2, 8), (), 7),
    Product("KIT-7", "Elderflower syrup", "kitchen", "Kraut", 750, (2, 6, 9, 3), (), 7),
    Product("KIT-8", "Plum jam", "kitchen", "Kraut", 580, (5, 3, 3, 9), (), 7),
    Product("GAR-1", "Wildflower seeds", "garden", "Kraut", 450, (1, 12, 6, 2)),
    Product("GAR-2", "Herb seeds, six kinds", "garden", "Kraut", 1290, (1, 9, 4, 1)),
    Product("GAR-3", "Hand trowel", "garden", "Harzer Hof", 1890, (1, 8, 5, 3)),
    Product("GAR-4", "Watering can", "garden", "Tonwerk", 3290, (1, 6, 8, 1)),
    Product("GAR-5", "Bird feeder", "garden", "Harzer Hof", 2790, (7, 1, 1, 6)),
    Product("GAR-6", "Tulip bulbs, twenty", "garden", "Kraut", 1090, (1, 1, 1, 11)),
    Product("CAN-1", "Beeswax candle", "candles", "Imkerei Moor", 990, (12, 3, 2, 8)),
    Product("CAN-2", "Candle, honey and fig", "candles", "Imkerei Moor", 2290, (9, 3, 2, 7)),
    Product("CAN-3", "Tea lights, thirty", "candles", "Imkerei Moor", 1190, (10, 3, 3, 8)),
    Product("CAN-4", "Advent candle", "candles", "Imkerei Moor", 2490, (6, 0, 0, 5), ("gift",)),
    Product("CARD-25", "Gift card", "cards", "Meadow", 2500, (5, 2, 2, 2), ("no-points",), 0),
)  # fmt: skip

FREE_SOAP = PRODUCTS[0]

STORES = ("berlin-mitte", "leipzig", "hamburg")
TILLS = tuple(f"{store}-{number}" for store in STORES for number in (1, 2))

SEASON_OF_MONTH = (0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0)
"""Index into `Product.wanted` by month, January first."""

DEMAND_PERCENT_OF_MONTH = (80, 80, 105, 115, 110, 85, 75, 80, 95, 100, 135, 180)
DEMAND_PERCENT_OF_WEEKDAY = (85, 90, 90, 100, 120, 150, 65)

FREE_SHIPPING_FROM_MINOR = 4_000
SHIPPING_MINOR = 390
