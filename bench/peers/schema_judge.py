"""Judges texts by the library jsonschema, formats included: schema_judge.py SCHEMAS TEXTS, a JSON schema and the hexadecimal
digits of a text a line. Prints how many are valid, and the first that are not."""

import json
import sys

import jsonschema


def main():
    valid, wrong = 0, []
    checker = jsonschema.FormatChecker()
    with open(sys.argv[1]) as schemas, open(sys.argv[2]) as texts:
        for schema, text in zip(schemas, texts):
            raw = bytes.fromhex(text.strip())
            try:
                value = json.loads(raw.decode())
                jsonschema.Draft202012Validator(json.loads(schema), format_checker=checker).validate(value)
                valid += 1
            except (ValueError, jsonschema.ValidationError) as reason:
                wrong.append([schema.strip(), raw.decode(errors="replace"), str(reason).splitlines()[0]])
    print(json.dumps({"valid": valid, "wrong": len(wrong), "first": wrong[:3]}))


main()
