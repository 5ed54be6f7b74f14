"""People who have nothing in common with one another."""

FIRST = ("Ottokar", "Ida", "Wendelin", "Berta", "Quirin", "Zita", "Lamprecht")
LAST = ("Unterhuber", "Jagemann", "Sprockhoff", "Kowalczyk", "Eisvogel", "Tanzmeister", "Quast")


def stranger(number: int) -> dict[str, str]:
    """Name and birth date of one of 48."""
    born = f"{1950 + number % 7 * 7}-{1 + number % 12:02}-{1 + number % 4 * 7:02}"
    return {"first_name": FIRST[number % 7], "last_name": LAST[number // 7 % 7], "birth_date": born}
