#!/usr/bin/env python3
"""The peers of the quality model, trained and tried on the same texts: quality_peers.py TRAIN TEST OUT FOLDER.

TRAIN and TEST are {"text", "label"} lines. OUT gets, for each peer, its score of each text of TEST, the CPU seconds of training, and
megabytes a CPU second of judging. One thread each.
"""

import json
import os
import sys
import time

os.environ.update({name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")})


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return [line["text"] for line in lines], [line["label"] for line in lines]


def sklearn(train, labels, texts, _):
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(HashingVectorizer(ngram_range=(1, 2), n_features=2**18),
                          SGDClassifier(loss="log_loss", alpha=1e-6, random_state=1))
    started = time.process_time()
    model.fit(train, labels)
    trained = time.process_time()
    scores = model.decision_function(texts)
    return list(map(float, scores)), trained - started, time.process_time() - trained


def fasttext(train, labels, texts, folder):
    import fasttext

    lines = os.path.join(folder, "fasttext.txt")
    with open(lines, "w", encoding="utf-8") as file:
        for text, label in zip(train, labels):
            file.write(f"__label__{label} {' '.join(text.split())}\n")
    started = time.process_time()
    model = fasttext.train_supervised(lines, wordNgrams=2, lr=0.5, epoch=20, thread=1, verbose=0, seed=1)
    trained = time.process_time()
    scores = []
    for text in texts:
        # Not model.predict(), which the present NumPy does not let pass.
        found = {label: chance for chance, label in model.f.predict(" ".join(text.split()) + "\n", 2, 0.0, "strict")}
        scores.append(found.get("__label__1", 0.0) - 0.5)
    return scores, trained - started, time.process_time() - trained


def main():
    (train, labels), (texts, _) = read(sys.argv[1]), read(sys.argv[2])
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    out = {}
    for name, peer in (("scikit-learn", sklearn), ("fastText", fasttext)):
        scores, training, judging = peer(train, labels, texts, sys.argv[4])
        out[name] = {"scores": scores, "training": training, "speed": megabytes / judging}
    with open(sys.argv[3], "w") as file:
        json.dump(out, file)


main()
