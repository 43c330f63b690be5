"""What is counted of members, stores and devices: the question behind each signal, in words.

How each is counted stands in `signals`.
"""

from regulars.science.anomaly.contracts import Signal

REFUNDS = Signal(
    "refunds",
    "refunds",
    "{value:.0f} refunds within 30 days, typically {typical:.0f}",
    1.0,
)
REFUNDED_SHARE = Signal(
    "refunded_share",
    "refunds",
    "{value:.0%} of what was bought was given back, typically {typical:.0%}",
    0.1,
)
SPENT_THEN_REFUNDED = Signal(
    "spent_then_refunded",
    "spent before refunds",
    "{value:.0f} points were spent within 14 days before a refund took their "
    "purchase back, typically {typical:.0f}",
    1.5,
    logarithmic=True,
)
REFERRALS = Signal(
    "referrals",
    "referrals",
    "{value:.0f} members referred within 30 days, typically {typical:.0f}",
    1.5,
)
IDLE_REFERRED = Signal(
    "idle_referred",
    "referrals",
    "{value:.0f} referred members bought at most once, typically {typical:.0f}",
    1.0,
)
REFERRED_SAME_DEVICE = Signal(
    "referred_same_device",
    "devices",
    "{value:.0f} referred members share a personal device with the referrer or each "
    "other, typically {typical:.0f}",
    1.0,
)
DEVICE_MEMBERS = Signal(
    "device_members",
    "devices",
    "uses a personal device of {value:.0f} members, typically {typical:.0f}",
    1.0,
)
PURCHASES_DAY = Signal(
    "purchases_day",
    "purchases",
    "{value:.0f} purchases within a day, typically {typical:.0f}",
    1.0,
)
SAME_TILL = Signal(
    "same_till",
    "purchases",
    "{value:.0f} purchases within a day at the same till, typically {typical:.0f}",
    0.75,
)
SAME_TILL_PURCHASES = Signal(
    "same_till_purchases",
    "purchases",
    "{value:.0f} purchases at one till in the whole period, typically {typical:.0f}",
    0.5,
    logarithmic=True,
)
POINTS_EARNED = Signal(
    "points_earned",
    "purchases",
    "{value:.0f} points earned within 7 days, typically {typical:.0f}",
    0.5,
    logarithmic=True,
)
DRAINED = Signal(
    "drained",
    "takeover",
    "{value:.0%} of the points at hand were spent within a day of the first sign-in "
    "on another device, typically {typical:.0%}",
    0.2,
)
DRAINED_TOGETHER = Signal(
    "drained_together",
    "shared takeover",
    "points spent within a day of the first sign-in on a device on which "
    "{value:.0f} members did so, typically {typical:.0f}",
    0.5,
)
REDEMPTIONS_DAY = Signal(
    "redemptions_day",
    "redemptions",
    "{value:.0f} redemptions within a day, typically {typical:.0f}",
    0.7,
)
MEMBER_SIGNALS = (
    REFUNDS, REFUNDED_SHARE, SPENT_THEN_REFUNDED, REFERRALS, IDLE_REFERRED,
    REFERRED_SAME_DEVICE, DEVICE_MEMBERS, PURCHASES_DAY, SAME_TILL, SAME_TILL_PURCHASES,
    POINTS_EARNED, DRAINED, DRAINED_TOGETHER, REDEMPTIONS_DAY,
)  # fmt: skip

STORE_SIGNALS = (
    Signal(
        "refund_rate",
        "refunds",
        "{value:.0%} of purchases refunded, typically {typical:.0%}",
        0.01,
    ),
    Signal(
        "redeemed_per_earned",
        "spending",
        "{value:.2f} points spent per point earned, typically {typical:.2f}",
        0.05,
    ),
    Signal(
        "top_member_share",
        "tills",
        "{value:.1%} of the purchases are one member's, typically {typical:.1%}",
        0.005,
    ),
)
DEVICE_SIGNALS = (
    Signal(
        "members",
        "devices",
        "{value:.0f} members, typically {typical:.0f}",
        1.0,
    ),
    Signal(
        "redeemed_day",
        "spending",
        "{value:.0f} points spent within a day, typically {typical:.0f}",
        0.7,
        logarithmic=True,
    ),
    Signal(
        "top_member_day",
        "tills",
        "{value:.0f} purchases of one member within a day, typically {typical:.0f}",
        0.75,
    ),
)
