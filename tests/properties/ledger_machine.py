"""The acts of the small money world as rules that Hypothesis combines and shrinks.

Apart from the test so that it can also be run on broken books and on fresh seeds.
"""

from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tengesim.ledger.book import Book
from tests.money_world import MoneyWorld

MARK = st.integers(0, 1)
PURSE = st.integers(0, 5)
SIZE = st.integers(0, 4)
# Mostly the latest, because that is what a hold is completed or voided right after.
EARLIER = st.sampled_from((0, 0, 0, 1, 1, 2, 4, 7))

LONG_STORIES = settings(
    max_examples=150, stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow]
)


class LedgerMachine(RuleBasedStateMachine):
    """Any order of acts; every check is in the world, after every act."""

    book_type: ClassVar[type[Book]] = Book

    def __init__(self) -> None:
        """Start an empty world."""
        super().__init__()
        self.world = MoneyWorld(self.book_type)

    @initialize(
        size=st.integers(0, 999), sizes=st.lists(st.integers(1, 60), min_size=6, max_size=6)
    )
    def start(self, size: int, sizes: list[int]) -> None:
        """Put some money where most acts need it."""
        self.world.play("fund", 1_000 + size)
        for mark in (0, 1):
            self.world.play("issue", mark, 1)
            self.world.play("distribute", mark, *sizes[3 * mark : 3 * mark + 3])
        self.world.play("fill", *sizes)

    @rule(size=st.integers(0, 999))
    def fund(self, size: int) -> None:
        """See `MoneyWorld.fund`."""
        self.world.play("fund", size)

    @rule(mark=MARK, size=SIZE)
    def issue(self, mark: int, size: int) -> None:
        """See `MoneyWorld.issue`."""
        self.world.play("issue", mark, size)

    @rule(mark=MARK, sizes=st.lists(st.integers(0, 400), min_size=3, max_size=3))
    def distribute(self, mark: int, sizes: list[int]) -> None:
        """See `MoneyWorld.distribute`."""
        self.world.play("distribute", mark, *sizes)

    @rule(purse=PURSE, size=SIZE, refusal=st.sampled_from((0, 0, 0, 1, 2)))
    def pay(self, purse: int, size: int, refusal: int) -> None:
        """See `MoneyWorld.pay`."""
        self.world.play("pay", purse, size, refusal)

    @rule(purse=PURSE)
    def pay_late(self, purse: int) -> None:
        """See `MoneyWorld.pay_late`."""
        self.world.play("pay_late", purse)

    @rule(purse=PURSE, size=SIZE)
    def deliver(self, purse: int, size: int) -> None:
        """See `MoneyWorld.deliver`."""
        self.world.play("deliver", purse, size)

    @rule(size=SIZE)
    def record(self, size: int) -> None:
        """See `MoneyWorld.record`."""
        self.world.play("record", size)

    @rule(mark=MARK, size=SIZE)
    def shed(self, mark: int, size: int) -> None:
        """See `MoneyWorld.shed`."""
        self.world.play("shed", mark, size)

    @rule(size=SIZE)
    def redeem(self, size: int) -> None:
        """See `MoneyWorld.redeem`."""
        self.world.play("redeem", size)

    @rule(purse=PURSE, size=SIZE)
    def refund(self, purse: int, size: int) -> None:
        """See `MoneyWorld.refund`."""
        self.world.play("refund", purse, size)

    @rule(mark=MARK, keeps_caterer=st.integers(0, 1))
    def expire(self, mark: int, keeps_caterer: int) -> None:
        """See `MoneyWorld.expire`."""
        self.world.play("expire", mark, keeps_caterer)

    @rule(way=st.integers(0, 7), size=SIZE)
    def pass_down(self, way: int, size: int) -> None:
        """See `MoneyWorld.pass_down`."""
        self.world.play("pass_down", way, size)

    @rule(purse=PURSE, size=SIZE)
    def spend_twice(self, purse: int, size: int) -> None:
        """See `MoneyWorld.spend_twice`."""
        self.world.play("spend_twice", purse, size)

    @rule(purse=PURSE, size=SIZE)
    def pass_on(self, purse: int, size: int) -> None:
        """See `MoneyWorld.pass_on`."""
        self.world.play("pass_on", purse, size)

    @rule(purse=PURSE, size=SIZE)
    def reserve_passing_on(self, purse: int, size: int) -> None:
        """See `MoneyWorld.reserve_passing_on`."""
        self.world.play("reserve_passing_on", purse, size)

    @rule(size=SIZE)
    def claim(self, size: int) -> None:
        """See `MoneyWorld.claim`."""
        self.world.play("claim", size)

    @rule(purse=PURSE, size=SIZE)
    def reserve(self, purse: int, size: int) -> None:
        """See `MoneyWorld.reserve`."""
        self.world.play("reserve", purse, size)

    @rule(which=EARLIER)
    def complete(self, which: int) -> None:
        """See `MoneyWorld.complete`."""
        self.world.play("complete", which)

    @rule(which=EARLIER)
    def void(self, which: int) -> None:
        """See `MoneyWorld.void`."""
        self.world.play("void", which)

    @rule(purse=PURSE, reason=st.integers(0, 1))
    def refuse(self, purse: int, reason: int) -> None:
        """See `MoneyWorld.refuse`."""
        self.world.play("refuse", purse, reason)

    @rule(mark=MARK)
    def refuse_redeeming(self, mark: int) -> None:
        """See `MoneyWorld.refuse_redeeming`."""
        self.world.play("refuse_redeeming", mark)

    @rule(which=EARLIER, change=st.integers(0, 5))
    def repeat(self, which: int, change: int) -> None:
        """See `MoneyWorld.repeat`."""
        self.world.play("repeat", which, change)

    @rule(side=st.integers(0, 5), way=st.integers(0, 3))
    def post_unknown(self, side: int, way: int) -> None:
        """See `MoneyWorld.post_unknown`."""
        self.world.play("post_unknown", side, way)

    @rule(size=SIZE)
    def reserve_nothing(self, size: int) -> None:
        """See `MoneyWorld.reserve_nothing`."""
        self.world.play("reserve_nothing", size)

    @rule(mistake=st.integers(0, 9))
    def post_malformed(self, mistake: int) -> None:
        """See `MoneyWorld.post_malformed`."""
        self.world.play("post_malformed", mistake)

    @rule(sizes=st.lists(st.integers(0, 99), min_size=1, max_size=4))
    def fill(self, sizes: list[int]) -> None:
        """See `MoneyWorld.fill`."""
        self.world.play("fill", *sizes)

    @rule(size=SIZE, extra=st.integers(0, 2), region=st.integers(0, 1))
    def pay_wages(self, size: int, extra: int, region: int) -> None:
        """See `MoneyWorld.pay_wages`."""
        self.world.play("pay_wages", size, extra, region)

    @rule(size=SIZE, extra=st.integers(0, 2))
    def pay_benefits(self, size: int, extra: int) -> None:
        """See `MoneyWorld.pay_benefits`."""
        self.world.play("pay_benefits", size, extra)

    @rule(size=SIZE, which=st.integers(0, 5))
    def spend_wallets(self, size: int, which: int) -> None:
        """See `MoneyWorld.spend_wallets`."""
        self.world.play("spend_wallets", size, which)

    @rule(which=st.integers(0, 5), leg=st.integers(0, 3), place=st.integers(0, 2))
    def post_many_unknown(self, which: int, leg: int, place: int) -> None:
        """See `MoneyWorld.post_many_unknown`."""
        self.world.play("post_many_unknown", which, leg, place)

    @rule(which=st.integers(0, 1))
    def post_under_a_batch(self, which: int) -> None:
        """See `MoneyWorld.post_under_a_batch`."""
        self.world.play("post_under_a_batch", which)

    @rule(which=st.integers(0, 2), size=SIZE)
    def reserve_of_a_party(self, which: int, size: int) -> None:
        """See `MoneyWorld.reserve_of_a_party`."""
        self.world.play("reserve_of_a_party", which, size)

    @rule(which=st.integers(0, 5))
    def freeze(self, which: int) -> None:
        """See `MoneyWorld.freeze`."""
        self.world.play("freeze", which)

    @rule(which=st.integers(0, 5))
    def let_go(self, which: int) -> None:
        """See `MoneyWorld.let_go`."""
        self.world.play("let_go", which)

    @rule(size=SIZE)
    def pay_by_wallet(self, size: int) -> None:
        """See `MoneyWorld.pay_by_wallet`."""
        self.world.play("pay_by_wallet", size)

    @rule(slot=st.integers(0, 3), party=st.integers(0, 4))
    def open_late(self, slot: int, party: int) -> None:
        """See `MoneyWorld.open_late`."""
        self.world.play("open_late", slot, party)

    @rule(party=st.integers(0, 3), form=st.integers(0, 3), mark=st.integers(0, 1))
    def open_by_name(self, party: int, form: int, mark: int) -> None:
        """See `MoneyWorld.open_by_name`."""
        self.world.play("open_by_name", party, form, mark)

    def teardown(self) -> None:
        """Play the same acts once more: the log must be the same, byte for byte."""
        if self.world.is_sound:
            assert self.world.journal.digest() == self.world.replay()
