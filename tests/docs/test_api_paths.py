"""Every address of the API that a page shows is in the OpenAPI document, with its method."""

import re
from collections.abc import Iterator

import pytest

from regulars.platform.metrics import registry
from regulars.programs.contracts import SCOPES
from regulars.web.api.openapi import openapi_document
from regulars.web.api.problems import CODES
from regulars.web.api.routes import OPERATIONS
from tests.docs.pages import ROOT, Page, pages

_PATHS = openapi_document(OPERATIONS, "0")["paths"]
_SHOWN = re.compile(
    r"(?:\b(GET|POST|PUT|PATCH|DELETE) +)?(?:\$API|https?://[\w.:]+)?(/v1/[^\s`\"')?,;]*)"
)
_BASED = re.compile(r"\$API(/(?!v1)[^\s`\"')?,;]*)")
_METRIC = re.compile(r"\bregulars_(?:http|process|intake|feed|schedule|ledger|pool)\w*")


def fits(path: str) -> dict[str, object] | None:
    """The operations of a shown address; a part may be an example or a shell variable."""
    parts = path.rstrip("/.").split("/")
    for template, operations in _PATHS.items():
        known = template.split("/")
        if len(known) == len(parts) and all(
            mine == given or mine.startswith("{") for mine, given in zip(known, parts, strict=True)
        ):
            return operations
    return None


def shown(page: Page) -> Iterator[tuple[str, str]]:
    """(method or "", path) of every address on a page."""
    for method, path in _SHOWN.findall(page.text):
        if path.strip("/.") != "v1":
            yield method, path
    for path in _BASED.findall(page.text):
        yield "", f"/v1{path}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_path_shown_is_in_the_openapi_document(page):
    unknown = []
    for method, path in shown(page):
        operations = fits(path)
        if operations is None or (method and method.lower() not in operations):
            unknown.append(f"{method} {path}".strip())
    assert unknown == []


def test_paths_are_found_in_the_pages():
    found = {path for page in pages() for _, path in shown(page)}
    assert {"/v1/events", "/v1/members/$MEMBER/balance", "/v1/redemptions/$RED/capture"} <= found
    assert fits("/v1/nothing") is None


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_metric_named_is_exported(page):
    exported = {sample for family in registry.collect() for sample in (family.name, _total(family))}
    named = {re.sub(r"_(bucket|count|sum)$", "", name) for name in _METRIC.findall(page.text)}
    assert named - exported == set()


def test_every_metric_exported_is_explained_to_whoever_runs_it():
    rows = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `(regulars_\w+)` \|", rows, re.MULTILINE))
    assert {_total(family) for family in registry.collect()} == explained


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_status_and_code_shown_together_belong_together(page):
    shown_codes = re.findall(r"\b([45]\d\d) `([a-z_]+)`", page.text)
    assert [(s, code) for s, code in shown_codes if CODES[code].status != int(s)] == []


def test_every_scope_in_a_key_example_exists():
    scopes = {
        scope for page in pages() for scope in re.findall(r"--scope ([a-z]+:[a-z]+)", page.text)
    }
    assert scopes
    assert scopes <= set(SCOPES)


def _total(family) -> str:
    return family.name + ("_total" if family.type == "counter" else "")
