"""The web: one folder per audience. Transport only; no business rule and no SQL stands here."""
