"""Random JSON Schemas (draft 2020-12) of the kinds that people ask a model to answer by, and some that they do not."""

import random

NAMES = ["id", "name", "kind", "items", "size", "größe", "a/b", "x y", "tags", "next", "value", "note\n", "\"q\""]
PATTERNS = ["^[a-z]{2,6}$", "\\d{3}", "^(?:ab|c+)d?$", "^[^\\n]*!$", "^v\\d+\\.\\d+$", "[A-F0-9]{4}$", "^$|^x", "^.{3,5}$"]
FORMATS = ["date", "email", "ipv4", "ipv6", "uuid"]
VALUES = [0, 1, -7, 2.5, "a", "b", "ü\n", "", None, True, False, [1, "x"], {"k": 1}, 1e20, "\U0001f600"]


class Schemas:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = []

    def root(self):
        """One schema with its definitions, some of which refer to themselves."""
        r = self.random
        self.names = [f"d{i}" for i in range(r.randint(0, 2))]
        names, self.names = self.names, self.names[:]
        root = self.schema(3)
        if not isinstance(root, dict):
            root = {"type": "object", "properties": {"a": root}}
        if names:
            root["$defs"] = {name: self.definition(name) for name in names}
        return root

    def definition(self, name):
        """An object or array that may hold itself, so that it can end."""
        if self.random.random() < 0.5:
            return {"type": "object", "properties": {"value": self.schema(1), "next": {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}]}},
                    "required": ["next"], "additionalProperties": False}
        return {"type": "array", "items": {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "integer"}]}, "maxItems": 3}

    def schema(self, depth):
        r = self.random
        kinds = [self.integer, self.number, self.string, self.values, self.flag]
        if depth > 0:
            kinds += [self.array, self.object, self.object, self.choice, self.both, self.refusal, self.condition]
        if self.names and r.random() < 0.15:
            return {"$ref": f"#/$defs/{r.choice(self.names)}"}
        return r.choice(kinds)(depth)

    def flag(self, depth):
        return self.random.choice([{"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, {"type": ["integer", "boolean"]}, True, {}])

    def values(self, depth):
        r = self.random
        if r.random() < 0.4:
            return {"const": r.choice(VALUES)}
        return {"enum": r.sample(VALUES, r.randint(1, 5))}

    def integer(self, depth):
        r, s = self.random, {"type": "integer"}
        low = r.randint(-2000, 2000) if r.random() < 0.5 else r.randint(-5, 5)
        if r.random() < 0.5:
            s[r.choice(["minimum", "exclusiveMinimum"])] = low
        if r.random() < 0.5:
            s[r.choice(["maximum", "exclusiveMaximum"])] = low + r.randint(1, 10 ** r.randint(1, 6))
        if r.random() < 0.2:
            s["multipleOf"] = r.choice([1, 2, 3, 10, 25])
        return s

    def number(self, depth):
        r, s = self.random, {"type": "number"}
        low = round(r.uniform(-50, 50), r.randint(0, 4))
        if r.random() < 0.6:
            s[r.choice(["minimum", "exclusiveMinimum"])] = low
        if r.random() < 0.6:
            s[r.choice(["maximum", "exclusiveMaximum"])] = round(low + r.uniform(0.5, 100), r.randint(1, 5))
        return s

    def string(self, depth):
        r, s = self.random, {"type": "string"}
        kind = r.random()
        if kind < 0.3:
            s["minLength"], s["maxLength"] = r.randint(0, 3), r.randint(3, 20)
        elif kind < 0.6:
            s["pattern"] = r.choice(PATTERNS)
            if r.random() < 0.3:
                s["maxLength"] = r.randint(6, 12)
        elif kind < 0.8:
            s["format"] = r.choice(FORMATS)
        return s

    def array(self, depth):
        r, s = self.random, {"type": "array"}
        if r.random() < 0.3:
            s["prefixItems"] = [self.schema(depth - 1) for _ in range(r.randint(1, 3))]
        if r.random() < 0.8:
            s["items"] = self.schema(depth - 1) if r.random() < 0.9 else False
        if r.random() < 0.4 and s.get("items") is not False:
            s["minItems"] = r.randint(0, 3)
        if r.random() < 0.7:
            s["maxItems"] = s.get("minItems", 0) + r.randint(0, 3)
        if r.random() < 0.1 and "items" in s and s["items"] is not False:
            s["contains"] = self.random.choice([{"const": 1}, {"type": "string"}, {"type": "integer"}, {}])
        return s

    def object(self, depth):
        r, s = self.random, {"type": "object"}
        names = r.sample(NAMES, r.randint(0, 5))
        s["properties"] = {name: self.schema(depth - 1) for name in names}
        if names:
            s["required"] = r.sample(names, r.randint(0, len(names)))
        kind = r.random()
        if kind < 0.5:
            s["additionalProperties"] = False
        elif kind < 0.7:
            s["additionalProperties"] = self.schema(0)
        if r.random() < 0.1:
            s["patternProperties"] = {"^[a-m]": self.schema(0), "z$": self.schema(0)}
        if r.random() < 0.1:
            s["maxProperties"] = r.randint(len(s.get("required", [])), 6)
        if r.random() < 0.08:
            s["propertyNames"] = {"maxLength": 4}
        if r.random() < 0.08 and len(names) > 1:
            s["dependentRequired"] = {names[0]: [names[1]]}
        return s

    def choice(self, depth):
        r = self.random
        if r.random() < 0.6:
            return {"anyOf": [self.schema(depth - 1) for _ in range(r.randint(1, 3))]}
        if r.random() < 0.5:
            return {"oneOf": [{"type": kind} for kind in r.sample(["string", "integer", "boolean", "array"], 2)]}
        return {"oneOf": [{"type": "object", "properties": {"kind": {"const": word}, "of": self.schema(depth - 1)}, "required": ["kind"],
                           "additionalProperties": False} for word in r.sample(["p", "q", "r"], 2)]}

    def both(self, depth):
        first, second = self.object(depth - 1), self.object(depth - 1)
        for one in (first, second):
            one.pop("additionalProperties", None)
        return {"allOf": [first, second]}

    def refusal(self, depth):
        r = self.random
        return r.choice([{"type": "string", "not": {"enum": ["a", "b"]}}, {"type": "integer", "not": {"multipleOf": 3}},
                         {"not": {"type": ["object", "array", "string"]}}, {"type": "string", "not": {"pattern": "a"}, "maxLength": 6},
                         {"type": "object", "not": {"required": ["a"]}, "maxProperties": 2}])

    def condition(self, depth):
        return {"type": "object", "properties": {"k": {"type": "integer", "minimum": 0, "maximum": 3}, "v": self.schema(depth - 1)},
                "required": ["k"], "if": {"properties": {"k": {"const": 1}}}, "then": {"required": ["v"]}, "else": {"properties": {"v": {"type": "null"}}},
                "additionalProperties": False}
