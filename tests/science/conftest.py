"""What the tests of all rooms share speaks like a test: a failed assertion shows what was found."""

import pytest

pytest.register_assert_rewrite("tests.science.degenerate")
