"""Products and their models, and how prices, stock and status move over time."""

from __future__ import annotations

from dataclasses import dataclass

from talat_sandbox.business.channels import SHOPEE, Channel
from talat_sandbox.business.dice import Dice, Weighted
from talat_sandbox.business.shops import Shop

DAY = 86400

_NOUNS = (
    ("ขวดน้ำสแตนเลส", "BTL"), ("หมอนรองคอ", "PIL"), ("เสื่อโยคะ", "MAT"), ("โคมไฟแคมป์ปิ้ง", "LMP"),
    ("กระทะเคลือบหิน", "PAN"), ("ผ้าเช็ดตัวไมโครไฟเบอร์", "TWL"), ("กล่องเก็บของ", "BOX"), ("ร่มพับ", "UMB"),
    ("เสื้อยืดโอเวอร์ไซซ์", "TEE"), ("กระเป๋าผ้า", "BAG"), ("ชุดมีดทำครัว", "KNF"), ("เทียนหอม", "CDL"),
)  # fmt: skip
_STYLES = ("รุ่นใหม่", "เกรดพรีเมียม 🧊", "ราคาส่ง", "พร้อมส่ง 🚚", "ของแท้ 100%", "มินิมอล", "ลายไทย", "สำหรับเดินทาง ✈️")
COLOURS = ("ฟ้า", "ชมพู", "ดำ", "ขาว")
_COLOUR_CODES = ("BLU", "PNK", "BLK", "WHT")


@dataclass(frozen=True, slots=True)
class Model:
    """A variant of a product. `base_price` is in satang (hundredths of the shop's currency)."""

    model_id: int
    name: str
    sku: str
    base_price: int


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it was launched. Products without variants have one model without a name; on Shopee its id is 0."""

    index: int
    item_id: int
    name: str
    sku: str
    category_id: int
    weight_gram: int
    launched: int
    first_change: int
    period: int
    models: tuple[Model, ...]

    @property
    def has_models(self) -> bool:
        """Whether buyers choose between variants."""
        return self.models[0].name != ""


@dataclass(frozen=True, slots=True)
class ModelState:
    """Price before and after the shop's promotion, in satang, and stock, at one version of the product."""

    original_price: int
    current_price: int
    stock: int


class Catalogue:
    """One shop's products; everything about them is a function of the instant."""

    def __init__(self, seed: int, shop: Shop, opens: int, span_days: int, size: int, channel: Channel = SHOPEE) -> None:
        self._seed = seed
        self._channel = channel
        self.shop = shop
        self.products = tuple(self._make(index, opens, span_days, size) for index in range(size))
        self.by_item_id = {product.item_id: product for product in self.products}
        self._popularity = Weighted([10_000 // (index + 4) + 40 for index in range(size)])
        self._established = max(1, size * 9 // 10)

    def choose(self, dice: Dice, instant: int) -> Product:
        """Draw a product that was on sale at an instant; the popular ones come first."""
        product = self.products[self._popularity.draw(dice)]
        return product if product.launched <= instant else self.products[product.index % self._established]

    def version(self, product: Product, instant: int) -> int:
        """Return how often a product had been changed at an instant."""
        if instant < product.first_change:
            return 0
        guess = (instant - product.first_change) // product.period + 1
        return guess if self.changed_at(product, guess) <= instant else guess - 1

    def changed_at(self, product: Product, version: int) -> int:
        """Return the epoch second of a version's beginning; version 0 is the launch."""
        if version == 0:
            return product.launched
        jitter = Dice(f"{self._seed}|change|{product.item_id}|{version}").below(product.period // 2)
        return product.first_change + (version - 1) * product.period + jitter

    def status(self, product: Product, version: int) -> str:
        """Return the listing status at a version; a few products end banned or deleted, some pause."""
        dice = Dice(f"{self._seed}|status|{product.item_id}")
        fate, turning = dice.below(100), dice.between(2, 6)
        if product.index >= 10 and version >= turning:
            if fate < 2:
                return "BANNED"
            if fate < 5:
                return "SELLER_DELETE"
            if fate < 11:
                return "UNLIST" if (version - turning) % 3 == 0 else "NORMAL"
        return "NORMAL"

    def model_state(self, product: Product, model: Model, version: int) -> ModelState:
        """Return price and stock of a model at a version."""
        dice = Dice(f"{self._seed}|price|{product.item_id}|{model.model_id}|{version}")
        original = model.base_price * dice.between(94, 108) // 100
        discount = dice.pick((0, 0, 5, 10, 15, 20, 25))
        return ModelState(original, original - original * discount // 100, dice.between(0, 400))

    def _make(self, index: int, opens: int, span_days: int, size: int) -> Product:
        channel, home = self._channel, self.shop.home
        dice = Dice(f"{self._seed}|product|{home}|{index}")  # the same product on all channels
        noun, code = _NOUNS[index % len(_NOUNS)]
        sku = f"{code}-{home:02d}{index:03d}"
        if index < max(1, size * 9 // 10):
            launched = opens - dice.between(20 * DAY, 400 * DAY)
        else:
            launched = opens + dice.below(max(1, span_days) * DAY)
        level = self.shop.region.price_percent * channel.price
        base = dice.pick((3900, 5900, 8900, 12_900, 19_900, 25_000, 39_900, 59_000, 129_000)) + dice.below(900)
        models = dice.pick((1, 2, 2, 3, 3, 4, 4))
        place = home * 100_000 + index
        return Product(
            index=index,
            item_id=channel.item_id + place,
            name=f"{noun} {_STYLES[dice.below(len(_STYLES))]} No.{index + 1}",
            sku=channel.own_sku(index, sku),
            category_id=100_600 + index % len(_NOUNS),
            weight_gram=dice.between(1, 30) * 50,
            launched=launched,
            first_change=launched + dice.between(1, 15) * DAY,
            period=dice.between(6, 25) * DAY,
            # Shopee numbers no variant of a product that has none; other channels always number what is sold.
            models=(
                Model(
                    0 if channel is SHOPEE else channel.model_id + place * 10,
                    "",
                    channel.own_sku(index, sku),
                    base * level // 10_000,
                ),
            )
            if models == 1
            else tuple(
                Model(
                    channel.model_id + place * 10 + number,
                    COLOURS[number],
                    channel.own_sku(index, f"{sku}-{_COLOUR_CODES[number]}"),
                    base * (100 + 6 * number) * level // 1_000_000,
                )
                for number in range(models)
            ),
        )
