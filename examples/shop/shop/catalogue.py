"""What the shop sells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """One thing to buy."""

    sku: str
    title: str
    cents: int


PRODUCTS = {
    product.sku: product
    for product in (
        Product("anvil", "Anvil, 100 kg", 129_900),
        Product("rope", "Rope, 20 m", 3_450),
        Product("magnet", "Giant magnet", 2_400_000),
        Product("seed", "Bird seed", 399),
    )
}
