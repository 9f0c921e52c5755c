"use strict";
// A request as YAML text, as infra/writing/request_text.py writes it. Strings that need quotes are JSON strings,
// which are YAML. Values are plain objects, arrays, strings, numbers and true.

class RequestYaml {
  constructor(rules, schema, { invisible }) {
    this.invisible = new RegExp(`[${invisible}]`, "u");
    this.rules = rules;
    this.schema = schema;
    this.bare = new RegExp(`^(?:${rules.bare})$`);
    this.bareAlone = new RegExp(`^(?:${rules.bare_alone})$`);
    this.oneLine = new Set(rules.one_line);
  }

  write(values) {
    const ordered = inOrder(values, this.schema, this.schema);
    return [this.rules.head, ...this.mapLines(ordered, [], ""), ""].join("\n");
  }

  mapLines(values, path, indent) {
    return Object.entries(values).flatMap(([key, value]) =>
      this.entryLines(`${indent}${this.scalar(key)}:`, value, [...path, key], indent));
  }

  entryLines(head, value, path, indent) {
    const line = this.lineOf(head, value, path);
    if (line !== null) return [line];
    if (Array.isArray(value)) {
      return [head, ...value.flatMap((inner, at) => this.entryLines(`${indent}  -`, inner, [...path, at], `${indent}  `))];
    }
    return [head, ...this.mapLines(value, path, `${indent}  `)];
  }

  lineOf(head, value, path) {
    if (typeof value !== "object") return `${head} ${this.scalar(value, true)}`;
    const line = `${head} ${this.flow(value)}`;
    return this.standsOnALine(value, path) && line.length <= this.rules.widest ? line : null;
  }

  standsOnALine(value, path) {
    if (Array.isArray(value)) return value.every((inner) => typeof inner !== "object");
    return this.oneLine.has(path.map((part, at) => (this.isChosen(path, at) ? "*" : part)).join("/"));
  }

  // Whether the ministry chose the name at that place, and not the schema
  isChosen(path, at) {
    let node = resolved(this.schema, this.schema);
    for (const part of path.slice(0, at)) node = below(node, part, this.schema);
    return !(node.properties && Object.hasOwn(node.properties, path[at]));
  }

  flow(value) {
    if (Array.isArray(value)) return `[${value.map((inner) => this.flow(inner)).join(", ")}]`;
    if (typeof value !== "object") return this.scalar(value);
    return `{${Object.entries(value).map(([key, inner]) => `${this.scalar(key)}: ${this.flow(inner)}`).join(", ")}}`;
  }

  scalar(value, alone = false) {
    if (typeof value !== "string") return JSON.stringify(value);
    const bare = this.bare.test(value) || (alone && this.bareAlone.test(value));
    if (bare && !this.rules.ambiguous.includes(value.toLowerCase())) return value;
    return this.invisible.test(value) ? escaped(JSON.stringify(value)) : JSON.stringify(value);
  }
}

// In ASCII, so that what a text hides is seen
function escaped(text) {
  return text.replace(/[^\x20-\x7e]/g, (half) => `\\u${half.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function inOrder(value, node, schema) {
  node = resolved(node, schema);
  if (Array.isArray(value)) return value.map((inner) => inOrder(inner, node.items || {}, schema));
  if (typeof value !== "object") return value;
  const known = Object.keys(node.properties || {});
  const names = [...known.filter((key) => key in value), ...Object.keys(value).filter((key) => !known.includes(key))];
  const ordered = Object.create(null);
  for (const key of names) ordered[key] = inOrder(value[key], below(node, key, schema), schema);
  return ordered;
}

// The part of the schema that describes what is under a key, a chosen name or a position
function below(node, part, schema) {
  const inner = (node.properties && Object.hasOwn(node.properties, part) && node.properties[part])
    || node.additionalProperties || node.items || {};
  return resolved(inner, schema);
}

function resolved(node, schema) {
  if (node.else) node = node.else;
  if (!node.$ref) return node;
  return node.$ref.replace(/^#\//, "").split("/").reduce((found, step) => found[step], schema);
}
