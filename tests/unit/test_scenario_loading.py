"""Claims about reading scenarios: every mistake is named at its line, and nothing else happens."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tengesim.errors import Finding, ScenarioError
from tengesim.findings import FINDING_CODES
from tengesim.scenario.digest import resolved_yaml, scenario_digest
from tengesim.scenario.load import check_scenario, load_scenario, load_upload
from tengesim.scenario.shipped import shipped, shipped_names
from tengesim.scenario.text import BYTES_MAX, NODES_MAX, read_document

BAD = Path(__file__).parents[1] / "cases" / "bad"
SECONDS_MAX = 2
MEGABYTES_MAX = 300

# Each file makes one mistake: its name. The code, the line and a part of the message.
ONE_MISTAKE: dict[str, tuple[str, int, str]] = {
    "ages_below_whole": ("SHARES", 5, "the shares of the ages add up to 99.5 %"),
    "ages_with_a_gap": ("AGES", 8, "a band reaches from 61 to 99 where 60 is due"),
    "alias": ("ALIAS", 4, "the alias *region"),
    "amount_in_mci": ("AMOUNT_VALUE", 6, "finer than one tiyn"),
    "anchor": ("ALIAS", 3, "the anchor &here"),
    "assumption_without_range": ("ASSUMPTION_RANGE", 5, "an assumption without low"),
    "bad_indentation": ("SYNTAX", 5, "does not fit the indentation"),
    "breaks_overlap": ("DATED_ORDER", 7, "the break from 2026-02-11 begins before"),
    "budget_outlived": ("OUTSIDE_HORIZON", 4, "long after the budget year"),
    "budget_plan_below_whole": ("SHARES", 6, "the plan of payments add up to 99.00 %"),
    "budget_region_unknown": ("REGION", 6, "there is no region 'KZ-AST'"),
    "budget_year_begun": ("OUTSIDE_HORIZON", 5, "the budget year begins on 2025-01-01"),
    "byte_order_mark": ("ENCODING", 1, "byte order mark"),
    "cheats_above_whole": ("SHARES", 6, "the ways to cheat add up to 155.00 %"),
    "cheats_by_cash_typology": ("NAME_UNKNOWN", 7, "'cash' is no typology"),
    "cheats_by_unknown_way": ("NAME_UNKNOWN", 7, "'sorcery' is no typology"),
    "cheats_fined_negatively": ("RATE", 6, "'-5 %' is not a rate"),
    "cheats_gain_above_contract": ("RANGE", 8, "kickback would gain more than the whole contract"),
    "cheats_gain_without_range": ("ASSUMPTION_RANGE", 8, "a loss without low"),
    "cheats_lag_in_business_days": ("DURATION", 6, "lag takes 5 business days"),
    "cheats_sensitivity_negative": ("RANGE", 6, "a sensitivity of -1"),
    "cheats_sensitivity_unknown": ("CHOICE", 6, "the text 'extreme' is not one of the choices"),
    "child_richer_than_parents": ("TIER_ORDER", 5, "balance of a child is more than of any parent"),
    "children_without_adults": ("HOUSEHOLDS", 5, "there are 0.36 children to a household"),
    "contract_advance_never_asked": ("RANGE", 6, "advance_tries is nought"),
    "contract_book_keeps_too_much": ("SHARES", 11, "leave less than nothing of an act"),
    "contract_chain_in_a_circle": ("SUBCONTRACT_CYCLE", 8, "passed on to 'asphalt' comes back"),
    "contract_chain_of_strangers": ("NAME_UNKNOWN", 8, "nobody in the chain is called 'paving'"),
    "contract_chain_passes_on_too_much": ("SHARES", 7, "'supplier' passes on 120.00 %"),
    "contract_claims_undescribed": ("MISSING_KEY", 14, "nothing says when firms claim what"),
    "contract_claims_without_refund": ("RULE_UNUSED", 5, "no rule book refunds them"),
    "contract_depth_said_nowhere": ("ARM", 5, "no rule book says how deep the mark is passed on"),
    "contract_depth_said_twice": ("STATED_TWICE", 5, "and so does depth_4"),
    "contract_freezes_said_twice": ("STATED_TWICE", 14, "the book on releases says too"),
    "contract_mark_restored_of_nothing": ("RULE_UNUSED", 6, "nobody carries out back_under"),
    "contract_mark_without_return_account": ("MISSING_KEY", 7, "'return_account' is missing"),
    "contract_marked_without_mark": ("ARM", 4, "lacks the terms of its mark"),
    "contract_mean_term_beyond_the_longest": ("RANGE", 6, "not between the shortest"),
    "contract_milestones_below_whole": ("SHARES", 6, "the milestones add up to 90.00 %"),
    "contract_retention_above_whole": ("RANGE", 5, "'120 %' is more than the whole"),
    "contract_retention_and_advance_above_whole": ("SHARES", 5, "are more than the price"),
    "contract_retention_said_twice": ("STATED_TWICE", 6, "and so does `contracts.retention`"),
    "contract_rules_that_nobody_asks": ("ARM", 5, "nobody asks a rule book"),
    "contract_rules_that_nobody_carries_out": ("RULE_UNUSED", 6, "nobody carries out half"),
    "contract_refund_of_nothing": ("RULE_UNUSED", 13, "no rule splits it off"),
    "contract_risk_beyond_all_points": ("RANGE", 9, "1200 is out of range"),
    "contract_rule_of_another_use": ("RULE_UNUSED", 7, "nobody asks about that"),
    "contract_small_sums_said_twice": ("STATED_TWICE", 7, "which sums bear no mark"),
    "contract_tax_never_refunded": ("MARK_STRANDS", 6, "would never come back"),
    "contract_tax_rate_too_young": ("OUTSIDE_HORIZON", 16, "no rate before 2026-01-01"),
    "contract_tax_rates_differ": ("STATED_TWICE", 15, "splits another tax from 2009-01-01 on"),
    "contract_version_that_nobody_carries_out": ("RULE_UNUSED", 8, "nobody carries out half"),
    "contract_wages_freed_twice": ("STATED_TWICE", 5, "'parts_freed' frees wages"),
    "contract_wider_book_below": ("MARK_WIDER", 13, "'anything_goes' is not shown"),
    "contradictory_rule": ("RULE_CONTRADICTS", 11, "'mornings' and 'afternoons' contradict"),
    "control_escape": ("ENCODING", 3, "U+0007"),
    "controls_everything_flagged": ("RANGE", 7, "every contract is audited"),
    "controls_never_again": ("DURATION", 7, "every takes 0 us"),
    "controls_nobody_reviews": ("RANGE", 7, "nobody reviews"),
    "controls_of_nobody": ("ARM", 6, "there is a section `controls` and no `integrity`"),
    "controls_recover_more_than_lost": ("RANGE", 6, "'120 %' is more than the whole"),
    "cyclic_extends_a": (
        "EXTENDS_CYCLE",
        2,
        "cyclic_extends_a.yaml → cyclic_extends_b.yaml → cyclic_extends_a.yaml",
    ),
    "cyclic_extends_b": (
        "EXTENDS_CYCLE",
        2,
        "cyclic_extends_b.yaml → cyclic_extends_a.yaml → cyclic_extends_b.yaml",
    ),
    "date_other_way": ("DATE", 4, "'15.03.2026' is not a date"),
    "day_below_payment": ("TIER_ORDER", 5, "allows less in a day than in one payment"),
    "directive": ("SYNTAX", 1, "per cent sign"),
    "duplicate_key": ("DUPLICATE_KEY", 5, "'seed' is on lines 3 and 5"),
    "duplicate_key_below": ("DUPLICATE_KEY", 6, "'start' is on lines 4 and 6"),
    "duration_in_months": ("DURATION", 6, "'1 month' has no fixed length"),
    "empty": ("EMPTY_FILE", 1, "the file is empty"),
    "empty_text": ("RANGE", 3, "at least 1 characters"),
    "end_at_start": ("END_BEFORE_START", 5, "2026-02-01"),
    "end_before_start": ("END_BEFORE_START", 5, "not after its start on 2026-03-15"),
    "estimate_line_twice": ("NAME_TWICE", 11, "stands in the estimate twice"),
    "exponent": ("NUMBER_EXPECTED", 4, "the text '1e-1' stands here"),
    "extends_itself": ("EXTENDS_CYCLE", 2, "extends_itself.yaml → extends_itself.yaml"),
    "extends_list": ("TEXT_EXPECTED", 2, "does not name a scenario"),
    "extends_missing_file": ("UNKNOWN_SCENARIO", 2, "did you mean 'unknown_key.yaml'?"),
    "extends_number": ("TEXT_EXPECTED", 2, "does not name a scenario"),
    "extends_unknown": ("UNKNOWN_SCENARIO", 2, "did you mean 'school_meals'?"),
    "february_29": ("DATE", 4, "2026 has no 29 February"),
    "february_31": ("DATE", 5, "2026-02-31 does not exist"),
    "fraction_of_pupils": ("COUNT_VALUE", 5, "'111000.5 pupils' is not whole"),
    "frozen_after_the_end": ("OUTSIDE_HORIZON", 8, "accounts are frozen on 2026-05-10"),
    "frozen_for_months": ("DURATION", 10, "accounts are frozen for 5 business days"),
    "frozen_nobody": ("NAME_UNKNOWN", 7, "nobody with the name 'person-99999999'"),
    "future_format": ("FORMAT", 1, "format 2 is younger than this tengesim"),
    "half_tiyn": ("AMOUNT_VALUE", 6, "'811.005 KZT' is finer than one tiyn"),
    "halving_gap_of_nothing": ("RANGE", 6, "a gap of nothing cannot halve the odds"),
    "hold_without_queue": ("RANGE", 6, "a payment is held in a queue"),
    "household_sizes_below_whole": ("SHARES", 5, "household sizes add up to 99 %"),
    "huge_scale": ("RANGE", 4, "expected at most 10000"),
    "key_is_a_list": ("SYNTAX", 3, "a key that is not a word"),
    "list_at_top": ("MAPPING_EXPECTED", 1, "does not hold sections"),
    "long_decimal": ("NUMBER_TOO_LONG", 4, "more than 15 digits"),
    "long_number": ("NUMBER_TOO_LONG", 3, "more than 40 digits"),
    "mark_above_itself": ("MARK_RING", 13, "'school_meals.sub' stands above itself"),
    "mark_ends_before_start": ("END_BEFORE_START", 5, "before it starts on 2026-02-01"),
    "mark_of_unknown_parent": ("NAME_UNKNOWN", 13, "there is no mark 'school_meals.2026-03'"),
    "mark_wider_than_parent": (
        "MARK_WIDER",
        7,
        "'looser' is not shown to be narrower than 'meals_marked'",
    ),
    "mark_without_return_account": ("MISSING_KEY", 4, "'return_account' is missing"),
    "market_correlation_impossible": ("CORRELATION", 6, "bitcoin, ether, us_dollar cannot move"),
    "market_jumps_too_large": ("JUMPS_TOO_LARGE", 16, "a volatility of 0.775, more than its 0.5"),
    "market_law_unknown": ("CHOICE", 12, "'gbm', 'student_t', 'merton', 'regimes', 'bootstrap'"),
    "market_pair_missing": ("CORRELATION_PAIR", 6, "how ether and us_dollar move together"),
    "market_price_of_nothing": ("RANGE", 15, "0 is out of range; expected more than 0"),
    "market_stress_unknown": ("NAME_UNKNOWN", 23, "there is no stress 'cycle'"),
    "market_without_dollar": ("MISSING_KEY", 10, "nothing says what a dollar costs"),
    "meals_that_shed_no_mark": ("RULE_UNUSED", 6, "nobody carries out refund_keeps_mark"),
    "mean_wage_below_median": ("RANGE", 6, "a mean below its median"),
    "merchants_below_whole": ("SHARES", 6, "the categories add up to 90 %"),
    "merge_key": ("MERGE_KEY", 4, "the merge key <<"),
    "milestones_below_whole": ("SHARES", 10, "the shares add up to 90.00 %"),
    "mining_above_grid": ("RANGE", 5, "the fleets draw 300 MW, the grid gives 250 MW"),
    "mining_network_of_nothing": ("RANGE", 6, "the network has a hash rate of 0 EH/s"),
    "mining_plant_too_small": ("RANGE", 6, "the plant leaves them 90 MW"),
    "mining_share_of_nothing": ("MISSING_KEY", 4, "which the mode share_in_kind needs"),
    "missing_format": ("FORMAT", 1, "the format is missing"),
    "missing_rule_kind": ("MISSING_KEY", 7, "'kind' is missing"),
    "missing_source": ("MISSING_KEY", 8, "'source' is missing"),
    "misspelled_choice": ("CHOICE", 5, "did you mean 'digital'?"),
    "month_13": ("DATE", 4, "2026-13-01 does not exist"),
    "more_recipients_than_families": ("HOUSEHOLDS", 7, "6,042,000 families receive it"),
    "name_with_slash": ("NAME", 3, "the text '../runs' has another form"),
    "negative_amount": ("AMOUNT_VALUE", 6, "'-811 KZT' is negative"),
    "negative_count": ("COUNT_VALUE", 3, "the number is negative"),
    "negative_scale": ("RANGE", 4, "the number -0.1 is out of range; expected more than 0"),
    "never_satisfied_rule": ("RULE_CONTRADICTS", 7, "'in_and_out' contradict"),
    "no_for_true": ("TRUE_FALSE_EXPECTED", 7, "write true without quotes"),
    "nobody_in_a_country": ("RANGE", 5, "there are regions but no people"),
    "not_a_number": ("NUMBER_EXPECTED", 4, "the text '.nan' stands here"),
    "nothing_for_section": ("MAPPING_EXPECTED", 3, "nothing stands here; expected a section"),
    "number_for_amount": ("AMOUNT_UNIT", 6, "write 811 KZT if tenge are meant"),
    "number_for_text": ("TEXT_EXPECTED", 3, "put the value in quotes"),
    "only_an_unknown_region": ("REGION", 5, "nothing is stated of the region 'KZ-99'"),
    "only_comments": ("EMPTY_FILE", 2, "the file is empty"),
    "orders_never_taken": ("TIMES_OUT_OF_ORDER", 6, "orders are not taken between"),
    "outage_after_the_end": ("OUTSIDE_HORIZON", 7, "the outage begins on 2026-05-10"),
    "outage_of_nobody": ("NAME_UNKNOWN", 6, "there is no system 'bank_z'"),
    "outage_twice": ("NAME_TWICE", 6, "'dark' is dated twice"),
    "override_of_one": ("RANGE", 10, "one signature would override the rule"),
    "path_absolute": ("PATH_OUTSIDE", 2, "leads out of the folder"),
    "path_outside": ("PATH_OUTSIDE", 2, "leads out of the folder"),
    "path_url": ("PATH_OUTSIDE", 2, "leads out of the folder"),
    "path_windows": ("PATH_OUTSIDE", 2, "leads out of the folder"),
    "pay_days_below_whole": ("SHARES", 5, "the pay days add up to 65.50 %"),
    "pension_twice": ("NAME_TWICE", 7, "pension and second_pension are both pensions"),
    "procurement_above_its_line": ("RANGE", 14, "27100000000 KZT are planned on the line 'power'"),
    "procurement_after_the_end": ("OUTSIDE_HORIZON", 13, "the lot is announced on 2028-03-03"),
    "procurement_bids_of_no_day": ("RANGE", 7, "bids is nothing"),
    "procurement_law_unknown": ("NAME_UNKNOWN", 5, "there is no regime 'law_2030'"),
    "procurement_line_unknown": ("NAME_UNKNOWN", 8, "there is no budget line 'bridges'"),
    "procurement_lines_above_whole": ("SHARES", 6, "the lines add up to 101.00 %"),
    "procurement_longest_is_shortest": ("BANDS", 8, "the longest is shorter than the shortest"),
    "procurement_method_unknown": ("CHOICE", 12, "the text 'lottery' is not one of the choices"),
    "procurement_methods_below_whole": ("SHARES", 6, "the methods add up to 90.00 %"),
    "procurement_negative_duration": ("COUNT_VALUE", 14, "'-30 days' is not a count"),
    "procurement_no_firms": ("RANGE", 5, "local is nothing"),
    "procurement_of_nothing": ("RANGE", 11, "a lot of nothing"),
    "procurement_region_unknown": ("REGION", 7, "there is no region 'KZ-99'"),
    "procurement_rule_book_unknown": ("NAME_UNKNOWN", 5, "there is no rule book 'awards'"),
    "procurement_sectors_above_total": ("SHARES", 6, "add up to 137310000000 KZT"),
    "procurement_sectors_short_of_lots": ("SHARES", 6, "the sectors have 651 lots"),
    "procurement_single_source_planned": ("CHOICE", 12, "follows a tender that failed"),
    "procurement_small_by_tender": ("CHOICE", 8, "are not bought by open_tender"),
    "procurement_sorts_above_whole": ("SHARES", 6, "the sorts add up to 101.00 %"),
    "procurement_takes_no_time": ("DURATION", 14, "a contract that takes no time"),
    "procurement_year_begun": ("OUTSIDE_HORIZON", 4, "the plan of a year begins on 2025-01-01"),
    "purchase_asks_another_register": ("RULE_NEVER", 7, "asks the register of land"),
    "purchase_signed_by_nobody": ("RULE_UNUSED", 7, "nobody shows here: supervisor_signed"),
    "purchase_dates_of_no_instalments": ("RULE_UNUSED", 5, "has anything paid in instalments"),
    "purchase_instalments_and_waits": ("RULE_UNUSED", 16, "nobody carries out aside: reserves"),
    "purchase_instalments_for_nothing": ("RULE_ALWAYS", 12, "would pay for what never came"),
    "purchase_instalments_never_due": ("RULE_UNUSED", 8, "nothing says when they are due"),
    "purchase_instalments_on_another_register": ("RULE_NEVER", 12, "the register of land"),
    "purchase_instalments_on_hold": ("RULE_UNUSED", 5, "nobody looks after register"),
    "purchase_instalments_on_signatures": ("RULE_UNUSED", 12, "here: supervisor_signed"),
    "purchase_instalments_too_late": ("OUTSIDE_HORIZON", 20, "last sale is due on 2025-06-11"),
    "purchase_instalments_too_small": ("RANGE", 10, "do not pay the highest price"),
    "purchase_divided_twice": ("STATED_TWICE", 11, "'thousand_off' divides the price again"),
    "purchase_of_unknown_own_money": ("MISSING_KEY", 12, "nothing says what they have of their"),
    "purchase_shared_without_a_mark": ("RULE_UNUSED", 6, "nobody carries out half: copays"),
    "purchase_by_the_richest": ("RANGE", 14, "200,000,000,000 KZT is too much for one buyer"),
    "purchase_with_own_money_for_nothing": ("RULE_UNUSED", 5, "nobody pays a part of the price"),
    "purchase_fee_out_of_a_deposit": ("RULE_UNUSED", 6, "nobody carries out fee"),
    "purchase_fee_to_a_stranger": ("NAME_UNKNOWN", 8, "'notary', who has no part in a purchase"),
    "purchase_given_back_never": ("MISSING_KEY", 4, "a seller who cannot deliver"),
    "purchase_held_for_no_time": ("DURATION", 6, "'unmet' holds money for no time"),
    "purchase_holds_for_ever": ("MARK_STRANDS", 5, "that the rules put on hold would stay there"),
    "purchase_in_no_time": ("DURATION", 5, "handover takes 0 business days"),
    "purchase_of_diverted_savings": ("RANGE", 6, "buyers with their own money divert no loan"),
    "purchase_of_money_that_never_expires": ("RULE_UNUSED", 6, "nobody carries out rest"),
    "purchase_outside_horizon": ("OUTSIDE_HORIZON", 5, "agreed upon from 2026-02-09 to 2026-07-31"),
    "purchase_paid_from_two_books": ("NAME_UNKNOWN", 8, "expected one rule book for the mark"),
    "purchase_refunds_what_nobody_holds": ("RULE_UNUSED", 17, "refunds what no rule holds"),
    "purchase_rules_that_nobody_carries_out": ("RULE_UNUSED", 6, "nobody carries out reward"),
    "purchase_shares_beyond_whole": ("SHARES", 6, "add up to 11000 basis points"),
    "purchase_waits_said_twice": ("STATED_TWICE", 5, "the rule book says when money goes back"),
    "purchase_waits_two_ways": ("STATED_TWICE", 7, "says again how long money waits"),
    "purchase_with_nothing_for_the_seller": ("SHARES", 8, "'fee' leaves nothing to the seller"),
    "quoted_format": ("FORMAT", 1, "the format is not known"),
    "rate_over_whole": ("RANGE", 6, "'101 %' is more than the whole"),
    "rate_too_fine": ("RATE", 6, "finer than one basis point"),
    "rate_without_unit": ("RATE", 6, "write 8 % if per cent are meant"),
    "supply_beyond_counting": ("RANGE", 28, "4,537,500,000 units of a connection cost"),
    "supply_by_a_register": ("RULE_UNUSED", 5, "what nobody says here at pay: register_changed"),
    "supply_dearer_than_all_money": ("RANGE", 8, "nobody has more than 11,000 KZT"),
    "supply_on_hold": ("RULE_UNUSED", 5, "nobody looks after desk"),
    "supply_read_when_all_is_over": ("OUTSIDE_HORIZON", 26, "last connection is due on 2026-07-14"),
    "supply_set_aside": ("RULE_UNUSED", 6, "nobody carries out aside: reserves"),
    "supply_shares_beyond_whole": ("SHARES", 33, "connections that go wrong add up to 11100"),
    "supply_without_a_rate": ("MISSING_KEY", 4, "nothing says what a unit costs"),
    "refund_within_the_hour": ("RANGE", 7, "0 hours after the purchase; expected 1 to 10000"),
    "refunds_of_a_table": ("WORLD_EMPTY", 11, "nothing of it comes back"),
    "region_unknown": ("REGION", 6, "there is no region 'KZ-AST'"),
    "regions_below_whole": ("SHARES", 5, "the regions have 18,382,843 people together"),
    "reserved_character": ("SYNTAX", 3, "a value starts with a reserved character"),
    "reserve_band_inside_out": ("BANDS", 8, "does not enclose the weight of 4000 bp"),
    "reserve_guard_never_opens": ("BANDS", 7, "shuts at a fall of 4000 bp and opens at 5000 bp"),
    "reserve_mandate_never_trades": ("RANGE", 6, "a mandate that never trades"),
    "reserve_more_than_the_bank_has": ("RANGE", 5, "begin with 150,000,000 USD of gold"),
    "reserve_paid_in_tenge": ("AMOUNT_USD", 4, "'1 bn KZT' is not an amount in dollars"),
    "reserve_units_of_nothing": ("MISSING_KEY", 24, "nothing says what they are worth"),
    "reserve_value_in_business_days": ("DURATION", 5, "a fund unit is 45 business days old"),
    "reserve_vehicles_of_one_name": ("NAME_TWICE", 5, "both vehicles are called 'alem'"),
    "reserve_weights_below_whole": ("SHARES", 6, "the weights add up to 95.00 %"),
    "reserve_without_market": ("WORLD_EMPTY", 4, "'reserve' speaks of assets"),
    "retention_above_whole": ("RANGE", 8, "'105 %' is more than the whole"),
    "retention_never_released": ("MARK_STRANDS", 6, "what 'kept' keeps would never be paid"),
    "reversed_text": ("ENCODING", 3, "U+202E"),
    "review_without_end": ("MISSING_KEY", 5, "`voided` belongs to a watch of payments"),
    "rule_beyond_retail": ("RANGE", 7, "reads what a retail payment does not show: price_within"),
    "rule_without_reference": ("MISSING_KEY", 6, "'reference' is missing"),
    "run_after_the_end": ("OUTSIDE_HORIZON", 5, "begins on 2026-05-10"),
    "scalar_at_top": ("MAPPING_EXPECTED", 1, "does not hold sections"),
    "second_colon": ("SYNTAX", 3, "a second colon in one line"),
    "section_for_list": ("LIST_EXPECTED", 4, "a section stands here; expected a list"),
    "section_for_text": ("TEXT_EXPECTED", 3, "a section stands here; expected a text"),
    "seizure_of_unknown_asset": ("NAME_UNKNOWN", 7, "there is no asset 'dogecoin'"),
    "shares_below_whole": ("SHARES", 4, "90 %"),
    "source_by_hearsay": ("SOURCE", 5, "neither a link nor an assumption"),
    "tab": ("TAB", 4, "a tab character"),
    "tag": ("TAG", 3, "the type tag"),
    "tag_python": ("TAG", 3, "the type tag"),
    "text_for_section": ("MAPPING_EXPECTED", 3, "the text 'February' stands here"),
    "text_for_sourced": ("MAPPING_EXPECTED", 5, "a section with `value` and `source`"),
    "text_scale": ("NUMBER_EXPECTED", 4, "write digits without quotes"),
    "tiers_below_whole": ("SHARES", 4, "add up to 90.00 %"),
    "tiers_out_of_order": (
        "TIER_ORDER",
        14,
        "per_payment of tier 'basic' is less than of 'identified'",
    ),
    "time_24": ("TIME_OF_DAY", 5, "'24:00' is not a time of day"),
    "too_deep": ("TOO_DEEP", 3, "more than 20 deep"),
    "tranche_after_the_last": ("TIMES_OUT_OF_ORDER", 5, "do not make two windows of a month"),
    "two_documents": ("TWO_DOCUMENTS", 4, "a second document starts"),
    "two_rule_books": ("DUPLICATE_KEY", 6, "'rule_book' is on lines 5 and 6"),
    "unclosed_bracket": ("SYNTAX", 4, "a bracket is not closed"),
    "unclosed_quote": ("SYNTAX", 3, "a quote is opened and not closed"),
    "unknown_key": ("UNKNOWN_KEY", 3, "did you mean 'seed'?"),
    "unknown_key_below": ("UNKNOWN_KEY", 4, "did you mean 'scale'?"),
    "unknown_mark": ("NAME_UNKNOWN", 6, "there is no mark 'school_meals.2026-03'"),
    "unknown_rule_kind": ("CHOICE", 7, "did you mean 'amount_at_most'?"),
    "unlimited_name": ("RANGE", 3, "expected at most 80 characters"),
    "utf_16": ("ENCODING", 1, "the file is UTF-16"),
    "value_outside_range": ("SOURCED_ORDER", 5, "low is more than value"),
    "version_contradicts": ("RULE_CONTRADICTS", 13, "'mornings' and 'afternoons' contradict"),
    "versions_out_of_order": ("END_BEFORE_START", 7, "stands after that from 2026-03-01"),
    "voucher_before_the_start": ("OUTSIDE_HORIZON", 6, "the first voucher is of 2026-03-01"),
    "voucher_for_pensioners": ("NAME_UNKNOWN", 5, "no programme for families 'pension'"),
    "voucher_given_after_the_month": ("TIMES_OUT_OF_ORDER", 18, "2026-04-30 there is no day 15"),
    "voucher_given_before_it_is_activated": (
        "TIMES_OUT_OF_ORDER",
        16,
        "money is given on 2026-04-09, and vouchers are activated until 2026-04-10",
    ),
    "voucher_hour_said_nowhere": ("MISSING_KEY", 5, "neither the voucher nor its rules say when"),
    "voucher_hour_said_twice": ("STATED_TWICE", 5, "and so does day_of_giving"),
    "offline_book_of_a_till": ("RULE_UNUSED", 8, "rule small guards pay, and here nobody asks"),
    "offline_book_unknown": ("NAME_UNKNOWN", 4, "there is no rule book 'device'"),
    "offline_book_without_reports": ("RULE_UNUSED", 4, "do not say what a report comes to"),
    "offline_report_never_late": ("TIMES_OUT_OF_ORDER", 10, "a report is late after 30 days"),
    "reward_and_a_sum": ("STATED_TWICE", 13, "either a sum for each member or a reward"),
    "reward_issued_beforehand": ("STATED_TWICE", 20, "or as rewards are earned"),
    "reward_of_unknown_acts": ("RULE_UNUSED", 11, "and the voucher knows of none"),
    "reward_without_a_rule": ("MISSING_KEY", 6, "no rule says what an act earns"),
    "voucher_given_before_issue": ("TIMES_OUT_OF_ORDER", 5, "given out before it is issued"),
    "voucher_in_no_region": ("NAME_UNKNOWN", 5, "no region of people 'KZ-99'"),
    "voucher_longer_than_its_mark": ("MARK_TOO_SHORT", 14, "vouchers are given from 2026-04-01"),
    "voucher_mark_unknown": ("NAME_UNKNOWN", 6, "did you mean 'food_voucher.2026-04'?"),
    "voucher_named_as_benefit": ("NAME_TWICE", 4, "'pension' is the name of another programme"),
    "voucher_returned_too_early": ("TIMES_OUT_OF_ORDER", 52, "on the last day, 23:45"),
    "meals_rule_on_signatures": ("RULE_UNUSED", 7, "supervisor_signed, customer_signed"),
    "meals_shed_on_what_nobody_shows": ("RULE_UNUSED", 8, "shows here: delivery_scanned"),
    "voucher_rule_on_presence": ("RULE_UNUSED", 7, "nobody shows here: presence_card"),
    "voucher_rule_on_what_nobody_shows": ("RULE_UNUSED", 11, "asks at pay for what nobody shows"),
    "voucher_version_within_its_term": ("RANGE", 11, "issued from 2026-04-01 to 2026-05-01"),
    "voucher_rule_on_awards": ("RULE_UNUSED", 7, "and here nobody asks about that"),
    "voucher_that_loses_its_mark": ("RANGE", 5, "comes back under its mark, and no effect says so"),
    "voucher_that_sheds_later": ("RULE_UNUSED", 6, "free as soon as a shop is paid"),
    "voucher_without_wallets": ("WORLD_EMPTY", 18, "marked money is paid between wallets"),
    "wallets_for_nobody": ("NAME_UNKNOWN", 4, "did you mean 'targeted_aid'?"),
    "working_children": ("RANGE", 6, "children of 0 to 17 years are employed"),
    "wrong_unit": ("AMOUNT_UNIT", 6, "'811 USD' is not an amount"),
    "zero_byte": ("ENCODING", 3, "U+0000"),
    "zero_scale": ("RANGE", 4, "expected more than 0"),
}
# Files with several findings: code and line of each.
SEVERAL: dict[str, list[tuple[str, int]]] = {
    "many_mistakes": [
        ("UNKNOWN_KEY", 3),
        ("RANGE", 5),
        ("MAPPING_EXPECTED", 6),
        ("DATE", 8),
        ("DUPLICATE_KEY", 9),
        ("AMOUNT_UNIT", 13),
        ("CHOICE", 14),
        ("CHOICE", 15),
    ],
    "market_asset_unknown": [
        ("CORRELATION_PAIR", 8),
        ("CORRELATION_PAIR", 11),
        ("NAME_UNKNOWN", 17),
    ],
    "missing_mark": [("MARK_MISSING", 19)],
    "yaml_bomb": [
        ("ALIAS", 3),
        ("ALIAS", 4),
        ("ALIAS", 4),
        ("ALIAS", 5),
        ("ALIAS", 5),
        ("ALIAS", 6),
    ],
}
ELSEWHERE = {
    # The reserve stands in a file that both scenarios share.
    "reserve_units_of_nothing": "shared/reserve_both.yaml",
    "reserve_without_market": "shared/reserve_both.yaml",
    # The finding stands in the other file of the circle, which leads back.
    "cyclic_extends_a": "cyclic_extends_b.yaml",
    "cyclic_extends_b": "cyclic_extends_a.yaml",
    # The shipped scenario says that the money is marked; the child takes the mark away.
    "missing_mark": "school_meals.yaml",
    # What a shipped scenario says no longer fits what the child says.
    "purchase_refunds_what_nobody_holds": "car_purchase.yaml",
    "voucher_longer_than_its_mark": "food_voucher.yaml",
    "reward_and_a_sum": "shared/vouchers.yaml",
    "reward_issued_beforehand": "food_voucher.yaml",
    "voucher_returned_too_early": "shared/vouchers.yaml",
    "voucher_without_wallets": "food_voucher.yaml",
}
HEAD = "format: 1\nextends: school_meals\n"


def findings(text: str | bytes) -> tuple[Finding, ...]:
    """Return the findings about a scenario that is in no file."""
    content = text.encode() if isinstance(text, str) else text
    try:
        load_upload(content, name="upload.yaml")
    except ScenarioError as error:
        return error.findings
    return ()


@pytest.mark.parametrize("name", sorted(ONE_MISTAKE))
def test_a_bad_file_is_refused_for_its_mistake_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One finding, with the code, the file, the line and the words that help."""
    code, line, fragment = ONE_MISTAKE[name]
    monkeypatch.chdir(BAD)
    started_s = time.process_time()
    found = check_scenario(f"{name}.yaml")
    assert time.process_time() - started_s < SECONDS_MAX
    assert [(finding.code, finding.line) for finding in found] == [(code, line)]
    assert found[0].file == ELSEWHERE.get(name, f"{name}.yaml")
    assert fragment in found[0].render()


@pytest.mark.parametrize("name", sorted(SEVERAL))
def test_all_mistakes_of_a_file_are_found_at_once(name: str) -> None:
    """Nobody has to run the check twice to see the second mistake."""
    found = check_scenario(BAD / f"{name}.yaml")
    assert [(finding.code, finding.line) for finding in found] == SEVERAL[name]
    assert {Path(finding.file or "").name for finding in found} == {
        ELSEWHERE.get(name, f"{name}.yaml")
    }


def test_every_missing_section_is_named() -> None:
    """Who starts from nothing sees all that a scenario needs."""
    found = check_scenario(BAD / "missing_sections.yaml")
    assert {(one.code, one.line) for one in found} == {("MISSING_KEY", 1)}
    assert {"banks", "clock", "population", "treasury"} <= {one.path for one in found}


def test_every_bad_file_is_claimed_by_a_case() -> None:
    """A file without expectation would test nothing."""
    assert {path.stem for path in BAD.glob("*.yaml")} == {
        "missing_sections",
        *ONE_MISTAKE,
        *SEVERAL,
    }


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_findings_are_short_lines_with_explained_codes(path: Path) -> None:
    """A finding fits a terminal, has a page in the catalogue and says where it is."""
    for finding in check_scenario(path):
        assert finding.code in FINDING_CODES
        assert "\n" not in finding.render()
        assert len(finding.message) <= 400
        assert finding.file
        assert finding.line


@pytest.mark.parametrize(
    "written", ["010203400017", "090203400017", "0123", "NO", "1e3", "12:30:00"]
)
def test_an_unquoted_identifier_comes_out_as_written(written: str) -> None:
    """No digit is dropped, nothing is octal, sexagesimal, a bool or a power of ten."""
    text = f"{HEAD}region: {written}\ntreasury:\n  id: {written}\n"
    # The mark's return account is the Treasury's, whatever the Treasury is called.
    text += f"marks:\n  school_meals.2026-02:\n    return_account: {written}\n"
    scenario = load_upload(text.encode(), name="upload.yaml")
    assert (scenario.region, scenario.treasury.id) == (written, written)


@pytest.mark.parametrize("written", ["990203400017", "0", "7"])
def test_an_unquoted_number_as_identifier_keeps_its_digits(written: str) -> None:
    """A number without leading zero reads as a number and is written back the same."""
    assert load_upload(f"{HEAD}region: {written}\n".encode(), name="u").region == written


def test_bytes_that_are_no_utf_8_are_refused_with_their_line() -> None:
    """Latin-1, and an overlong form that some readers take for a slash."""
    for content in (b"title: caf\xe9\n", b"title: \xc0\xaf\n"):
        (finding,) = findings(b"format: 1\n" + content)
        assert (finding.code, finding.line) == ("ENCODING", 2)


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_scenarios_load(name: str) -> None:
    """What comes with the simulator has no findings."""
    assert check_scenario(name) == ()


@pytest.mark.parametrize(
    ("name", "suggested"),
    [("scool_meals", "school_meals"), ("SCHOOL_MEALS", None), ("school-meals", "school_meals")],
)
def test_an_unknown_scenario_is_answered_with_the_nearest(name: str, suggested: str | None) -> None:
    """A slip of the pen costs one more command, not a search."""
    (finding,) = check_scenario(name)
    assert finding.code == "UNKNOWN_SCENARIO"
    expected = f"did you mean {suggested!r}?" if suggested else "`tengesim list`"
    assert expected in finding.render()


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "a/b",
        "..\\x",
        "con",
        "a" * 300,
        "a" * 300 + ".yaml",
        "%2e%2e/x",
        "a\0b",
        "a\0b.yaml",
        "a\u2215b",
        "https://example.org/a.yaml",
        "shared/school_meals",
    ],
)
def test_no_name_leads_anywhere_else(name: str) -> None:
    """Names of nothing, of folders and of foreign files end in one finding without a quotation."""
    (finding,) = check_scenario(name)
    assert finding.code in {"UNKNOWN_SCENARIO", "UNREADABLE", "MAPPING_EXPECTED"}
    assert "root:" not in finding.render()


def test_an_upload_extends_shipped_scenarios_only() -> None:
    """What comes over the network reaches no file of the machine."""
    for extends in ("shared/school_meals.yaml", "../school_meals.yaml", "/etc/passwd", "x.yaml"):
        (finding,) = findings(f"format: 1\nextends: {extends}\n")
        assert finding.code == "UNKNOWN_SCENARIO"


def test_a_pipe_or_device_is_not_opened(tmp_path: Path) -> None:
    """Opening a pipe waits for a writer for ever, and a device has no end."""
    os = pytest.importorskip("os")
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    (finding,) = check_scenario(pipe)
    assert (finding.code, finding.message) == ("UNREADABLE", "the path is not a file")


def hostile() -> dict[str, bytes]:
    """Return inputs that cost an unguarded reader seconds or gigabytes."""
    return {
        "too_many_nodes": (HEAD + "x: [" + "1," * NODES_MAX + "1]\n").encode(),
        "too_large": (HEAD + "# " + "x" * BYTES_MAX + "\n").encode(),
        "too_many_lines": (HEAD + "\n" * 60_000).encode(),
        "many_unknown_keys": (HEAD + "".join(f"k{n}: {n}\n" for n in range(9_000))).encode(),
        "many_unknown_items": (HEAD + "study:\n  arms: [" + "{}," * 9_000 + "]\n").encode(),
        "long_key": (HEAD + '"' + "k" * 900_000 + '": 1\n').encode(),
        "long_text": (HEAD + "seed: " + "x" * 900_000 + "\n").encode(),
        "long_word": (HEAD + "run: {log: " + "x" * 900_000 + "}\n").encode(),
        "open_brackets": b"[" * 1_000_000,
        "open_braces": b"{" * 1_000_000,
        "dashes": b"- " * 500_000,
        "questions": b"? " * 500_000,
        "quotes": b"'" * 1_000_000,
        "folded": (HEAD + "title: >\n" + "  x\n\n" * 20_000).encode(),
        "bomb": (BAD / "yaml_bomb.yaml").read_bytes(),
    }


LIMITED = """
import resource, sys, time
from pathlib import Path
from tengesim.errors import ScenarioError
from tengesim.scenario.load import load_scenario

load_scenario("school_meals")
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + int(sys.argv[2]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
started_s = time.process_time()
try:
    load_scenario(sys.argv[1])
except ScenarioError as error:
    print(time.process_time() - started_s, error.findings[0].code, len(str(error)))
"""


@pytest.mark.parametrize("name", sorted(hostile()))
def test_hostile_input_is_refused_in_little_time_and_memory(name: str, tmp_path: Path) -> None:
    """Each input is refused within two seconds and 300 MB above what the program needs anyway."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("memory is limited through /proc, which this system does not have")
    path = tmp_path / f"{name}.yaml"
    path.write_bytes(hostile()[name])
    answered = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), str(MEGABYTES_MAX)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answered.returncode == 0, answered.stderr[-500:]
    seconds, code, length = answered.stdout.split()
    assert code in FINDING_CODES
    assert float(seconds) < SECONDS_MAX
    assert int(length) < 10 * BYTES_MAX


YAML_LIKE = st.text(
    alphabet=st.one_of(st.sampled_from("abk01 :-[]{},'\"#&*!|>%@?~.\\/\n\t<"), st.characters()),
    max_size=200,
)


@settings(max_examples=300)
@given(
    st.one_of(st.binary(max_size=200), YAML_LIKE.map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_bytes_are_a_tree_or_findings(content: bytes) -> None:
    """The reader raises nothing, and says why when it gives nothing."""
    node, found = read_document(content, "fuzz.yaml")
    assert node is not None or found
    assert all(finding.code in FINDING_CODES for finding in found)
    assert all(finding.line for finding in found)


NASTY = [
    "null",
    "true",
    "-1",
    "0.1",
    "[]",
    "{}",
    "''",
    "1e999",
    "9" * 41,
    "2026-02-29",
    "811",
    "811 KZT",
    "-5 %",
    "5 business days",
    "[[[]]]",
    "{kind: meals}",
    "&a 1",
    "*a",
    "!!int 1",
    "{<<: {}}",
    "'\\ud800'",
    '"\\ud800"',
    "\u2028",
    "extends",
]


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """Draw a scenario that was damaged in a few lines."""
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, len(lines) - 1))
        line = lines[number]
        match draw(st.sampled_from(["drop", "double", "value", "key", "indent", "swap", "cut"])):
            case "drop":
                lines[number] = ""
            case "double":
                lines.insert(number, line)
            case "value":
                lines[number] = f"{line.partition(':')[0]}: {draw(st.sampled_from(NASTY))}"
            case "key":
                lines[number] = line.replace(":", draw(st.sampled_from(["x:", ".:", "", "::"])), 1)
            case "indent":
                lines[number] = f"  {line}"
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[number], lines[other] = lines[other], line
            case _:
                lines[number] = line[: draw(st.integers(0, len(line)))]
    return "\n".join(lines) + "\n"


ARM = (
    (shipped() / "school_meals.yaml")
    .read_text("utf-8")
    .replace("shared/school_meals.yaml", "school_meals")
)
WHOLE = resolved_yaml(load_scenario("school_meals"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(ARM))
def test_a_damaged_arm_loads_or_has_findings(text: str) -> None:
    """No damage gives another exception, and findings have codes and lines."""
    assert all(finding.code in FINDING_CODES and finding.line for finding in findings(text))


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(WHOLE))
def test_a_damaged_scenario_loads_or_has_findings(text: str) -> None:
    """The same for a scenario in one file, where every section can be hit."""
    assert all(finding.code in FINDING_CODES and finding.line for finding in findings(text))


def test_a_resolved_scenario_loads_alone() -> None:
    """The fuzz above starts from a text that is valid before it is damaged."""
    assert findings(WHOLE) == ()
    alone = load_upload(WHOLE.encode(), name="whole.yaml")
    assert scenario_digest(alone) == scenario_digest(load_scenario("school_meals"))
