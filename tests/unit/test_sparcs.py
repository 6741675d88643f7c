"""SPARCS exports of any year, and sets that others derived from them."""

import csv
import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from engine.core.errors import BadInput
from engine.core.terms import AdmissionType, Sex
from producers.clinical_groups import service_for
from producers.sparcs import SparcsRow, Tally, read_sparcs

DATA = Path(__file__).parents[3] / "shared" / "data" / "sparcs"
_SHARED = "Age Group,Zip Code - 3 digits,Gender,Length of Stay,Type of Admission,Discharge Year"
_LAST = "Birth Weight,Emergency Department Indicator"
HEADERS = {
    2009: "Hospital Service Area,Facility Id,Admit Day of Week,Discharge Day of Week,"
    f"{_SHARED},CCS Diagnosis Code,CCS Procedure Code,Source of Payment 1,{_LAST}",
    2014: f"Health Service Area,Facility Id,{_SHARED},CCS Diagnosis Code,CCS Procedure Code,Payment Typology 1,{_LAST}",
    2017: "Health Service Area,Permanent Facility Id,"
    f"{_SHARED},CCS Diagnosis Code,CCS Procedure Code,Payment Typology 1,{_LAST}",
    2021: "Hospital Service Area,Permanent Facility Id,"
    f"{_SHARED},CCSR Diagnosis Code,CCSR Procedure Code,Payment Typology 1,{_LAST}",
    2024: "hospital_service_area,permanent_facility_id,age_group,zip_code_3_digits,gender,length_of_stay,"
    "type_of_admission,discharge_year,ccsr_diagnosis_code,ccsr_procedure_code,payment_typology_1,birth_weight,"
    "emergency_department_indicator",
}
ROW = {
    "facility": "66.0",
    "age": "70 or Older",
    "zip": "147",
    "gender": "F",
    "stay": "3",
    "admitday": "FRI",
    "typeof": "Emergency",
    "dischargeyear": "2016",
    "dischargeday": "MON",
    "diagnosis": "122",
    "procedure": "0",
    "pay": "Medicare",
    "birth": "0",
    "emergency": "Y",
}


def line_for(header, **changed):
    """A row that fits a header: each value under the column whose name contains its key."""
    values = ROW | changed
    plain = [name.lower().replace(" ", "").replace("_", "") for name in header.split(",")]
    return [next((text for key, text in values.items() if key in name), "") for name in plain]


def write(path, header, *lines):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(lines)
    return path


@pytest.mark.parametrize("year", HEADERS)
def test_every_years_names_are_understood(tmp_path, year):
    path = write(tmp_path / "export.csv", HEADERS[year], line_for(HEADERS[year]))
    (row,) = read_sparcs(path, needed=("facility", "admission_type", "year", "diagnosis", "payer", "through_ed"))
    assert (row.facility, row.age_group, row.sex, row.stay_nights) == ("66", "70 or Older", Sex.FEMALE, 3)
    assert (row.admission_type, row.through_ed, row.payer) == (AdmissionType.EMERGENCY, True, "Medicare")
    assert (row.zip3, row.year, row.diagnosis, row.birth_weight_grams) == ("147", 2016, "122", None)
    assert (row.admit_weekday, row.discharge_weekday) == ((4, 0) if year == 2009 else (None, None))


def test_a_stay_beyond_the_cap_is_a_lower_bound(tmp_path):
    path = write(tmp_path / "export.csv", HEADERS[2014], line_for(HEADERS[2014], stay="120 +"))
    (row,) = read_sparcs(path)
    assert (row.stay_nights, row.censored) == (120, True)


@pytest.mark.parametrize("stay", ["", "0", "-2", "two", "1.5", "NA"])
def test_a_row_without_a_usable_stay_is_left_out_and_counted(tmp_path, stay):
    path = write(tmp_path / "export.csv", HEADERS[2014], line_for(HEADERS[2014], stay=stay), line_for(HEADERS[2014]))
    tally = Tally()
    assert len(list(read_sparcs(path, tally))) == 1
    assert (tally.read, sum(tally.left_out.values())) == (2, 1)


def test_a_missing_column_is_named_with_the_names_that_would_do(tmp_path):
    header = HEADERS[2014].replace("Length of Stay,", "")
    with pytest.raises(BadInput, match=r"no column for stay: it would be named “Length of Stay” or “LOS”"):
        list(read_sparcs(write(tmp_path / "export.csv", header)))


def test_a_column_that_only_the_caller_needs_is_named_too(tmp_path):
    header = "los,age,Gender"
    path = write(tmp_path / "export.csv", header, ["2", "0 to 17", "M"])
    assert len(list(read_sparcs(path))) == 1
    with pytest.raises(BadInput, match="“Facility Id” or “Permanent Facility Id”"):
        list(read_sparcs(path, needed=("facility",)))


def test_a_redacted_row_has_no_facility(tmp_path):
    path = write(tmp_path / "export.csv", HEADERS[2014], line_for(HEADERS[2014], facility=""))
    assert next(iter(read_sparcs(path))).facility is None


def test_csv_packed_csv_and_parquet_hold_the_same_rows(tmp_path):
    lines = [line_for(HEADERS[2021], stay=str(n)) for n in range(1, 30)]
    plain = write(tmp_path / "export.csv", HEADERS[2021], *lines)
    (tmp_path / "export.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    columns = dict(zip(HEADERS[2021].split(","), zip(*lines, strict=True), strict=True))
    parquet.write_table(pa.table({name: list(column) for name, column in columns.items()}), tmp_path / "export.parquet")
    rows = list(read_sparcs(plain))
    assert len(rows) == 29
    assert list(read_sparcs(tmp_path / "export.csv.gz")) == rows
    assert list(read_sparcs(tmp_path / "export.parquet")) == rows


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv.gz", b"not gzip"), ("a.parquet", b"not parquet"), ("a.csv", b"")]
)
def test_a_file_that_is_something_else_is_refused_in_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as refused:
        list(read_sparcs(tmp_path / name))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"none\.csv cannot be read"):
        list(read_sparcs(tmp_path / "none.csv"))


@pytest.mark.parametrize(
    ("diagnosis", "service"),
    [
        ("CIR019", "cardiology"),
        ("100", "cardiology"),
        ("PRG023", "maternity"),
        ("657", "psychiatry"),
        ("122", "medicine"),
    ],
)
def test_the_diagnosis_says_which_service_a_patient_belongs_to(diagnosis, service):
    row = SparcsRow(stay_nights=1, censored=False, age_group="30 to 49", sex=Sex.FEMALE, diagnosis=diagnosis)
    assert service_for(row) == service


@pytest.mark.parametrize(
    ("name", "rows", "facilities"),
    [
        ("western_ny_2016.csv.gz", 10_000, 7),
        ("weekdays_2012.csv.gz", 10_000, 118),
        ("musculoskeletal_2020.csv.gz", 36_631, 169),
    ],
)
def test_real_exports_are_read_whole(name, rows, facilities):
    if not DATA.exists():
        pytest.skip(f"no SPARCS exports at {DATA}")
    tally = Tally()
    found = list(read_sparcs(DATA / name, tally))
    assert (len(found), tally.read, dict(tally.left_out)) == (rows, rows, {})
    assert len({row.facility for row in found} - {None}) == facilities
    assert all(row.age_group for row in found)
