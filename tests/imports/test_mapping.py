import pytest

from regulars.imports.errors import MappingInvalid
from regulars.imports.facade import load_mapping, parse_mapping
from tests.imports.exports import EXAMPLES, MAPPING


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_mappings_are_valid(path):
    assert load_mapping(path).regulars_import == 1


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("source: shop", "", "source", "this key is needed"),
        ("source: shop", "sauce: shop", "sauce", "source would be right"),
        ("source: shop", "source: My Shop", "source", "match pattern"),
        ("currency: GBP", "currency: gbp", "money.currency", "match pattern"),
        ("currency: GBP", "currency: GBP, rounding: up", "money.rounding", "'half_even'"),
        (
            "currency: GBP",
            "currency: GBP, decimal_mark: ',', thousands_mark: ','",
            "money",
            "other",
        ),
        ("Europe/London", "Europe/Londen", "time.zone", "Europe/Berlin"),
        ("unit_price: price", "line_total: price, unit_price: price", "columns", "exactly one"),
        (", unit_price: price", "", "columns", "exactly one"),
        ("customer: customer", "custommer: customer", "columns.custommer", "customer would be"),
        ('code: "M"', 'code: "M("', "not_goods.1.code", "regular expression"),
        ("reason: manual", "reason: purchased", "not_goods.1.reason", "another word"),
        ("regulars_import: 1", "regulars_import: 2", "regulars_import", "1 would be right"),
        ("regulars_import: 1", "- 1", "(file)", "YAML"),
    ],
)
def test_a_wrong_key_is_named_with_what_would_be_right(old, new, key, says):
    assert old in MAPPING
    with pytest.raises(MappingInvalid) as caught:
        parse_mapping(MAPPING.replace(old, new), "shop.yaml")
    told = {problem.key: str(problem) for problem in caught.value.problems}
    assert key in told
    assert says in told[key]


def test_all_problems_are_told_at_once():
    with pytest.raises(MappingInvalid) as caught:
        parse_mapping("regulars_import: 1\ncolumns: {order: a}")
    assert {problem.key for problem in caught.value.problems} >= {
        "source", "money", "time", "columns.time", "columns.sku",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "just words", "[1, 2]"])
def test_a_document_without_keys_is_refused(text):
    with pytest.raises(MappingInvalid):
        parse_mapping(text)
