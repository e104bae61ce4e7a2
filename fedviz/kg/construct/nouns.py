"""Noun phrases of telegraphic texts, by words alone: what can be an end of a relation, what is a body part, what says nothing."""

import re
from collections.abc import Iterator, Sequence

from fedviz.kg.construct.records import Found

LEADING = frozenset(
    "a an the other certain specified unspecified unidentified identified any both some this that these those each all every its his her their our such various another mention evidence of".split()  # noqa: SIM905
)
_TRAILING = re.compile(r"[\s,;:.\-]+$|\s+(?:nos|nec|not otherwise specified|not elsewhere classified|classified elsewhere|unspecified|torn|leaking|broken|cracked|worn|damaged|is|are|was|were|has|have|had)$", re.IGNORECASE)
GENERIC = frozenset(
    """condition conditions procedure procedures site sites organism organisms structure structures disorder disorders disease diseases treatment cause causes agent agents type types factor factors
    substance substances part parts region regions area areas case cases history level levels reason reasons state manifestation manifestations form forms origin
    thing things result results remission relapse stage severity it they we he she who which what there nos nec complication complications or and""".split()  # noqa: SIM905
)
_EMPTY_BEFORE = frozenset("underlying known physiological listed elsewhere classified mental infectious parasitic specific failed partial full early current".split())  # noqa: SIM905
PERSONS = frozenset("man woman boy girl patient patients son daughter child children infant person people male female mother father doctor individual individuals".split())  # noqa: SIM905
STATES = frozenset("pregnancy childbirth puerperium labor labour delivery lactation infancy childhood adolescence surgery anesthesia dialysis sleep exercise".split())  # noqa: SIM905
_BODY = frozenset(
    """abdomen abdominal ankle anterior anus anal aorta aortic arm artery arteries auricle axilla back bile bladder bone bones bowel brain breast bronchus bronchi buttock caecum canal
    carotid carpal cartilage cecum cerebral cervix cervicothoracic cervical chest choroid clavicle coccyx colon conjunctiva cord cornea corneal cranium cul-de-sac diaphragm digit duct ear ears elbow epididymis
    esophagus extremity extremities eye eyes eyelid eyelids face facial fallopian femoral femur fetus finger fingers foot forearm gallbladder ganglion gingiva girdle gland glands gland groin gum gums hand hands head
    heart hip hips humerus ileum intestine intestinal intestines jaw jejunum jejunal joint joints kidney kidneys knee lacrimal larynx leg legs lens ligament limb limbs lip lips liver lobe lumbar lumbosacral lung lungs lymph
    mandible mastoid maxilla mediastinum membrane meninges middle mouth mucosa muscle muscles myocardium nail nasal nasopharynx neck nerve nerves nipple node nodes nose occipital oral orbit orbital organ organs oropharynx
    ovary palate pancreas parathyroid parotid pelvis pelvic penis pericardium perineum perianal peritoneum pharynx pituitary placenta pleura posterior prostate pulmonary pylorus radius rectum retina retinal retroperitoneum
    rib ribs sacrum sacral salivary scalp scapula sclera scrotum septum shoulder shoulders sinus skin skull spinal spine spleen sternum stomach subclavian tarsal teeth tendon testis testes thigh thoracic thoracolumbar thorax thumb
    thymus thyroid tibia tibial toe toes tongue tonsil tooth trachea trunk tube ulna umbilicus upper lower ureter urethra urethral urinary uterus uterine vagina valve vein veins ventricle vertebra vertebrae vitreous
    vulva wall wrist tympanic tract intestine quadrant system endocrine circulatory digestive nervous respiratory large small first second third tissue tissues connective soft vessel vessels inner outer surface iris macula adenoid appendix oviduct uvula myometrium endometrium cords gastrointestinal sacrococcygeal intervertebral bronchial subcutaneous adrenal mammary labium labia
    sublingual iliac inguinal epidermis dermis jugulare""".split()  # noqa: SIM905
)  # fmt: skip
_PARTITIVE = frozenset("region regions cavity area margin border pole body junction girdle organ organs part parts duct level".split())  # noqa: SIM905
_BODY_ONLY = frozenset("anterior posterior upper lower large small first second third system middle inner outer surface".split())  # noqa: SIM905
_ADJECTIVE = re.compile(r"(?:al|ic|ent|ant|ar|ous|ive|ary|ed|ial|oid|ish|less|ible|able|and|or|ing|type)$", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and/or|and|or)\s+|\s*,\s*(?:and\s+|or\s+)?", re.IGNORECASE)


def bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without leading determiners, trailing "NOS" and punctuation; empty where nothing is left."""
    while True:
        before = (start, end)
        while start < end and not (text[start].isalnum() or text[start] in "([$"):
            start += 1
        word = re.match(r"[\w'-]+", text[start:end])
        if word and word.group().lower() in LEADING and word.end() < end - start:
            start += word.end()
        if found := _TRAILING.search(text[start:end]):
            end = start + found.start()
        if (start, end) == before:
            return start, max(start, end)


def says_nothing(words: str) -> bool:
    """Whether a noun phrase names nothing by itself: "underlying condition", "other procedure", "the patient"."""
    parts = [part for part in re.findall(r"[^\W_]+(?:['-][^\W_]+)*", words.lower()) if part not in LEADING]
    if not parts or not any(len(part) > 1 for part in parts):
        return True
    if re.match(r"\d+(?:[.,]\d+)?(?:[-–]\d+(?:[.,]\d+)?)?\s", words.strip()):
        return True
    last = parts[-1]
    if parts[0] in GENERIC and all(part in ("listed", "classified", "in", "elsewhere") or any(map(str.isdigit, part)) for part in parts[1:]):
        return True
    return last in PERSONS or (last in GENERIC and all(part in _EMPTY_BEFORE or part in GENERIC for part in parts[:-1]))


def is_body(words: str) -> bool:
    """Whether a noun phrase names a part of the body: its last word or the one before does."""
    parts = re.findall(r"[\w-]+", words.lower())
    return bool(parts) and (parts[-1] in _BODY or (parts[-1] in _PARTITIVE and any(part in _BODY for part in parts[:-1]))) and not all(part in _BODY_ONLY for part in parts)


def is_state(words: str) -> bool:
    """Whether a noun phrase names a state that something occurs in, such as pregnancy."""
    return words.lower().rpartition(" ")[2] in STATES


def conjuncts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a list "A, B and C"; adjectives before a common noun ("recurrent and persistent hematuria") are left together."""
    place = start
    for found in _AND.finditer(text, start, end):
        left = text[place : found.start()].split()
        if left and "," not in found.group() and len(left[-1]) > 4 and _ADJECTIVE.search(left[-1]) and left[-1].lower() not in _BODY and len(left) <= 3:
            continue
        if left and found.end() < end:
            yield bare(text, place, found.start())
            place = found.end()
    yield bare(text, place, end)


def widened(start: int, end: int, mentions: Sequence[Found]) -> tuple[int, int]:
    """The span together with the gazetteer's mentions that overlap it: "cement embolism" and "embolism of pulmonary artery"."""
    for mention in mentions:
        if mention.entity and mention.start < end and mention.end > start:
            start, end = min(start, mention.start), max(end, mention.end)
    return start, end


def end_of(text: str, start: int, end: int, mentions: Sequence[Found]) -> Found | None:
    """The end of a relation that a span names: the mention where it covers all but harmless words, a thing of its own otherwise; None where it names nothing."""
    start, end = bare(text, start, end)
    if end - start < 2 or says_nothing(text[start:end]) or len(text[start:end].split()) > 9:
        return None
    same = next((one for one in mentions if one.entity and one.start <= start and one.end >= end), None)
    if same is not None:
        return same
    named = next((one for one in mentions if one.method in ("name", "quantity", "date") and one.start <= start and one.end >= end), None)
    return named or Found(start, end, " ".join(text[start:end].split()), "", 0.7, "phrase")
