"""Numbers of things in sentences for people: `1 line`, `2 lines`."""


def counted(number: int, noun: str) -> str:
    """A number with its noun, which is given in the singular and has a regular plural.

    >>> counted(1, "order line"), counted(1200, "entry"), counted(0, "error")
    ('1 order line', '1,200 entries', '0 errors')
    """
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"
    return f"{number:,} {plural}"
