"""What datatrove's decontamination filter finds: contamination_peers.py EVAL-FOLDER TEXTS.jsonl DOCUMENTS OUT.json.

DOCUMENTS is a JSON list of the numbers of the documents to be judged, OUT gets those that it would remove, and the seconds it took.
Questions are looked for too (find_query_ngrams), which it does not do by itself.
"""

import json
import os
import sys
import tempfile
import time
import types

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer
from datatrove.utils.hashing import create_hash_func
from datatrove.utils.word_tokenizers import load_word_tokenizer

from contamination_texts import items_of


def parts_of(shapes):
    """An item's question and answer."""
    question = shapes.get("question", "")
    whole = shapes.get("question and answer", shapes.get("sentence", ""))
    return question, whole[len(question):] if whole.startswith(question) else whole


def main():
    eval_folder, texts, documents, out = sys.argv[1:]
    config = NGramsDecontConfig(find_query_ngrams=True)
    # Its indexer asks for a library that loads tests from the net; what it computes does not.
    indexer = types.SimpleNamespace(config=config, tokenizer=load_word_tokenizer("eng"), hash_func=create_hash_func(config.hash_config))
    hashes = set()
    for _, _, _, shapes in items_of(eval_folder):
        question, answer = parts_of(shapes)
        hashes.update(NGramsDecontIndexer.compute_hashes(indexer, answer, question))
    with open(documents) as file:
        wanted = set(json.load(file))
    with tempfile.TemporaryDirectory() as folder:
        np.array(sorted(hashes), dtype=config.hash_config.np_descr).tofile(os.path.join(folder, "all.index.hashes"))
        peer = NGramsDecontFilter(folder, config=config)
        peer.filter(Document(text="words", id=""))
        removed, size, seconds = [], 0, 0.0
        with open(texts, encoding="utf-8") as file:
            for number, line in enumerate(file):
                if number not in wanted:
                    continue
                text = json.loads(line)["text"]
                started = time.process_time()
                if peer.filter(Document(text=text, id="")) is not True:
                    removed.append(number)
                seconds += time.process_time() - started
                size += len(text.encode())
    with open(out, "w") as file:
        json.dump({"removed": removed, "bytes": size, "seconds": seconds}, file)


main()
