"""What clients do that mean no good, or nothing: one file an attack."""

ENTRIES = {
    "none": "none:NONE",
    "label-flipping": "label_flipping:LABEL_FLIPPING",
    "sign-flip": "sign_flip:SIGN_FLIP",
    "noise": "noise:NOISE",
    "replacement": "replacement:REPLACEMENT",
    "backdoor": "backdoor:BACKDOOR",
    "little-is-enough": "little_is_enough:LITTLE_IS_ENOUGH",
    "colluders": "colluders:COLLUDERS",
    "free-rider": "free_rider:FREE_RIDER",
}
