"""Measuring an order: how much money and how many units its lines are, for every basis and selector
that the program's rules ask about, in one pass.

A measure is a basis and perhaps a selector of lines; rules and conditions that ask the same share
one. The basis of a line, of shipping, and the share of excluded payments are defined here and
nowhere else. All amounts are integer minor units and never negative.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from regulars.core.document.conditions import ItemSelector
from regulars.core.document.money import Basis
from regulars.core.events import Line, Purchase
from regulars.core.money import allocate, share

MASK_LINES_MAX: Final = 62
"""Lines that fit a stored mask (a 64-bit integer); an order with more is stored as mask -1."""


class BasisTerms(NamedTuple):
    """A basis without its excluded items: hashable, so that equal ones are shared."""

    after_discounts: bool
    with_tax: bool
    with_shipping: bool
    exclude_payments: frozenset[str]


class Measures:
    """The measures of a program. Ask for them with `index` while compiling; measure an order with
    `measure`. `index` 0 is the first measure asked for."""

    __slots__ = ("_bases", "_keys", "_selectors")

    def __init__(self) -> None:
        self._selectors = Selectors()
        self._bases: list[_BasisMeasures] = []
        self._keys: list[tuple[int, int]] = []

    def index(self, basis: Basis, items: ItemSelector | None = None) -> int:
        """The number of the measure of lines that match `items` (None: every line and, where the
        basis counts it, shipping) and are not excluded by the basis."""
        terms = BasisTerms(
            basis.discounts == "after",
            basis.tax == "included",
            basis.shipping == "included",
            frozenset(basis.exclude_payments),
        )
        excluded = self._selectors.bit(basis.exclude_items)
        bases = [(known.terms, known.excluded) for known in self._bases]
        if (terms, excluded) not in bases:
            self._bases.append(_BasisMeasures(terms, excluded))
            bases.append((terms, excluded))
        number = bases.index((terms, excluded))
        key = (number, self._selectors.bit(items))
        if key in self._keys:
            return self._keys.index(key)
        self._keys.append(key)
        found = self._bases[number]
        if key[1]:
            found.selected = (*found.selected, (len(self._keys) - 1, key[1]))
        else:
            found.whole = len(self._keys) - 1
        return len(self._keys) - 1

    def measure(self, order: Purchase) -> tuple[list[int], list[int], list[int]]:
        """Per measure: the amount, the units, and the mask of the lines that it counts."""
        lines = order.lines
        size = len(self._keys)
        amounts = [0] * size
        quantities = [0] * size
        masks = [0] * size
        hits = self._selectors.hits(lines)
        for basis in self._bases:
            values, shipping = basis_values(order, basis.terms)
            excluded = basis.excluded
            selected = basis.selected
            total = units = mask = 0
            bit = 1
            for line, value, hit in zip(lines, values, hits, strict=True):
                if not hit & excluded:
                    quantity = line.quantity
                    total += value
                    units += quantity
                    mask |= bit
                    if hit:
                        for number, wanted in selected:
                            if hit & wanted:
                                amounts[number] += value
                                quantities[number] += quantity
                                masks[number] |= bit
                bit <<= 1
            whole = basis.whole
            if whole >= 0:
                amounts[whole] = total + shipping
                quantities[whole] = units
                masks[whole] = mask
        return amounts, quantities, masks

    def of_lines(self, number: int, order: Purchase) -> list[int]:
        """The amount of each line in one measure, 0 where it does not count; without shipping."""
        basis_number, wanted = self._keys[number]
        basis = self._bases[basis_number]
        values, _ = basis_values(order, basis.terms)
        hits = self._selectors.hits(order.lines)
        return [
            value if not hit & basis.excluded and (not wanted or hit & wanted) else 0
            for value, hit in zip(values, hits, strict=True)
        ]

    def mask(self, number: int, order: Purchase) -> int:
        """The mask of the lines that one measure counts, of any length."""
        return self.measure(order)[2][number]


class _BasisMeasures:
    """The measures on one basis: `excluded` is the bit of the selector of excluded items (0: none),
    `whole` the number of the measure without a selector (-1: not asked for), `selected` those with
    one and its bit."""

    __slots__ = ("excluded", "selected", "terms", "whole")

    def __init__(self, terms: BasisTerms, excluded: int) -> None:
        self.terms = terms
        self.excluded = excluded
        self.whole = -1
        self.selected: tuple[tuple[int, int], ...] = ()


class Selectors:
    """Item selectors, each a bit. A line's hits are found with one look-up per kind of word:
    for each word the bits of the selectors that it satisfies, for any other word the bits of those
    that do not ask."""

    __slots__ = ("_asked", "_except", "_find", "_known", "_words")

    def __init__(self) -> None:
        self._find: Callable[[Sequence[Line]], list[int]] | None = None
        self._known: list[ItemSelector] = []
        self._except: tuple[tuple[int, int], ...] = ()
        # sku, category, brand, tag: the selectors that ask for it, and by word who is satisfied.
        self._asked = [0, 0, 0, 0]
        self._words: tuple[dict[str, int], ...] = ({}, {}, {}, {})

    def bit(self, items: ItemSelector | None) -> int:
        """The bit of a selector, 0 for None."""
        if items is None:
            return 0
        if items in self._known:
            return 1 << self._known.index(items)
        inner = self.bit(items.excluded)
        self._find = None
        bit = 1 << len(self._known)
        self._known.append(items)
        if inner:
            self._except = (*self._except, (inner, bit))
        for kind, words in enumerate((items.sku, items.category, items.brand, items.tag)):
            if words is not None:
                self._asked[kind] |= bit
                by_word = self._words[kind]
                for word in words:
                    by_word[word] = by_word.get(word, 0) | bit
        return bit

    def hits(self, lines: Sequence[Line]) -> list[int]:
        """The selectors that each line satisfies, as bits."""
        if self._find is None:
            self._find = self._compile()
        return self._find(lines)

    def _compile(self) -> Callable[[Sequence[Line]], list[int]]:
        """How hits are found, with what no line changes worked out before: programs mostly ask for
        categories and tags, which have ways of their own."""
        everyone = (1 << len(self._known)) - 1
        if not everyone:
            return lambda lines: [0] * len(lines)
        others = [everyone & ~asked for asked in self._asked]
        by_word = [
            {word: bits | other for word, bits in words.items()}
            for words, other in zip(self._words, others, strict=True)
        ]
        by_sku, by_category, by_brand, by_tag = by_word
        no_sku, no_category, no_brand, no_tag = others
        of_sku, of_category, of_brand = by_sku.get, by_category.get, by_brand.get
        find: Callable[[Sequence[Line]], list[int]]

        def of_tags(tags: tuple[str, ...]) -> int:
            satisfied = no_tag
            for tag in tags:
                satisfied |= by_tag.get(tag, 0)
            return satisfied

        if by_sku or by_brand:

            def find(lines: Sequence[Line]) -> list[int]:
                return [
                    of_sku(line.sku, no_sku)
                    & of_category(line.category, no_category)
                    & of_brand(line.brand, no_brand)
                    & (of_tags(line.tags) if line.tags else no_tag)
                    for line in lines
                ]

        elif by_tag:

            def find(lines: Sequence[Line]) -> list[int]:
                return [
                    of_category(line.category, no_category)
                    & (of_tags(line.tags) if line.tags else no_tag)
                    for line in lines
                ]

        else:

            def find(lines: Sequence[Line]) -> list[int]:
                return [of_category(line.category, no_category) for line in lines]

        exceptions = self._except
        if not exceptions:
            return find

        def find_except(lines: Sequence[Line]) -> list[int]:
            found = find(lines)
            for inner, bit in exceptions:
                found = [hit & ~bit if hit & inner else hit for hit in found]
            return found

        return find_except


def selector(items: ItemSelector) -> Callable[[Line], bool]:
    """A selector on its own, for one line at a time."""
    selectors = Selectors()
    bit = selectors.bit(items)
    return lambda line: bool(selectors.hits((line,))[0] & bit)


def basis_values(order: Purchase, terms: BasisTerms) -> tuple[list[int], int]:
    """What each line, and shipping (0 where the basis leaves it out), counts as money, before any
    item is excluded: docs/architecture.md, "Basis of a line".

    Excluded means of payment take from all lines and shipping the share of what was to pay that
    they paid (half_even in total, then largest remainder).
    """
    values = _line_values(order, terms)
    if not terms.with_shipping and not (terms.exclude_payments and order.payments):
        return values, 0
    shipping = order.shipping_minor
    if order.tax_included != terms.with_tax:
        tax = order.shipping_tax_minor
        shipping += tax if terms.with_tax else -tax
    if terms.exclude_payments and order.payments:
        excluded = 0
        for payment in order.payments:
            if payment.method in terms.exclude_payments:
                excluded += payment.amount_minor
        if excluded > 0:
            *values, shipping = _shrink(order, [*values, shipping], excluded)
    return values, shipping if terms.with_shipping else 0


def _line_values(order: Purchase, terms: BasisTerms) -> list[int]:
    lines = order.lines
    if terms.after_discounts:
        if order.tax_included == terms.with_tax:
            return [line.gross_minor - line.discount_minor for line in lines]
        if terms.with_tax:
            return [line.gross_minor - line.discount_minor + line.tax_minor for line in lines]
        return [line.gross_minor - line.discount_minor - line.tax_minor for line in lines]
    if order.tax_included == terms.with_tax:
        return [line.gross_minor for line in lines]
    if terms.with_tax:
        return [line.gross_minor + _tax_before_discount(line) for line in lines]
    return [line.gross_minor - _tax_before_discount(line) for line in lines]


def _tax_before_discount(line: Line) -> int:
    """The tax that the line would have without its discount: scaled by gross / discounted."""
    return share(line.tax_minor, line.gross_minor, line.gross_minor - line.discount_minor)


def _shrink(order: Purchase, values: list[int], excluded: int) -> list[int]:
    to_pay = order.shipping_minor + sum(
        line.gross_minor - line.discount_minor for line in order.lines
    )
    if not order.tax_included:
        to_pay += order.shipping_tax_minor + sum(line.tax_minor for line in order.lines)
    if excluded >= to_pay:
        return [0] * len(values)
    taken = allocate(share(sum(values), excluded, to_pay), values)
    return [value - part for value, part in zip(values, taken, strict=True)]
