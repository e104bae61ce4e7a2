"""How the patients of `medicine-vignettes` are made: which diseases, which findings, which words."""
