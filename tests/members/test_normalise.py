"""Identifiers and names in the one form that is hashed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.members import normalise
from regulars.members.errors import InvalidMemberField


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("email", "  Anna@Example.ORG ", "anna@example.org"),
        ("email", "anna+shop@example.org", "anna+shop@example.org"),
        ("email", "a.n.n.a@example.org", "a.n.n.a@example.org"),
        ("email", "JÜRGEN@Straße.example", "jürgen@xn--strae-oqa.example"),
        ("email", "ju\u0308rgen@example.org.", "jürgen@example.org"),
        ("phone", "+1 (650) 253-0000", "+16502530000"),
        ("phone", "+44 20.7031.3000", "+442070313000"),
        ("card", " 0012-3456 ", "00123456"),
        ("number", "abc 12-3", "ABC123"),
        ("external_id", "  e\u0301-7 ", "\u00e9-7"),
    ],
)
def test_writings_of_one_identifier_meet(kind, text, expected):
    assert normalise.IDENTIFIERS[kind](text) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "anna"), ("email", "@example.org"), ("email", "anna@"), ("email", "a b@c.org"),
        ("email", "anna@localhost"), ("email", "a@b@c.org"), ("email", "anna@exa mple.org"),
        ("email", "a" * 65 + "@example.org"), ("email", "a@" + "b" * 300 + ".org"),
        ("email", "an\x00na@example.org"),
        ("phone", "030 901820"), ("phone", "+49"), ("phone", "+999 1234567"), ("phone", "+1 555"),
        ("phone", "+49 30 901820 ext. 5"), ("phone", "tel:+4930901820"),
        ("card", "123"), ("card", "1234x"), ("card", "1" * 33), ("card", "١٢٣٤"),
        ("number", ""), ("number", "a_b"), ("number", "A" * 33),
        ("external_id", "a" * 256), ("external_id", "a\u202eb"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_identifier_is_refused_without_being_repeated(kind, text):
    with pytest.raises(InvalidMemberField) as refusal:
        normalise.IDENTIFIERS[kind](text)
    assert refusal.value.field == kind
    assert not text or text not in str(refusal.value)


@given(st.sampled_from(sorted(normalise.IDENTIFIERS)), st.text(max_size=80))
def test_normalising_twice_changes_nothing(kind, text):
    try:
        once = normalise.IDENTIFIERS[kind](text)
    except InvalidMemberField:
        return
    assert normalise.IDENTIFIERS[kind](once) == once


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("Zoë", "Müller-Lüdenscheidt"), ["zoe", "muller", "ludenscheidt"]),
        (("李", "小龍"), ["李", "小龍"]),
        (("", ""), []),
        (("Anna Anna", "ANNA"), ["anna"]),
        (("a b c d e f g h i j",), list("abcdefgh")),
    ],
)
def test_names_fall_into_bare_words(names, words):
    assert normalise.name_words(*names) == words
