"""pseudopeople's packaged sample as one file: census, surveys, benefits and wages of one small made-up state.

python sample_pseudopeople.py OUT.csv.gz
"""

import sys
from collections.abc import Callable

import pandas as pd
import pseudopeople

LARGEST = 15  # people of one household; noise puts a few homes among the institutions
SOURCES = {
    "census": pseudopeople.generate_decennial_census,
    "acs": pseudopeople.generate_american_community_survey,
    "cps": pseudopeople.generate_current_population_survey,
    "wic": pseudopeople.generate_women_infants_and_children,
    "w2": pseudopeople.generate_taxes_w2_and_1099,
}
NAMES = {
    "middle_initial": "middle",
    "date_of_birth": "dob",
    "street_name": "street",
    "unit_number": "unit",
    "zipcode": "zip",
    "household_id": "household",
}
COLUMNS = (
    "first_name",
    "middle",
    "last_name",
    "dob",
    "ssn",
    "street_number",
    "street",
    "unit",
    "city",
    "state",
    "zip",
)


def rows(source: str, made: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """One source's rows under the common names."""
    table = (
        made(seed=1).rename(columns=lambda name: name.removeprefix("mailing_address_")).rename(columns=NAMES)
    )
    table = table.reindex(columns=["simulant_id", "household", *COLUMNS]).astype("object")
    days = pd.to_datetime(table["dob"], format="%m/%d/%Y", errors="coerce").dt.strftime("%Y-%m-%d")
    table["dob"] = days.fillna(table["dob"])  # as it is written, where noise has made it no date
    table["ssn"] = table["ssn"].str.replace("-", "")
    for name in COLUMNS:
        table[name] = table[name].astype("string").str.lower()
    table.insert(0, "rec_id", [f"{source}{number:06}" for number in range(len(table))])
    table.insert(1, "cluster", "S" + table.pop("simulant_id").astype("string"))
    table.insert(2, "source", source)
    return table


def institutions() -> set[str]:
    """Barracks, prisons, halls of residence: one "household" of many, of whom the census says what it is."""
    homes = SOURCES["census"](seed=1).dropna(subset=["housing_type"]).groupby("household_id")["housing_type"]
    kinds = homes.agg(["size", lambda kind: kind.mode()[0]]).set_axis(["people", "kind"], axis=1)
    return set(kinds[(kinds["people"] > LARGEST) & (kinds["kind"] != "Household")].index)


def main() -> None:
    everything = pd.concat([rows(source, made) for source, made in SOURCES.items()])
    alone = everything["household"].isin(institutions())  # under one roof, and everybody by himself
    everything.loc[alone, "household"] += "/" + everything.loc[alone, "cluster"]
    everything.sample(frac=1, random_state=1).to_csv(sys.argv[1], index=False)


main()
