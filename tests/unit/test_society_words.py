"""What compiled code draws people and wallets from, against the arrays that say what it means."""

import numpy as np

from tengesim.population.chances import chances, happens
from tengesim.population.columns import Role
from tengesim.population.ladder import ladder_of
from tengesim.population.society_model import ADULT_AGE, PensionSection
from tengesim.population.words import below_word, scrambled, word_of
from tengesim.streams import Streams, below, mix
from tests.nation import BANK_SHARES_BP, nation, section

TOWN = "0.002"


def test_a_word_is_that_of_its_stream() -> None:
    """Goal: compiled code draws what streams draw. Method: words of all sizes, small and large."""
    words = np.random.default_rng(3).integers(0, 2**64, 300, dtype=np.uint64)
    words = np.append(words, np.array([0, 2**63 - 1, 2**63, 2**64 - 1], dtype=np.uint64))
    first, second = map(np.uint64, Streams(5).key("people.age"))
    numbers = np.array([0, 1, 7, 20_495_974])
    with np.errstate(over="ignore"):
        assert mix(words).tolist() == [int(scrambled(word)) for word in words]
        assert Streams(5).words("people.age", numbers).tolist() == [
            int(word_of(first, second, number)) for number in numbers.tolist()
        ]
    for count in (1, 10_000, 1 << 32):
        expected = below(words, count).tolist()
        assert expected == [int(below_word(word, np.uint64(count))) for word in words]


def test_money_is_what_the_laws_say_of_the_words() -> None:
    """Goal: amounts are those of the readable laws. Method: all money of a town, made again."""
    people, likely, streams = nation(TOWN).people, chances(section()), Streams(1)
    ids = np.arange(len(people.age))
    is_child = people.role == Role.CHILD
    rank = streams.words("people.wage", ids)
    follows = ~is_child & happens(streams.words("people.follows_wage", ids), likely.follows_wage)
    own = streams.words("people.deposit", ids)
    deposit = likely.purse.deposit.amounts(np.where(follows, rank, own))
    assert np.array_equal(np.where(is_child, 0, deposit), people.deposit_tiyn)
    cash = likely.purse.cash.amounts(streams.words("people.cash", ids))
    assert np.array_equal(np.where(is_child, 0, cash), people.cash_tiyn)
    wage = np.maximum(likely.wage.amounts(rank), section().wages.minimum.value)
    assert np.array_equal(np.where(people.role == Role.EMPLOYED, wage, 0), people.wage_tiyn)
    spending = np.where(follows, rank, streams.words("people.spending", ids))
    weight = likely.spending.amounts(spending) * likely.spending_by_role[people.role]
    assert np.array_equal(weight // 1_000_000_000, people.weight)


def test_banks_pensions_and_work_are_what_the_ladders_say_of_the_words() -> None:
    """Goal: choices are those of the readable ladders. Method: a town's choices, made again."""
    society, likely, streams = nation(TOWN), chances(section()), Streams(1)
    people, ids = society.people, np.arange(len(society.people.age))
    banks = ladder_of(BANK_SHARES_BP).rungs(streams.words("people.bank", ids))
    assert np.array_equal(banks, people.bank)
    works = happens(streams.words("people.employed", ids), likely.employed[people.age])
    works &= people.age >= ADULT_AGE
    assert np.array_equal(works, people.role == Role.EMPLOYED)
    for name, programme in section().programmes.items():
        if isinstance(programme, PensionSection):
            rates = np.where(
                people.is_female, likely.pension[1][people.age], likely.pension[0][people.age]
            )
            receives = happens(streams.words(f"programmes.{name}", ids), rates)
            assert np.array_equal(receives, society.is_member(name))
