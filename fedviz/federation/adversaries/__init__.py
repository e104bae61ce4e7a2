"""What clients do that mean no good, or nothing: one file an attack."""

ENTRIES = {
    "none": "none:NONE",
    "label-flipping": "label_flipping:LABEL_FLIPPING",
    "sign-flip": "sign_flip:SIGN_FLIP",
    "noise": "noise:NOISE",
    "replacement": "replacement:REPLACEMENT",
    "free-rider": "free_rider:FREE_RIDER",
}
