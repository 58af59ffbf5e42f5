// Says whether a value matches a schema. It is asked about the values that an enum or a const lists and about the names
// of properties, so it need not be fast.
#pragma once

#include "base/result.h"
#include "text/grammar/languages.h"
#include "text/grammar/schema_document.h"

namespace persea::grammar {

class SchemaValidator {
 public:
  // Both must outlive it.
  SchemaValidator(SchemaDocument& document, Languages& languages) : document_(document), languages_(languages) {}

  // Errors: a keyword that cannot be judged (unevaluatedItems, ...; a format that may or may not hold), references
  // without end.
  Result<bool> matches(const OrderedJson& value, const Schema& schema);

 private:
  Result<bool> matches_keyword(const OrderedJson& value, const Schema& schema, const std::string& keyword,
                               const OrderedJson& wanted);
  Result<bool> in_place(const OrderedJson& value, const Schema& schema, const std::string& keyword,
                        const OrderedJson& wanted);
  Result<bool> number(const OrderedJson& value, const std::string& keyword, const OrderedJson& wanted);
  Result<bool> string(const OrderedJson& value, const Schema& schema, const std::string& keyword,
                      const OrderedJson& wanted);
  Result<bool> array(const OrderedJson& value, const Schema& schema, const std::string& keyword,
                     const OrderedJson& wanted);
  Result<bool> object(const OrderedJson& value, const Schema& schema, const std::string& keyword,
                      const OrderedJson& wanted);
  Result<bool> other_properties(const OrderedJson& value, const Schema& schema, const Schema& wanted);
  Result<size_t> how_many(const OrderedJson& value, const std::vector<Schema>& schemas);

  SchemaDocument& document_;
  Languages& languages_;
  int depth_ = 0;
};

// Whether the schema's `type` (and `nullable`) admits a value.
bool type_admits(const OrderedJson& value, const std::string& type);

}  // namespace persea::grammar
