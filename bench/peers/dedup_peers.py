"""What other programs and plain counting say of near duplicates, under the peers' Python:

dedup_peers.py datatrove DOCUMENTS.jsonl FOLDER SHINGLE BANDS ROWS    its three steps in one process: seconds, and its pairs
dedup_peers.py datasketch DOCUMENTS.jsonl SHINGLE BANDS ROWS          its MinHash and LSH on words between white space: seconds
dedup_peers.py jaccard DOCUMENTS.jsonl SHINGLE OUT.npz                the similarity of every two documents that share a shingle
dedup_peers.py sizes JACCARD.npz COUNTS.txt                           how many documents have other numbers of shingles
dedup_peers.py judge JACCARD.npz FAMILY BANDS ROWS PAIRS.txt ...      found pairs beside the curve, for each file of pairs
"""

import json
import os
import sys
import time

import numpy as np


def texts_of(path):
    with open(path) as file:
        return [json.loads(line)["text"] for line in file]


def shingle_sets(path, shingle):
    """The different shingles of each document as datatrove cuts them, by their 64-bit hashes."""
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature

    step = MinhashDedupSignature(output_folder="/tmp", config=MinhashConfig(n_grams=shingle))
    return [np.unique(step.get_shingles(text)) for text in texts_of(path)]


def jaccard(path, shingle, out):
    """An exact count by a sparse product: rows are documents, columns shingles."""
    import scipy.sparse

    sets = shingle_sets(path, shingle)
    sizes = np.array([len(one) for one in sets])
    _, columns = np.unique(np.concatenate(sets), return_inverse=True)
    rows = np.repeat(np.arange(len(sets)), sizes)
    keep = np.bincount(columns)[columns] > 1
    matrix = scipy.sparse.csr_matrix((np.ones(keep.sum(), np.int32), (rows[keep], columns[keep])),
                                     shape=(len(sets), columns.max() + 1))
    transposed = matrix.T.tocsc()
    found = []
    for start in range(0, len(sets), 2000):
        product = scipy.sparse.triu(matrix[start:start + 2000] @ transposed, k=start + 1).tocoo()
        found.append(np.stack([product.row + start, product.col, product.data]))
    first, second, both = np.concatenate(found, axis=1)
    np.savez(out, first=first, second=second, similarity=both / (sizes[first] + sizes[second] - both), sizes=sizes)
    return {"documents": len(sets), "pairs": len(first)}


def judge(path, family, bands, rows, pair_files):
    """Sums of the curve over all pairs, and pairs found; the error of a sum is that over families, whose pairs hang together."""
    known = np.load(path)
    documents = len(known["sizes"])
    code = known["first"].astype(np.int64) * documents + known["second"]
    order = np.argsort(code)
    code, similarity = code[order], known["similarity"][order]
    chance = 1 - (1 - similarity ** rows) ** bands
    group = code // documents // family
    edges = np.array([0, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0000001])
    bins = np.digitize(similarity, edges) - 1
    found, stray = np.zeros(len(code)), 0
    for file in pair_files:
        pairs = np.loadtxt(file, dtype=np.int64).reshape(-1, 2)
        own = pairs[:, 0] * documents + pairs[:, 1]
        place = np.minimum(np.searchsorted(code, own), len(code) - 1)
        met = code[place] == own
        stray += int((~met).sum())
        found[place[met]] += 1
    found /= len(pair_files)

    def line(chosen):
        excess = found[chosen] - chance[chosen]
        of_families = np.bincount(group[chosen], excess)
        return {"pairs": int(chosen.sum()), "expected": float(chance[chosen].sum()), "found": float(found[chosen].sum()),
                "error": float(np.sqrt((of_families ** 2).sum()))}

    return {"all": line(np.ones(len(code), bool)), "stray": stray / len(pair_files),
            "bins": [{"from": float(edges[i]), "to": float(min(edges[i + 1], 1)), **line(bins == i)} for i in range(len(edges) - 1)
                     if (bins == i).any()]}


def sizes(path, counts):
    return {"differ": int((np.load(path)["sizes"] != np.loadtxt(counts, dtype=np.int64)).sum())}


class Watch:
    def __init__(self):
        self.wall, self.cpu = time.monotonic(), time.process_time()

    def read(self):
        return {"seconds": time.monotonic() - self.wall, "cpu_seconds": time.process_time() - self.cpu}


def datatrove(path, folder, shingle, bands, rows):
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.readers import JsonlReader

    config = MinhashConfig(n_grams=shingle, num_buckets=bands, hashes_per_bucket=rows)
    signatures, buckets, clusters = (os.path.join(folder, name) for name in ("signatures", "buckets", "clusters"))
    sign = MinhashDedupSignature(output_folder=signatures, config=config)
    sign.word_tokenizer.word_tokenize("Words are split once before the watch runs.")
    reader = JsonlReader(os.path.dirname(path), glob_pattern=os.path.basename(path), doc_progress=False, file_progress=False)
    watch = Watch()
    sign.run(reader.run(), 0, 1)
    times = {"signatures": watch.read()}
    watch = Watch()
    for rank in range(bands):
        MinhashDedupBuckets(signatures, buckets, config=config).run(None, rank, bands)
    MinhashDedupCluster(buckets, clusters, config=config).run(None, 0, 1)
    times["clusters"] = watch.read()
    record = np.dtype([("hashes", "<u8", rows), ("document", "<u4")])
    pairs = set()
    for band in range(bands):
        equal = {}
        for hashes, document in np.fromfile(os.path.join(signatures, f"bucket_{band:03d}", "00000.minhash.sig"), record):
            equal.setdefault(hashes.tobytes(), []).append(int(document))
        for some in equal.values():
            some.sort()
            pairs.update((a, b) for i, a in enumerate(some) for b in some[i + 1:])
    with open(os.path.join(folder, "pairs.txt"), "w") as file:
        file.writelines(f"{a} {b}\n" for a, b in sorted(pairs))
    removed = os.path.join(clusters, "000000.remove")
    return {**times, "pairs": len(pairs), "removed": os.path.getsize(removed) // 4 if os.path.exists(removed) else 0}


def datasketch(path, shingle, bands, rows):
    """No words are searched here: what stands between white space is taken, so that the hashes are what is timed."""
    from datasketch import MinHash, MinHashLSH

    words = [text.lower().split() for text in texts_of(path)]
    watch = Watch()
    plain = MinHash(num_perm=bands * rows)
    signatures = []
    for own in words:
        signature = plain.copy()
        signature.update_batch([" ".join(own[i:i + shingle]).encode() for i in range(len(own) - shingle + 1)])
        signatures.append(signature)
    times = {"signatures": watch.read()}
    watch = Watch()
    index = MinHashLSH(num_perm=bands * rows, params=(bands, rows))
    for i, signature in enumerate(signatures):
        index.query(signature)
        index.insert(i, signature, check_duplication=False)
    times["clusters"] = watch.read()
    return times


def main(mode, *rest):
    if mode == "datatrove":
        return datatrove(rest[0], rest[1], *map(int, rest[2:]))
    if mode == "datasketch":
        return datasketch(rest[0], *map(int, rest[1:]))
    if mode == "jaccard":
        return jaccard(rest[0], int(rest[1]), rest[2])
    if mode == "sizes":
        return sizes(*rest)
    return judge(rest[0], *map(int, rest[1:4]), rest[4:])


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
