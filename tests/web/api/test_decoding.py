"""The quick way of reading JSON accepts, refuses and answers exactly as the strict one."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from regulars.web.api.decoding import DEPTH_MAX, _is_flat, _read_quickly, _read_strictly, read_json
from regulars.web.api.problems import ApiProblem

LETTERS = st.text(st.sampled_from('ab:"\\/[]{},\0\té😀'), max_size=4)
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70), st.floats(allow_nan=True), st.sampled_from([0, -1, 10**30])
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, LETTERS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(LETTERS, inner, max_size=4)
    ),
    max_leaves=20,
)
FRAGMENTS = st.sampled_from(
    [b'"', b":", b'":', b'" :', b",", b"[", b"]", b"{", b"}", b'"a":1,', b'"a" : 1,', b'"a":{},',
     b"\\", b"\\u0061", b"\\u003a", b"\\u003A", b"\\u0000", b"\\ud800", b"\\ud83d\\ude00", b"\xff",
     b"\xed\xa0\x80", b"\xef\xbb\xbf", b"1.0", b"-0", b"1e5", b"1E400", b"9" * 5000, b"NaN", b"\t",
     b"\x0b", b" ", b"//", b"[" * 33, b"]" * 33, b"null"]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """JSON of a random value, as several writers would write it, damaged in a few places."""
    text = json.dumps(
        draw(VALUES),
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")])),
    )
    body = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(body)))
        body[place : place + draw(st.integers(0, 3))] = draw(FRAGMENTS)
    return bytes(body)


def outcome(read: Any, body: bytes) -> Any:
    """The value with its types, or the whole problem."""
    try:
        value = read(body)
    except ApiProblem as problem:
        return problem.encoded("r")
    return repr(value)


def strictly(body: bytes) -> Any:
    """`read_json` with the strict decoder alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("regulars.web.api.decoding._read_quickly", _unable)
        return read_json(body)


def _unable(body: bytes) -> Any:
    raise ValueError


@given(mutated())
@example(b'{"a":1,"a":2}')
@example(b'{"a" :1, "b":":", "a":2}')
@example(b'{"a":":","a":"x"}')
@example(b'{"a":1,"\\u0061":2,"b":"\\u003a"}')
@example(b'{"a":{"b":1,"b":2}}')
@example(b'{"a":1.0}')
def test_both_ways_of_reading_agree(body):
    assert outcome(read_json, body) == outcome(strictly, body)


@given(st.lists(st.sampled_from(["[", "]", '"', "\\", '"["', '"]"', '"[', ']"', "{", "}"])))
def test_what_is_found_flat_is_flat(parts):
    text = "".join(parts)
    try:
        depth = _depth(json.loads(text))
    except ValueError:
        return
    assert not _is_flat(text.encode()) or depth <= DEPTH_MAX


@pytest.mark.parametrize("inner", ["", "1", '"]"'])
@pytest.mark.parametrize("levels", range(DEPTH_MAX - 2, DEPTH_MAX + 4))
def test_both_refuse_the_same_depth(levels, inner):
    for opening, closing in (("[", "]"), ('["]",', ',"["]'), ('{"a":', "}")):
        body = (opening * levels + inner + closing * levels).encode()
        assert outcome(read_json, body) == outcome(strictly, body)


def test_a_batch_of_ordinary_events_is_read_quickly():
    events = [{"id": str(n), "at": "2026-03-01T12:30:00Z", "tags": ["a"]} for n in range(100)]
    body = json.dumps({"events": events}).encode()
    assert _read_quickly(body) == _read_strictly(body) == {"events": events}


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0
