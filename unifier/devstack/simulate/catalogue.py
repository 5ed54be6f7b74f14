"""What the simulated retailer sells and how it advertises."""

from random import Random
from typing import NamedTuple


class Product(NamedTuple):
    """One article; the price is in hundredths of the currency unit, in either currency."""

    sku: str
    name: str
    category: str
    price: int


class Campaign(NamedTuple):
    """One way in which people are made aware: `channel` as in the contract, the rest as UTM parameters."""

    channel: str
    source: str
    medium: str
    name: str


NOUNS = {
    "shoes": ("Sneaker", "Boot", "Sandal", "Loafer"),
    "coats": ("Parka", "Trench", "Down Jacket", "Raincoat"),
    "knitwear": ("Pullover", "Cardigan", "Turtleneck"),
    "kitchen": ("Kettle", "Pan", "Knife Set", "Mixer", "Toaster"),
    "audio": ("Headphones", "Loudspeaker", "Radio"),
    "garden": ("Trowel", "Planter", "Lantern", "Deck Chair"),
    "toys": ("Puzzle", "Train Set", "Plush Bear", "Kite"),
    "bedding": ("Duvet", "Pillow", "Sheet Set"),
}
STYLES = ("Classic", "Nordic", "Urban", "Alpine", "Linen", "Oak", "Slate", "Coral", "Mini", "Grand")

CAMPAIGNS = (
    Campaign("ads", "google", "cpc", "autumn-brand"),
    Campaign("ads", "meta", "paid-social", "new-season"),
    Campaign("social", "instagram", "social", "autumn-looks"),
    Campaign("email", "newsletter", "email", "weekly-letter"),
)
DIRECT = Campaign("web", "", "", "")


class Catalogue:
    """A few hundred products; some are asked for far more than others."""

    def __init__(self, rng: Random) -> None:
        self.products: list[Product] = []
        for category, nouns in NOUNS.items():
            for noun in nouns:
                for style in STYLES:
                    sku = f"{category[:2].upper()}-{len(self.products):04d}"
                    price = rng.randrange(9, 199) * 100 + rng.choice((90, 95, 99, 0))
                    self.products.append(Product(sku, f"{style} {noun}", category, price))
        rng.shuffle(self.products)
        self.by_category = {c: [p for p in self.products if p.category == c] for c in NOUNS}

    def wish(self, rng: Random) -> Product:
        """What somebody sets their heart on: a tenth of the products get half of the wishes."""
        popular = len(self.products) // 10 if rng.random() < 0.4 else len(self.products)
        return self.products[int(rng.random() * popular)]

    def similar(self, wish: Product, rng: Random) -> Product:
        """Another look around in the same category."""
        return rng.choice(self.by_category[wish.category])
