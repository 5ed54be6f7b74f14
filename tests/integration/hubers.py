"""Anna and Bob Huber, of one household, and what is told of them."""

from tests.integration.messages import online, sale
from unifier.devstack.simulate import Message

ANNA = {"email": "anna@example.org", "loyalty_id": "L1", "first_name": "Anna", "last_name": "Huber"}
BOB = {"phone": "+49 30 5550199", "loyalty_id": "L2", "first_name": "Bob", "last_name": "Huber"}
HOME = {"address": {"street": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}}


def history() -> list[Message]:
    """Anna by till, web and phone; Bob of the same household."""
    return [
        sale(ANNA | HOME),
        sale(
            {"email": ANNA["email"]}, tenders=[{"kind": "card", "amount": "1", "payment_account": "card-1"}]
        ),
        online(
            "Product Viewed",
            userId="anna",
            anonymousId="cookie-anna",
            context={"traits": {"email": ANNA["email"]}},
        ),
        online("Product Viewed", anonymousId="cookie-anna"),
        sale(BOB | HOME | {"email": "bob@example.org"}),
        online("Product Viewed", anonymousId="c2"),
    ]
