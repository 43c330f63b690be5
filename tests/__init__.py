"""Tests of the product, in folders that mirror `src/regulars`."""
