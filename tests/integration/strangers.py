"""People who have nothing in common with one another."""

from tests.integration.spine import Publisher, ago
from unifier.settings import Settings

STRANGERS = 48

FIRST = ("Ottokar", "Ida", "Wendelin", "Berta", "Quirin", "Zita", "Lamprecht")
LAST = ("Unterhuber", "Jagemann", "Sprockhoff", "Kowalczyk", "Eisvogel", "Tanzmeister", "Quast")


def stranger(number: int) -> dict[str, str]:
    """Name and birth date of one of them."""
    born = f"{1950 + number % 7 * 7}-{1 + number % 12:02}-{1 + number % 4 * 7:02}"
    return {"first_name": FIRST[number % 7], "last_name": LAST[number // 7 % 7], "birth_date": born}


def publish_in_two_halves(settings: Settings) -> None:
    """Of each of them two sales that have only name and birth date in common."""
    say = Publisher(settings)
    for n in range(STRANGERS):
        say.sale(ago(600), "10.00", {**stranger(n), "loyalty_id": f"L{n}"})
        say.sale(ago(300), "10.00", {**stranger(n), "email": f"o{n}@example.org"})
    say.flush()
