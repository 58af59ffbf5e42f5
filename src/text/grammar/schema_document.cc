#include "text/grammar/schema_document.h"

#include <algorithm>
#include <array>

#include "text/grammar/uri.h"

namespace persea::grammar {
namespace {

using Is = OrderedJson::Is;

constexpr size_t kMostSchemas = 50000;

enum class Form : uint8_t {
  schema,      // a schema
  schemas,     // a list of some
  schema_map,  // an object of some
  count,       // an integer from 0 on
  number,
  positive,   // a number above zero
  names,      // a list of strings
  names_map,  // an object of lists of strings
  types,      // the name of a type, or a list of some
  values,     // a list of any values
  text,
  flag,
  anything,
  nothing_said,  // an annotation: it constrains nothing
  unsupported
};

struct Keyword {
  std::string_view name;
  Form form;
};
constexpr std::array kKeywords = std::to_array<Keyword>({
    {"$ref", Form::text},
    {"$id", Form::text},
    {"$anchor", Form::text},
    {"$defs", Form::schema_map},
    {"definitions", Form::schema_map},
    {"type", Form::types},
    {"enum", Form::values},
    {"const", Form::anything},
    {"nullable", Form::flag},
    {"allOf", Form::schemas},
    {"anyOf", Form::schemas},
    {"oneOf", Form::schemas},
    {"not", Form::schema},
    {"if", Form::schema},
    {"then", Form::schema},
    {"else", Form::schema},
    {"minimum", Form::number},
    {"maximum", Form::number},
    {"exclusiveMinimum", Form::number},
    {"exclusiveMaximum", Form::number},
    {"multipleOf", Form::positive},
    {"minLength", Form::count},
    {"maxLength", Form::count},
    {"pattern", Form::text},
    {"format", Form::text},
    {"prefixItems", Form::schemas},
    {"items", Form::schema},
    {"contains", Form::schema},
    {"minContains", Form::count},
    {"maxContains", Form::count},
    {"minItems", Form::count},
    {"maxItems", Form::count},
    {"uniqueItems", Form::flag},
    {"unevaluatedItems", Form::schema},
    {"properties", Form::schema_map},
    {"patternProperties", Form::schema_map},
    {"additionalProperties", Form::schema},
    {"propertyNames", Form::schema},
    {"required", Form::names},
    {"minProperties", Form::count},
    {"maxProperties", Form::count},
    {"dependentRequired", Form::names_map},
    {"dependentSchemas", Form::schema_map},
    {"unevaluatedProperties", Form::schema},
    {"title", Form::nothing_said},
    {"description", Form::nothing_said},
    {"default", Form::nothing_said},
    {"example", Form::nothing_said},
    {"examples", Form::nothing_said},
    {"deprecated", Form::nothing_said},
    {"readOnly", Form::nothing_said},
    {"writeOnly", Form::nothing_said},
    {"contentEncoding", Form::nothing_said},
    {"contentMediaType", Form::nothing_said},
    {"contentSchema", Form::nothing_said},
    {"discriminator", Form::nothing_said},
    {"externalDocs", Form::nothing_said},
    {"xml", Form::nothing_said},
    {"$schema", Form::nothing_said},
    {"$comment", Form::nothing_said},
    {"$vocabulary", Form::nothing_said},
    {"$dynamicAnchor", Form::nothing_said},
    {"$dynamicRef", Form::unsupported},
    {"$recursiveRef", Form::unsupported},
    {"dependencies", Form::unsupported},
    {"additionalItems", Form::unsupported},
});

constexpr std::array kTypes = {"null", "boolean", "integer", "number", "string", "array", "object"};

bool is_type(const OrderedJson& value) {
  return value.is == Is::string && std::find(kTypes.begin(), kTypes.end(), value.text) != kTypes.end();
}
bool all_strings(const OrderedJson& value) {
  return value.is == Is::array &&
         std::all_of(value.items.begin(), value.items.end(), [](const OrderedJson& v) { return v.is == Is::string; });
}
bool is_schema(const OrderedJson& value) { return value.is == Is::object || value.is == Is::boolean; }

const Keyword* find_keyword(std::string_view name) {
  const auto* it = std::find_if(kKeywords.begin(), kKeywords.end(), [&](const Keyword& k) { return k.name == name; });
  return it == kKeywords.end() ? nullptr : it;
}

// What is wrong with the form of a keyword's value; "" where nothing is.
std::string complaint(Form form, const OrderedJson& value) {
  const auto unless = [](bool right, const char* wanted) {
    return right ? std::string() : std::string("must be ") + wanted;
  };
  switch (form) {
    case Form::schema:
      return unless(is_schema(value), "a schema: an object, true or false");
    case Form::schemas:
      return unless(value.is == Is::array && !value.items.empty() &&
                        std::all_of(value.items.begin(), value.items.end(), is_schema),
                    "a list of schemas that is not empty");
    case Form::schema_map:
      return unless(value.is == Is::object && std::all_of(value.members.begin(), value.members.end(),
                                                          [](const auto& member) { return is_schema(member.second); }),
                    "an object of schemas");
    case Form::count:
      return unless(value.is == Is::number && Decimal::parse(value.text)->count(), "an integer from 0 to 2147483647");
    case Form::number:
      return unless(value.is == Is::number, "a number");
    case Form::positive: {
      const auto number = value.is == Is::number ? Decimal::parse(value.text) : std::nullopt;
      return unless(number && !number->zero() && !number->negative(), "a number above 0");
    }
    case Form::names:
      return unless(all_strings(value), "a list of strings");
    case Form::names_map:
      return unless(
          value.is == Is::object && std::all_of(value.members.begin(), value.members.end(),
                                                [](const auto& member) { return all_strings(member.second); }),
          "an object of lists of strings");
    case Form::types:
      return unless(is_type(value) || (value.is == Is::array && !value.items.empty() &&
                                       std::all_of(value.items.begin(), value.items.end(), is_type)),
                    "null, boolean, integer, number, string, array or object, or a list of them");
    case Form::values:
      return unless(value.is == Is::array, "a list of values");
    case Form::text:
      return unless(value.is == Is::string, "a string");
    case Form::flag:
      return unless(value.is == Is::boolean, "true or false");
    case Form::anything:
    case Form::nothing_said:
      return "";
    case Form::unsupported:
      return "is not supported";
  }
  return "";
}

// Printable, and of bounded length: it may quote the input.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 300)) out += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return out;
}

}  // namespace

std::string pointer_part(std::string_view key) {
  std::string part;
  for (const char c : key) part += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return part;
}

Result<std::unique_ptr<SchemaDocument>> SchemaDocument::read(OrderedJson root, std::string_view where) {
  std::unique_ptr<SchemaDocument> document(new SchemaDocument(std::move(root), where));
  if (!is_schema(document->root_)) return fail("{}: a schema must be an object, true or false", where);
  document->bases_[&document->root_] = "";
  document->resources_[""] = &document->root_;
  PERSEA_CHECK(document->add(document->root_, "#", &document->root_));
  return document;
}

Error SchemaDocument::message(const Schema& schema, std::string_view keyword, std::string_view what) const {
  return fail("{}: {}{}{}: {}", where_, printable(pointer(schema)), keyword.empty() ? "" : "/",
              printable(pointer_part(keyword)), printable(what));
}

const std::string& SchemaDocument::pointer(const Schema& schema) const {
  static const std::string kRoot = "#";
  const auto it = known_.find(&schema);
  return it == known_.end() ? kRoot : it->second.pointer;
}

const Schema* SchemaDocument::negation(const Schema& schema) const {
  const auto it = negations_.find(&schema);
  return it == negations_.end() ? nullptr : it->second;
}

const Schema* SchemaDocument::same(const Schema& schema) const {
  const auto it = same_.find(&schema);
  return it == same_.end() ? nullptr : it->second;
}

const Schema& SchemaDocument::make(Schema schema, const Schema& like) {
  const Schema& made = made_.emplace_back(std::move(schema));
  const auto it = known_.find(&like);
  known_[&made] = it == known_.end() ? Known{"#", &root_} : it->second;
  return made;
}

// The depth of the recursion is that of the JSON, which is bounded.
Status SchemaDocument::add(const Schema& schema, std::string pointer, const Schema* resource) {
  const auto [it, fresh] = known_.emplace(&schema, Known{std::move(pointer), resource});
  if (!fresh) return {};
  if (known_.size() > kMostSchemas) return fail("{}: more than {} schemas", where_, kMostSchemas);
  if (schema.is != Is::object) return {};
  PERSEA_CHECK(add_name(schema, resource));
  known_[&schema].resource = resource;
  for (const auto& [keyword, value] : schema.members) {
    PERSEA_CHECK(check_keyword(schema, keyword, value));
    PERSEA_CHECK(add_parts(schema, keyword, value, resource));
  }
  return {};
}

Status SchemaDocument::add_name(const Schema& schema, const Schema*& resource) {
  if (const OrderedJson* id = schema.find("$id"); id && id->is == Is::string) {
    std::string uri = resolved_uri(bases_[resource], id->text);
    if (uri.ends_with("#")) uri.pop_back();
    if (uri.find('#') != std::string::npos) return error(schema, "$id", "must have no fragment; $anchor names a place");
    resource = &schema;
    if (&schema != &root_ && !resources_.emplace(uri, &schema).second)
      return error(schema, "$id", "two schemas have this name");
    if (&schema == &root_) resources_[uri] = &schema;
    bases_[&schema] = uri;
  }
  for (const char* key : {"$anchor", "$dynamicAnchor"}) {
    const OrderedJson* anchor = schema.find(key);
    if (anchor && anchor->is == Is::string) anchors_[{resource, anchor->text}] = &schema;
  }
  return {};
}

Status SchemaDocument::check_keyword(const Schema& schema, const std::string& keyword, const OrderedJson& value) {
  const Keyword* known = find_keyword(keyword);
  if (!known) {
    if (keyword.starts_with("x-")) return {};
    std::vector<std::string> names;
    for (const Keyword& k : kKeywords) names.emplace_back(k.name);
    const std::string meant = nearest(keyword.substr(0, 40), names);
    return error(schema, keyword, "unknown keyword{}{}; one that means nothing here may begin with x-",
                 meant.empty() ? "" : ": did you mean ", meant);
  }
  const std::string wrong = complaint(known->form, value);
  return wrong.empty() ? Status() : error(schema, keyword, "{}", wrong);
}

Status SchemaDocument::add_parts(const Schema& schema, const std::string& keyword, const OrderedJson& value,
                                 const Schema* resource) {
  const Keyword* known = find_keyword(keyword);
  if (!known) return {};
  const std::string at = pointer(schema) + "/" + pointer_part(keyword);
  if (known->form == Form::schema) return add(value, at, resource);
  if (known->form == Form::schemas) {
    for (size_t i = 0; i < value.items.size(); ++i)
      PERSEA_CHECK(add(value.items[i], fmt::format("{}/{}", at, i), resource));
  }
  if (known->form == Form::schema_map) {
    for (const auto& [name, part] : value.members) PERSEA_CHECK(add(part, at + "/" + pointer_part(name), resource));
  }
  return {};
}

Result<const Schema*> SchemaDocument::at_pointer(const Schema& from, const Schema& resource, std::string_view pointer) {
  const OrderedJson* at = &resource;
  const std::string_view whole = pointer;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);  // the slash
    const size_t end = std::min(pointer.find('/'), pointer.size());
    std::string key;
    for (size_t i = 0; i < end; ++i) {
      const bool escaped = pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1');
      key += escaped ? (pointer[i + 1] == '0' ? '~' : '/') : pointer[i];
      i += escaped;
    }
    pointer.remove_prefix(end);
    const OrderedJson* next = nullptr;
    if (at->is == Is::object) next = at->find(key);
    if (at->is == Is::array && !key.empty() && key.size() < 7 && key.find_first_not_of("0123456789") == key.npos) {
      const size_t index = std::stoul(key);
      if (index < at->items.size()) next = &at->items[index];
    }
    if (!next) return error(from, "$ref", "there is nothing at #{}", whole);
    at = next;
  }
  if (!is_schema(*at)) return error(from, "$ref", "#{} is no schema", whole);
  const Schema* around = &resource;
  std::string name = &resource == &root_ ? "#" : this->pointer(resource);
  PERSEA_CHECK(add(*at, name + std::string(whole), around));
  return at;
}

Result<const Schema*> SchemaDocument::target(const Schema& schema) {
  const std::string& reference = schema.find("$ref")->text;
  const auto it = known_.find(&schema);
  const Schema* resource = it == known_.end() ? &root_ : it->second.resource;
  const size_t hash = std::min(reference.find('#'), reference.size());
  if (hash > 0) {
    const auto named = resources_.find(resolved_uri(bases_[resource], reference.substr(0, hash)));
    if (named == resources_.end())
      return error(schema, "$ref", "leads out of the schema, to {}; nothing is fetched", reference);
    resource = named->second;
  }
  if (hash + 1 >= reference.size()) return resource;
  const auto fragment = percent_decoded(std::string_view(reference).substr(hash + 1));
  if (!fragment) return error(schema, "$ref", "% must be followed by two hexadecimal digits");
  if (fragment->starts_with("/")) return at_pointer(schema, *resource, *fragment);
  const auto anchor = anchors_.find({resource, *fragment});
  if (anchor == anchors_.end()) return error(schema, "$ref", "there is no $anchor {}", *fragment);
  return anchor->second;
}

}  // namespace persea::grammar
