"use strict";
// What the schema says of a value: the part of JSON Schema that schemas/tenant.schema.json uses, as data.
// A finding is {code, path, values}; values are those of infra/intake/shape.py, so that the texts are the same.

class Shape {
  constructor(schema, { invisible, latin, twins }) {
    this.schema = schema;
    [this.invisible, this.latin, this.twin] = [invisible, latin, twins].map((some) => new RegExp(`[${some}]`, "u"));
  }

  check(value, path, node, add) {
    node = typeof value === "string" && node.then ? resolved(node.then, this.schema) : resolved(node, this.schema);
    if (Array.isArray(value)) this.checkList(value, path, node, add);
    else if (typeof value === "object") this.checkMap(value, path, node, add);
    else if (typeof value === "string") this.checkText(value, path, node, add);
    else if (typeof value === "number") this.checkNumber(value, path, node, add);
  }

  checkMap(value, path, node, add) {
    const names = Object.keys(value);
    if (names.length > (node.maxProperties ?? Infinity)) add("SHAPE-COUNT", path, countOf(names.length, node));
    for (const name of names) {
      if (node.propertyNames) this.checkName(name, [...path, name], node, add);
      this.check(value[name], [...path, name], below(node, name, this.schema), add);
    }
  }

  checkName(name, path, node, add) {
    const rule = node.propertyNames;
    const reserved = rule.not?.enum ?? [];
    if (this.invisible.test(name)) add("YAML-ESCAPE", path, {});
    else if (!lengthFits(name, rule) || !matches(name, rule) || reserved.includes(name)) {
      const form = reserved.includes(name) ? reserved.join(", ") : rule.pattern;
      const example = Object.keys((node.examples ?? [{}])[0])[0] ?? "interne";
      add("SHAPE-NAME", path, { found: `"${name}"`, form, ...limits(rule.minLength ?? 1, rule.maxLength), example });
    }
  }

  checkList(value, path, node, add) {
    if (value.length < (node.minItems ?? 0) || value.length > (node.maxItems ?? Infinity)) {
      add("SHAPE-COUNT", path, countOf(value.length, node));
    }
    if (node.uniqueItems && new Set(value).size < value.length) add("SHAPE-REPEATED", path, {});
    value.forEach((inner, at) => this.check(inner, [...path, at], node.items, add));
  }

  checkText(value, path, node, add) {
    const found = `"${value}"`;
    const passing = this.lookalike(value);
    if (this.invisible.test(value)) add("YAML-ESCAPE", path, {});
    else if (passing) add("YAML-LOOKALIKE", path, passing);
    else if (node.type === "integer") add("SHAPE-TYPE", path, { found, expected_word: "a whole number", ...about(node) });
    else if (node.enum && !node.enum.includes(value)) add("SHAPE-VALUE", path, { found, ...suggestion(node.enum) });
    else if (node.format === "date" && !isDay(value)) add("SHAPE-DATE", path, { found });
    else if (!lengthFits(value, node)) {
      add("SHAPE-LENGTH", path, { length: length(value), ...limits(node.minLength ?? 0, node.maxLength), ...about(node) });
    } else if (!matches(value, node)) add("SHAPE-PATTERN", path, { found, ...about(node) });
  }

  // The first word that passes for another: infra/intake/lookalikes.py
  lookalike(text) {
    for (const word of text.replace(/\p{M}/gu, "").match(/[\p{L}\p{N}]+/gu) ?? []) {
      const letters = word.match(/[^ªºµ\P{L}]/gu)?.filter((letter) => !/\p{Lm}/u.test(letter)) ?? [];
      const foreign = letters.filter((letter) => !this.latin.test(letter));
      if (foreign.length && (foreign.length < letters.length || foreign.every((letter) => this.twin.test(letter)))) {
        const name = `U+${foreign[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
        return { word, letter: foreign[0], name };
      }
    }
    return null;
  }

  checkNumber(value, path, node, add) {
    if (node.type && node.type !== "integer") add("SHAPE-TYPE", path, { found: value, expected_word: "a text", ...about(node) });
    else if (value < (node.minimum ?? -Infinity) || value > (node.maximum ?? Infinity)) {
      add("SHAPE-RANGE", path, { found: value, ...limits(node.minimum, node.maximum), ...about(node) });
    }
  }
}

function length(text) {
  return [...text].length;  // characters, not halves of them
}

function lengthFits(text, node) {
  return length(text) >= (node.minLength ?? 0) && length(text) <= (node.maxLength ?? Infinity);
}

function matches(text, node) {
  return !node.pattern || new RegExp(node.pattern, "u").test(text);
}

function isDay(text) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith("0000")) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function limits(least, most) {
  return { least: least ?? "", most: most ?? "∞" };
}

function countOf(count, node) {
  return { count, ...limits(node.minItems ?? node.minProperties ?? 0, node.maxItems ?? node.maxProperties), ...about(node) };
}

function about(node) {
  const example = (node.examples ?? [""])[0];
  return { about: node.description ?? "", example: typeof example === "string" ? example : JSON.stringify(example) };
}

function suggestion(names) {
  return { nearest: names[0] ?? "—", accepted: names.join(", ") || "—" };
}
