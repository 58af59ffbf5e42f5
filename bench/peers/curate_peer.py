"""datatrove's whole pipeline over JSON lines, in one process: curate_peer.py TEXTS_FOLDER WORK_FOLDER.

The filters and their order are those of its example for FineWeb: language, Gopher's repetition and quality, C4, FineWeb, then MinHash
(signatures, buckets, clusters, filter) and personal data. Its language filter wants a model from the net; CLD2, which Persea asks too,
stands in its place behind datatrove's own interface. Prints one JSON line: documents in and out.
"""

import json
import os
import sys

import pycld2
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig


class Cld2Filter(BaseFilter):
    name = "CLD2"

    def filter(self, doc):
        try:
            languages = pycld2.detect(doc.text)[2]
        except pycld2.error:
            return False, "undecided"
        return (languages[0][1] == "en" and languages[0][2] >= 65) or (False, "language")


def run(work, stage, pipeline):
    LocalPipelineExecutor(pipeline=pipeline, tasks=1, workers=1, logging_dir=os.path.join(work, "logs", stage)).run()


def main():
    texts, work = sys.argv[1:]
    at = lambda name: os.path.join(work, name)
    config = MinhashConfig(hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8)
    run(work, "filter", [JsonlReader(texts), Cld2Filter(), GopherRepetitionFilter(), GopherQualityFilter(),
                         C4QualityFilter(filter_no_terminal_punct=False), FineWebQualityFilter(),
                         JsonlWriter(at("filtered"), compression=None)])
    run(work, "signatures", [JsonlReader(at("filtered")), MinhashDedupSignature(output_folder=at("signatures"), config=config)])
    LocalPipelineExecutor(pipeline=[MinhashDedupBuckets(input_folder=at("signatures"), output_folder=at("buckets"), config=config)],
                          tasks=config.num_buckets, workers=1, logging_dir=os.path.join(work, "logs", "buckets")).run()
    run(work, "clusters", [MinhashDedupCluster(input_folder=at("buckets"), output_folder=at("remove"), config=config)])
    run(work, "last", [JsonlReader(at("filtered")), MinhashDedupFilter(input_folder=at("remove")), PIIFormatter(),
                       JsonlWriter(at("out"), compression=None)])
    count = lambda folder: sum(sum(1 for _ in open(os.path.join(folder, name))) for name in os.listdir(folder))
    print(json.dumps({"filtered": count(at("filtered")), "kept": count(at("out"))}))


main()
