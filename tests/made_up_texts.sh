# made_up_texts FOLDER SMALL LARGE: texts of made-up words in FOLDER/text, five files of SMALL documents, of which one repeats itself, and one of LARGE; and a recipe that
# curates them, FOLDER/recipe.toml. For tests of several ranks, which source this.
made_up_texts() {
  mkdir "$1/text"
  awk -v folder="$1/text" -v small="$2" -v large="$3" 'BEGIN {
    srand(7)
    for (file = 0; file < 6; ++file) {
      documents = file == 5 ? large : small
      for (i = 0; i < documents; ++i) {
        line = ""
        words = 60 + int(rand() * 200)
        if (file == 4) srand(i % 40)
        for (w = 0; w < words; ++w) line = line sprintf("%c%c%c%d ", 97 + rand() * 26, 97 + rand() * 26, 97 + rand() * 26, rand() * 10)
        print "{\"text\": \"" line "\"}" > (folder "/" file ".jsonl")
      }
    }
  }'
  cat >"$1/recipe.toml" <<'TOML'
[[source]]
name = "s"
path = "text"
[[rules]]
pack = "gopher-quality"
min_stop_words = 0
max_non_alpha_words_ratio = 0.1
[dedup]
minhash = "datatrove"
TOML
}
