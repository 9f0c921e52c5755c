"use strict";
// From the page's fields to a request. An element with data-part is a field, a group of fields, a map or a list;
// an element with data-item is one entry of a map or list.

class Reading {
  constructor(form) {
    this.places = new Map();  // from a path, as JSON, to the field or part that holds it
    this.found = [];  // findings about what is empty or named twice
    this.values = this.readGroup(form, []);
  }

  readGroup(holder, path) {
    const values = Object.create(null);
    for (const part of partsOf(holder)) {
      const inner = [...path, part.dataset.key];
      this.note(inner, part);
      const value = this.readPart(part, inner);
      if (value !== undefined) values[part.dataset.key] = value;
    }
    return values;
  }

  readPart(part, path) {
    const read = { field: this.readField, group: this.readFilledGroup, map: this.readMap, list: this.readList };
    return read[part.dataset.part].call(this, part, path);
  }

  readField(field, path) {
    const value = valueOf(field);
    if (value === undefined && field.hasAttribute("data-required")) this.add("SHAPE-EMPTY", path, aboutField(field));
    return value;
  }

  readFilledGroup(group, path) {
    const values = this.readGroup(group, path);
    return Object.keys(values).length ? values : undefined;
  }

  readMap(map, path) {
    const values = Object.create(null);
    for (const item of itemsOf(map)) {
      const named = item.querySelector("[data-name]");
      const name = valueOf(named);
      const inner = [...path, name ?? `\u0000${item.dataset.uid}`];
      const repeated = name !== undefined && name in values;
      if (!repeated) this.note(inner, named);
      if (name === undefined) this.add("SHAPE-EMPTY", inner, aboutField(named));
      if (repeated) this.found.push({ code: "YAML-DUPLICATE-KEY", field: named, values: { key: name } });
      const value = this.readItem(item, repeated ? [...path, `\u0000${item.dataset.uid}`] : inner);
      if (name !== undefined && !repeated) values[name] = value;
    }
    return Object.keys(values).length ? values : undefined;
  }

  readList(list, path) {
    const values = itemsOf(list).map((item, at) => {
      this.note([...path, at], item.querySelector('[data-part="field"]'));
      return this.readItem(item, [...path, at]);
    });
    return values.length ? values : undefined;
  }

  // An entry whose only field stands for it (data-single) is that field's value
  readItem(item, path) {
    const values = this.readGroup(item, path);
    const { single } = item.dataset;
    return single ? values[single] : values;
  }

  note(path, part) {
    this.places.set(JSON.stringify(path), part);
  }

  add(code, path, values) {
    this.found.push({ code, field: this.fieldAt(path), values });
  }

  // The field at a path, or the nearest around it
  fieldAt(path) {
    for (let length = path.length; length > 0; length -= 1) {
      const part = this.places.get(JSON.stringify(path.slice(0, length)));
      if (part) return part;
    }
    return null;
  }
}

function partsOf(holder) {
  return [...holder.querySelectorAll("[data-part]")]
    .filter((part) => part.parentElement.closest("[data-part], [data-item]") === holder && !part.hasAttribute("data-name"));
}

function itemsOf(part) {
  return [...part.querySelectorAll("[data-item]")].filter((item) => item.parentElement.closest("[data-part]") === part);
}

// The value of a field: nothing if it is empty; a number only where digits alone were typed
function valueOf(field) {
  const { type } = field.dataset;
  if (field.dataset.kind === "radio") return field.querySelector("input:checked")?.value;
  const control = field.querySelector("input, select, textarea");
  if (type === "boolean") return control.checked || undefined;
  if (control instanceof HTMLSelectElement) return control.selectedOptions[0]?.dataset.name || undefined;
  const text = control.value.trim();
  if (type === "list") return text ? text.split(/[\s,;]+/).filter(Boolean) : undefined;
  if (type === "integer" && /^(0|[1-9][0-9]{0,8})$/.test(text)) return Number(text);
  return text || undefined;
}

function aboutField(field) {
  return { about: field.querySelector(".hint")?.textContent.trim() ?? "", example: field.dataset.example ?? "" };
}
