"""The JSON about members as people: enrolment, change, profile, merge, close, erasure."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from regulars.web.api.wire.answers import DecisionAnswer
from regulars.web.api.wire.orders import Code, Moment

Text = Annotated[str, Meta(max_length=200)]
Cards = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=20)]
AttributeValues = Annotated[
    dict[str, Any],
    Meta(
        max_length=100,
        description="Attributes that the program declares and that are not personal; null removes.",
        extra_json_schema={
            "additionalProperties": {"type": ["string", "integer", "boolean", "null"]}
        },
    ),
]
Segments = Annotated[list[Code], Meta(max_length=200)]


class ProfileWire(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is known about a person; in a change, an empty text removes."""

    external_id: Text | UnsetType = UNSET
    cards: Cards | UnsetType = UNSET
    email: Text | UnsetType = UNSET
    phone: Text | UnsetType = UNSET
    number: Text | UnsetType = UNSET
    given_name: Text | UnsetType = UNSET
    family_name: Text | UnsetType = UNSET
    birthday: Text | UnsetType = UNSET
    locale: Text | UnsetType = UNSET


class EnrolmentWire(ProfileWire, frozen=True, kw_only=True):
    """Someone who becomes a member. `hashes_only` keeps nothing but keyed hashes of the
    identifiers. `signup` also records a signup event, so that its rules earn."""

    enrolled_at: Moment | UnsetType = UNSET
    assign_number: bool = True
    hashes_only: bool = False
    signup: bool = False


class ChangeWire(ProfileWire, frozen=True, kw_only=True):
    """What changes; what is left out stays. `segments` are all that the member is in from now."""

    attributes: AttributeValues | UnsetType = UNSET
    segments: Segments | UnsetType = UNSET


class EnrolledAnswer(Struct, frozen=True, omit_defaults=True):
    """The new member's id; `decision` where a signup was recorded."""

    id: str
    created: bool
    decision: DecisionAnswer | UnsetType = UNSET


class ProfileAnswer(Struct, frozen=True, omit_defaults=True):
    """What is held about a member as a person."""

    number: str = ""
    external_id: str = ""
    cards: list[str] = []
    email: str = ""
    phone: str = ""
    given_name: str = ""
    family_name: str = ""
    birthday: str = ""
    locale: str = ""


class MemberAnswer(Struct, frozen=True, omit_defaults=True):
    """A member. Without `profile` where the personal data was erased."""

    id: str
    status: str
    enrolled_at: str
    tier: str | UnsetType = UNSET
    merged_into: str | UnsetType = UNSET
    erased_at: str | UnsetType = UNSET
    attributes: dict[str, str | int | bool] = {}
    segments: list[str] = []
    profile: ProfileAnswer | UnsetType = UNSET


class MergeWire(Struct, frozen=True, forbid_unknown_fields=True):
    """The member that goes on; the one in the address is closed."""

    into: Annotated[str, Meta(max_length=64, description="mem_...")]


class CloseWire(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a membership ends, and who decided it."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    actor: Annotated[str, Meta(min_length=1, max_length=120)]


class ErasedAnswer(Struct, frozen=True):
    """That a member was forgotten, and when."""

    id: str
    erased_at: str
