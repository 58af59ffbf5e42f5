// A JSON Schema (draft 2020-12) as a document: every schema in it has been checked for the form of its keywords, knows
// its JSON pointer, and finds what it refers to. What keywords mean is told elsewhere. Nothing is fetched: a reference
// leads to a place in the document, or it is an error.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "text/grammar/ordered_json.h"

namespace persea::grammar {

using Schema = OrderedJson;  // an object or a boolean

// Whether the schema says nothing, or admits nothing, as one sees at once.
inline bool trivially_true(const Schema& s) {
  return (s.is == Schema::Is::boolean && s.flag) || (s.is == Schema::Is::object && s.members.empty());
}
inline bool trivially_false(const Schema& s) { return s.is == Schema::Is::boolean && !s.flag; }

class SchemaDocument {
 public:
  // Errors: "WHERE: #/pointer: what": a keyword of the wrong form, or one that is not supported or not known.
  static Result<std::unique_ptr<SchemaDocument>> read(OrderedJson root, std::string_view where);
  SchemaDocument(const SchemaDocument&) = delete;

  const Schema& root() const { return root_; }

  // The schema that `schema`'s $ref names; it has been checked like all others.
  Result<const Schema*> target(const Schema& schema);

  // Schemas that are made to say what others say in another way. They live as long as the document; their pointer in
  // messages is that of `like`.
  const Schema& make(Schema schema, const Schema& like);
  // One for whatever does not match `schema`, as a value within a made schema: made(...).members[...] may be set so.
  void make_negation(const Schema& made, const Schema& of) { negations_[&made] = &of; }
  // What `schema` is the negation of; nullptr where it was not made so.
  const Schema* negation(const Schema& schema) const;
  // Likewise one that is `of` itself, with its place and its references.
  void make_same(const Schema& made, const Schema& of) { same_[&made] = &of; }
  const Schema* same(const Schema& schema) const;

  const std::string& pointer(const Schema& schema) const;  // "#/properties/a"
  template <class... Args>
  Error error(const Schema& schema, std::string_view keyword, fmt::format_string<Args...> format,
              Args&&... args) const {
    return message(schema, keyword, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  struct Known {
    std::string pointer;
    const Schema* resource;  // the nearest schema around it, or itself, that has an $id
  };
  explicit SchemaDocument(OrderedJson root, std::string_view where) : where_(where), root_(std::move(root)) {}
  Error message(const Schema& schema, std::string_view keyword, std::string_view what) const;
  Status add(const Schema& schema, std::string pointer, const Schema* resource);
  Status check_keyword(const Schema& schema, const std::string& keyword, const OrderedJson& value);
  Status add_parts(const Schema& schema, const std::string& keyword, const OrderedJson& value, const Schema* resource);
  Status add_name(const Schema& schema, const Schema*& resource);
  Result<const Schema*> at_pointer(const Schema& from, const Schema& resource, std::string_view pointer);

  const std::string where_;
  const OrderedJson root_;
  std::deque<OrderedJson> made_;
  std::unordered_map<const Schema*, Known> known_;
  std::unordered_map<const Schema*, const Schema*> negations_, same_;
  std::unordered_map<const Schema*, std::string> bases_;                    // the URI of each resource
  std::map<std::string, const Schema*> resources_;                          // by URI
  std::map<std::pair<const Schema*, std::string>, const Schema*> anchors_;  // by resource and name
};

// A key as part of a JSON pointer.
std::string pointer_part(std::string_view key);

}  // namespace persea::grammar
