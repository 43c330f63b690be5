"""The glossary has one entry per term, in alphabetical order, and the terms that others rely on."""

import re

import pytest

from tests.docs.pages import ROOT

TEXT = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^## (.+)\n(.+)\n", TEXT, re.MULTILINE)
TERMS = [term for term, _ in ENTRIES]
CONCEPTS = (ROOT / "docs/concepts.md").read_text(encoding="utf-8")
NOT_TERMS = {"Link of an order to a redemption"}


def test_terms_are_alphabetical_and_stand_once():
    assert sorted(TERMS, key=str.casefold) == TERMS
    assert len({term.casefold() for term in TERMS}) == len(TERMS)


def test_every_heading_has_one_meaning_right_below_it():
    assert re.findall(r"^## (.+)$", TEXT, re.MULTILINE) == TERMS


@pytest.mark.parametrize(("term", "meaning"), ENTRIES, ids=TERMS)
def test_a_meaning_is_a_sentence(term, meaning):
    assert meaning.endswith(".")
    assert not meaning.startswith("#")


def test_every_concept_is_in_the_glossary():
    headings = re.findall(r"^## (.+)$", CONCEPTS, re.MULTILINE)
    named = {
        word[:1].upper() + word[1:]
        for heading in headings
        if heading not in NOT_TERMS
        for word in re.split(r", | and ", heading)
    }
    assert named - set(TERMS) == set()


def test_the_rooms_of_the_house_are_known_words():
    rooms = {"Ledger", "Member", "Program", "Reward", "Event", "Entry", "Lot", "Wallet", "Grant"}
    assert rooms <= set(TERMS)
