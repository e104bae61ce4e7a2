"""Readers of graphs: one file a format. A reader streams: it gives blocks of N-Triples lines, and tells what it could not use."""

ENTRIES = {
    "n-triples": "ntriples:NTRIPLES",
    "rdf": "rdf:RDF",
    "table": "table:TABLE",
    "columns": "columns:COLUMNS",
    "obo": "obo:OBO",
    "graphml": "graphml:GRAPHML",
    "wikidata": "wikidata:WIKIDATA",
    "wikidata-json": "wikidata_json:WIKIDATA_JSON",
    "dbpedia": "dbpedia:DBPEDIA",
    "ownthink": "ownthink:OWNTHINK",
    "cn-dbpedia": "cn_dbpedia:CN_DBPEDIA",
    "endpoint": "endpoint:ENDPOINT",
}
