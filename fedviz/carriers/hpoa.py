"""Reading the HPO annotations (phenotype.hpoa): which share of the patients with a disease showed which phenotype, and which papers counted."""

from pathlib import Path
from typing import Any

# midpoints of the intervals that the HPO defines for its frequency terms
TERM_FREQUENCIES = {
    "HP:0040280": 1.0,  # obligate: 100 %
    "HP:0040281": 0.9,  # very frequent: 80-99 %
    "HP:0040282": 0.545,  # frequent: 30-79 %
    "HP:0040283": 0.17,  # occasional: 5-29 %
    "HP:0040284": 0.025,  # very rare: 1-4 %
    "HP:0040285": 0.0,  # excluded: 0 %
}
_MIN_COUNTED = 10


def read(path: Path) -> dict[str, Any]:
    """Diseases of which papers counted at least ten phenotypes, as plain data.

    `version`; `annotations`, `diseases_annotated`: lines and diseases in the whole file; `diseases`: [id, name, phenotypes], sorted by id, where
    a phenotype is [HPO id, frequency in [0, 1], patients counted (0: the frequency is not from a count), PMIDs of the papers].
    Only phenotypes (aspect P), no negated lines; counts n/m of several papers are added up and come before percentages and terms.
    """
    version, lines, diseases = "", 0, {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.startswith("#version:"):
                version = line.partition(":")[2].strip()
            if line.startswith(("#", "database_id")):
                continue
            lines += 1
            fields = line.rstrip("\n").split("\t")
            disease = diseases.setdefault(fields[0], (fields[1], {}))
            value = parse_frequency(fields[7])
            if not fields[2] and fields[10] == "P" and value is not None:
                papers = [part for part in fields[4].split(";") if part.startswith("PMID:")]
                disease[1].setdefault(fields[3], []).append((*value, papers))
    if not lines:
        raise ValueError(f"no annotation in {path.name}")
    kept = []
    for key, (name, phenotypes) in sorted(diseases.items()):
        rows = [[phenotype, *_pooled(values)] for phenotype, values in sorted(phenotypes.items())]
        if sum(row[2] > 0 for row in rows) >= _MIN_COUNTED:
            kept.append([key, name, rows])
    return {"version": version, "annotations": lines, "diseases_annotated": len(diseases), "diseases": kept}


def parse_frequency(text: str) -> tuple[float, int] | None:
    """The frequency column as (share in [0, 1], patients counted or 0): a count n/m, a percentage, or an HPO frequency term; None where it says nothing."""
    if text in TERM_FREQUENCIES:
        return TERM_FREQUENCIES[text], 0
    try:
        if text.endswith("%"):
            share, patients = float(text[:-1]) / 100, 0
        else:
            seen, slash, patients_text = text.partition("/")
            if not slash or not int(patients_text):
                return None
            share, patients = int(seen) / int(patients_text), int(patients_text)
    except ValueError:
        return None
    return (share, patients) if 0 <= share <= 1 else None


def _pooled(values: list[tuple[float, int, list[str]]]) -> tuple[float, int, list[str]]:
    """One (share, patients, papers) of several: counts added up where there are counts, the mean otherwise."""
    patients = sum(count for _, count, _ in values)
    used = [value for value in values if value[1] or not patients]
    papers = sorted({paper for *_, some in used for paper in some})
    if patients:
        return round(sum(share * count for share, count, _ in used) / patients, 4), patients, papers
    return round(sum(share for share, *_ in used) / len(used), 4), 0, papers
