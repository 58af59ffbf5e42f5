"""What datatrove's filters (or dolma's tagger) decide on documents: rule_peers.py DOCUMENTS.jsonl JUDGES.json OUT.jsonl.

JUDGES is a list of {"pack", "settings"} with Persea's names. A line of OUT has one answer for each judge: "" for a document that is
kept, "drop REASON", "change DIGEST" with the SHA-256 of what is left of the text, "error ..." where the filter fails.
"""

import hashlib
import importlib.util
import json
import sys
import types


def remembering(function, most=20_000):
    """The function with its answers kept: all judges ask for the words and sentences of the same texts."""
    answers = {}

    def ask(text):
        if text not in answers:
            if len(answers) >= most:
                answers.clear()
            answers[text] = function(text)
        return list(answers[text])
    return ask


def datatrove_judges(judges):
    from datatrove.data import Document
    from datatrove.pipeline.filters import (C4ParagraphFilter, C4QualityFilter, FineWebQualityFilter, GopherQualityFilter,
                                            GopherRepetitionFilter)

    from datatrove.utils.word_tokenizers import load_word_tokenizer

    english = load_word_tokenizer("eng")  # the one that all filters share
    english.word_tokenize = remembering(english.word_tokenize)
    english.span_tokenize = remembering(english.span_tokenize)
    filters = {"gopher-quality": GopherQualityFilter, "gopher-repetition": GopherRepetitionFilter, "c4-quality": C4QualityFilter,
               "c4-paragraphs": C4ParagraphFilter, "fineweb-quality": FineWebQualityFilter}

    def judge_with(instance):
        def judge(text):
            document = Document(text=text, id="")
            answer = instance.filter(document)
            kept, reason = answer if isinstance(answer, tuple) else (answer, "")
            if not kept:
                return "drop " + reason
            return "" if document.text == text else "change " + hashlib.sha256(document.text.encode()).hexdigest()
        return judge

    def lists_as_tuples(settings):
        return {key: tuple(map(tuple, value)) if key.endswith("_n_grams") else value for key, value in settings.items()}

    return [judge_with(filters[judge["pack"]](**lists_as_tuples(judge["settings"]))) for judge in judges]


def without_init(package):
    """The package without what it does when it is imported: dolma's loads models and clouds that no tagger of words needs."""
    module = types.ModuleType(package)
    module.__path__ = list(importlib.util.find_spec(package).submodule_search_locations)
    sys.modules[package] = module


def dolma_judges(judges):
    for package in ("dolma", "dolma.core", "dolma.taggers"):
        without_init(package)
    from dolma.taggers.gopher import get_attributes

    def pairs(attributes):
        """Persea's settings with what dolma measures for them: (setting, its sense, reason, figure)."""
        a = attributes
        return [("min_doc_words", "under", "word_count", a.word_count),
                ("max_doc_words", "over", "word_count", a.word_count),
                ("min_avg_word_length", "under", "median_word_length", a.median_word_length),
                ("max_avg_word_length", "over", "median_word_length", a.median_word_length),
                ("max_symbol_word_ratio", "over", "symbol_to_word_ratio", a.symbol_to_word_ratio),
                ("max_bullet_lines_ratio", "over", "fraction_of_lines_starting_with_bullet_point",
                 a.fraction_of_lines_starting_with_bullet_point),
                ("max_ellipsis_lines_ratio", "over", "fraction_of_lines_ending_with_ellipsis",
                 a.fraction_of_lines_ending_with_ellipsis),
                ("max_non_alpha_words_ratio", "under", "fraction_of_words_with_alpha_character",
                 a.fraction_of_words_with_alpha_character),
                ("min_stop_words", "under", "required_word_count", a.required_word_count)]

    def repetition(attributes, settings):
        for kind, found in (("most_common", attributes.fraction_of_characters_in_most_common_ngram),
                            ("duplicate", attributes.fraction_of_characters_in_duplicate_ngrams)):
            limits = dict(settings["top_n_grams" if kind == "most_common" else "dup_n_grams"])
            for n, figure in found:
                if n in limits and figure > limits[n]:
                    return f"drop fraction_of_characters_in_{kind}_{n}grams"
        for key, reason in (("dup_line_frac", "fraction_of_duplicate_lines"),
                            ("dup_line_char_frac", "fraction_of_characters_in_duplicate_lines")):
            if settings[key] and getattr(attributes, reason) > settings[key]:
                return "drop " + reason
        return ""

    cache = {}

    def attributes_of(text):
        if text not in cache:
            cache.clear()
            cache[text] = get_attributes(text)
        return cache[text]

    def judge_with(pack, settings):
        def judge(text):
            if pack == "gopher-repetition":
                return repetition(attributes_of(text), settings)
            for key, sense, reason, figure in pairs(attributes_of(text)):
                limit = settings.get(key)
                if limit and (figure < limit if sense == "under" else figure > limit):
                    return "drop " + reason
            return ""
        return judge

    return [judge_with(judge["pack"], judge["settings"]) for judge in judges]


def main():
    documents, wanted, out = sys.argv[1:]
    with open(wanted) as file:
        judges = json.load(file)
    dolma = judges[0]["settings"].get("dialect") == "dolma"
    judge_functions = (dolma_judges if dolma else datatrove_judges)(judges)
    with open(documents) as source, open(out, "w") as target:
        for line in source:
            text, answers = json.loads(line)["text"], []
            for judge in judge_functions:
                try:
                    answers.append(judge(text))
                except Exception as error:  # a filter that cannot judge has no decision to be held to
                    answers.append(f"error {type(error).__name__}")
            target.write(json.dumps(answers) + "\n")


main()
