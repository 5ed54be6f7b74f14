"""Splink on DuckDB as an expert sets it up: no labels, surname and address as one comparison, frequencies.

Two things its own estimation gets wrong are set by hand for every data set alike: values on more than 25 rows
name nobody and are blanked, and u of equal identifiers is one in ten of all rows (from random pairs it
would mostly count the true matches among them).
"""

import logging
from importlib.metadata import version
from time import perf_counter
from typing import Any

import _peer
import duckdb
import pyarrow as pa
import splink.comparison_level_library as levels
import splink.comparison_library as library
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

SHARED_ABOVE = 25


Level = dict[str, Any]


def level(sql: str, label: str, **more: Any) -> Level:
    """One level of a comparison."""
    return {"sql_condition": sql, "label_for_charts": label, **more}


def missing(*names: str) -> Level:
    """One side does not know any of these."""
    sql = " and ".join(f"({name}_l is null or {name}_r is null)" for name in names)
    return level(sql, "missing", is_null_level=True)


def first_name(swappable: bool) -> Level:
    """A first name, also an initial, also in the wrong column."""
    initial = "substr(first_name_l, 1, 1) = substr(first_name_r, 1, 1)"
    swapped = (
        [level("first_name_l = last_name_r and last_name_l = first_name_r", "swapped")] if swappable else []
    )
    return {
        "output_column_name": "first_name",
        "comparison_levels": [
            missing("first_name"),
            level(f"length(first_name_l) = 1 and length(first_name_r) = 1 and {initial}", "both initials"),
            levels.ExactMatchLevel("first_name", term_frequency_adjustments=True),
            level(f"(length(first_name_l) = 1 or length(first_name_r) = 1) and {initial}", "initial fits"),
            levels.JaroWinklerLevel("first_name", 0.92),
            *swapped,
            levels.JaroWinklerLevel("first_name", 0.8),
            levels.ElseLevel(),
        ],
    }


def last_name_and_home(address: bool) -> Level:
    """Surname and address are one fact: a household has both in common."""
    close = "jaro_winkler_similarity(address_l, address_r)"
    names = "jaro_winkler_similarity(last_name_l, last_name_r) >= 0.9"
    home = [
        level("last_name_l = last_name_r and address_l = address_r", "both equal"),
        level(f"{names} and {close} >= 0.93", "both close"),
        level(f"{close} >= 0.95 and (last_name_l is null or last_name_r is null)", "address, no name"),
        level(f"{close} >= 0.95", "address, other name"),
    ]
    return {
        "output_column_name": "family",
        "comparison_levels": [
            missing("last_name", "address") if address else missing("last_name"),
            *(home if address else []),
            level("last_name_l = last_name_r", "name", tf_adjustment_column="last_name"),
            level(names, "name close"),
            levels.JaroWinklerLevel("last_name", 0.8),
            levels.ElseLevel(),
        ],
    }


def identifier(name: str, rows: int) -> Level:
    """An exact identifier with u fixed; what people write by hand may have a slip."""
    slips = (1, 2) if name in ("email", "national_id") else (1,) if name == "phone" else ()
    near = [level(f"damerau_levenshtein({name}_l, {name}_r) <= {slip}", f"{slip} slips") for slip in slips]
    equal = level(f"{name}_l = {name}_r", "equal", u_probability=0.1 / rows, fix_u_probability=True)
    return {
        "output_column_name": name,
        "comparison_levels": [missing(name), equal, *near, level("ELSE", "else")],
    }


def comparisons(columns: list[str], rows: int) -> list[Any]:
    """One comparison per column, but for surname and address."""
    made, names = [], set(_peer.identifiers(columns))
    for name in columns:
        if name == "first_name":
            made.append(first_name("last_name" in columns))
        elif name == "last_name":
            made.append(last_name_and_home("address" in columns))
        elif name == "birth_date":
            made.append(library.DateOfBirthComparison(name, input_is_string=True, invalid_dates_as_null=True))
        elif name in names:
            made.append(identifier(name, rows))
        elif name == "city" and "address" not in columns:
            made.append(
                library.JaroWinklerAtThresholds(name, [0.9]).configure(term_frequency_adjustments=True)
            )
        elif name not in ("address", "city"):
            made.append(library.ExactMatch(name).configure(term_frequency_adjustments=True))
    return made


def rule(key: _peer.Key) -> Any:
    """A blocking key as Splink writes it."""
    parts = [part.partition(":") for part in key]
    return block_on(*[f"substr({name}, 1, {length})" if length else name for name, _, length in parts])


def table(rows: list[_peer.Row], columns: list[str]) -> tuple[pa.Table, str]:
    """The rows, missing values as null, identifiers that too many rows have blanked."""
    kept = sorted({"rec_id", "address", "postcode", *columns} & rows[0].keys())
    frame = pa.table({name: [row[name] or None for row in rows] for name in kept})
    blank = [
        f"case when count(*) over (partition by {name}) > {SHARED_ABOVE} then null else {name} end as {name}"
        for name in _peer.identifiers(columns)
    ]
    chosen = f"* replace ({', '.join(blank)})" if blank else "*"
    return frame, f"select {chosen} from frame"


def main() -> None:
    logging.getLogger("splink").setLevel(logging.ERROR)
    rows, columns = _peer.rows()
    began = perf_counter()
    connection = duckdb.connect()
    frame, query = table(rows, columns)
    connection.register("frame", frame)
    database = DuckDBAPI(connection=connection)
    made = database.register(connection.sql(query).arrow().read_all())
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="rec_id",
        comparisons=comparisons(columns, len(rows)),
        blocking_rules_to_generate_predictions=[rule(key) for key in _peer.blocking(rows, columns)],
    )
    linker = Linker(made, settings)
    sure = [(name,) for name in _peer.identifiers(columns)] + [("first_name", "last_name", "birth_date")]
    sure = [key for key in sure if all(name in columns for name in key)] or [("first_name", "last_name")]
    linker.training.estimate_probability_two_random_records_match([rule(key) for key in sure], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=2)
    blocks = [(name,) for name in ("email", "national_id", "payment_account", "phone") if name in columns]
    for key in [*blocks, ("first_name", "last_name"), ("birth_date",)][:3]:
        if all(name in columns for name in key):
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule(key), estimate_without_term_frequencies=True
            )
    train_s = perf_counter() - began
    began = perf_counter()
    found = linker.inference.predict(threshold_match_probability=0.05)
    predict_s = perf_counter() - began
    query = "select rec_id_l, rec_id_r, match_probability from {this}"
    told = found.query_sql(query).as_duckdbpyrelation().fetchall()
    number = {row["rec_id"]: place for place, row in enumerate(rows)}
    scored = [(number[a], number[b], score) for a, b, score in told]
    _peer.done(f"splink {version('splink')}, duckdb {version('duckdb')}", train_s, predict_s, scored, 0.95)


main()
