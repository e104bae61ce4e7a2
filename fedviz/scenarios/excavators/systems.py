"""Twelve systems of an excavator, and to which of them a functional location belongs.

The functional location is the place in the machine's tree of equipment to which a planner books an order. The tree has 320 places under five machines' own
names; here they are put into groups by the words of their names. Places that say no more than "the machine" are in none.
"""

import re
from functools import lru_cache

from fedviz.core.i18n import N_

SYSTEMS = (
    N_("Bucket and teeth"),
    N_("Boom, stick and cylinders"),
    N_("Hydraulics"),
    N_("Grease system"),
    N_("Engine"),
    N_("Cooling"),
    N_("Electrics and lights"),
    N_("Air conditioning"),
    N_("Cabin and controls"),
    N_("Slew drive"),
    N_("Tracks and travel drive"),
    N_("Frame, stairs and fire safety"),
)
KEYS = ("bucket", "boom", "hydraulics", "grease", "engine", "cooling", "electrics", "air-conditioning", "cabin", "slew", "tracks", "frame")
"""Short names of the systems, in the same order: ids in the graph."""

# the first that is found in a location's name counts, so that "air conditioning ... rear / left eng" is no engine and a bucket cylinder is a cylinder
_WORDS = (
    ("", r"^(?:MACHINE|NA|IMPLEMENTS|HYDRAULIC/MECHANICAL SYSTEMS|\+?OTHER .*|POWER CONSUMPTION.*|MOTORS AND CYLINDERS|SHOVEL/EXCAVATOR - CONTROLS)$|O&K|EXCAVATOR|IMPLEMENTS HYD"),
    ("air-conditioning", r"AIR CONDITION|\bA/C\b"),
    ("frame", r"FIRE|ALARM|STAIRS|LADDER|HANDRAIL|STEP|PLATFORM|DECK|FRAME$|BODY|SUPERSTRUCTURE|REVOLVING"),
    ("slew", r"SLEW"),
    ("tracks", r"TRACK|IDLER|FINAL DRIVE|PROPEL|TRAVEL|SPROCKET|ROLLER|UNDERCARRIAGE|BRAKE SYSTEM"),
    ("cabin", r"CABIN|SEAT|JOYSTICK|PEDAL|CONSOLE|COMMUNICATION"),
    ("boom", r"CYLINDER(?!.*HEAD)|CYLINDERS|BOOM(?! VALVE)|STICK|LINKAGE|LINK"),
    ("bucket", r"BUCKET"),
    ("grease", r"GREASE"),
    ("cooling", r"COOLING SYSTEM|RADIATOR|FAN|WATER PUMP|AFTERCOOLER|COOLANT"),
    ("electrics", r"ELECTRIC|LIGHT|BATTER|STARTER|STARTING|CHARGING|ALTERNATOR|CARD|MONTORING"),
    ("hydraulics", r"HYD|PUMP GEARBOX|PUMP DRIVE|SERVO|VALVE|PUMPS/|GEARCASE|COOLING OIL|DRIVE COUPLING|POWER TRAIN"),
    ("engine", r"ENGINE|FUEL|TURBO|INDUCTION|INJECT|LUBRICATION|AIR COMPRESSOR"),
)
_PATTERNS = tuple((key, re.compile(words)) for key, words in _WORDS)


@lru_cache(maxsize=1024)
def system_of(location: str) -> int | None:
    """The number of the system that a functional location (in capitals) belongs to; None where it belongs to none."""
    key = next((key for key, words in _PATTERNS if words.search(location)), "")
    return KEYS.index(key) if key else None
