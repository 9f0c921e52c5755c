"use strict";
// The page: adds and removes entries, offers names to choose from, shows findings beside their fields, writes the file.
// What a person typed only ever becomes textContent or a value.

const form = document.getElementById("request");
const data = JSON.parse(document.getElementById("data").textContent);
const shape = new Shape(data.schema, data.characters);
const yaml = new RequestYaml(data.yaml, data.schema, data.characters);
const touched = new WeakSet();  // fields that somebody has left
let everythingShown = false;  // once the file was asked for
let uid = 0;

// --- findings

function judge() {
  const reading = new Reading(form);
  const values = { schema: 1, ...reading.values };
  // What the page does not ask for came with the classification
  const fieldOf = (path) => reading.fieldAt(path) ?? reading.fieldAt(["classification"]);
  const judged = findingsOf(values).map(({ path, ...finding }) => ({ ...finding, field: fieldOf(path) }));
  const found = [...reading.found, ...judged];
  const unnamed = found.some(({ code, field }) => code === "SHAPE-EMPTY" && field.closest(".item-network"));
  return { values, found: found.filter(({ code }) => !(unnamed && code === "VALUE-NO-NETWORK")) };
}

// What is wrong with a request's values: each finding's code, the path it is about, and what fills its text
function findingsOf(values) {
  const found = [];
  const add = (code, path, told) => found.push({ code, path, values: told });
  shape.check(values, [], data.schema, add);
  const request = completed(structuredClone(values), data);
  for (const rule of [...RULES, ...POLICY_RULES]) rule(request, data, add);
  return found;
}

function told({ code, values }) {
  const { text, fix } = data.messages[code];
  return { text: filled(text, values), fix: filled(fix, values) };
}

function filled(template, values) {
  return template.replace(/\{\{|\}\}|\{(\w+)\}/g, (all, name) => {
    if (name === undefined) return all[0];
    const value = String(values[name] ?? "");
    return name.endsWith("_word") ? data.words[value] ?? value : value;
  });
}

function isShown({ code, field }) {
  if (everythingShown || field === null || touched.has(field)) return true;
  return code !== "SHAPE-EMPTY" && !field.contains(document.activeElement);
}

function showFindings(found) {
  const shown = new Map();
  for (const finding of found) {
    if (finding.field && isShown(finding) && !shown.has(finding.field)) shown.set(finding.field, finding);
  }
  for (const field of document.querySelectorAll('[data-part]')) showFinding(field, shown.get(field));
  return [...shown.values()];
}

function showFinding(field, finding) {
  const place = field.querySelector(":scope > .finding");
  if (!place) return;
  const { text = "", fix = "" } = finding ? told(finding) : {};
  const content = `${text} ${fix}`.trim();
  if (place.textContent !== content) {
    place.replaceChildren(element("strong", text), ` ${fix}`);
    if (!finding) place.replaceChildren();
  }
  place.hidden = !finding;
  field.classList.toggle("wrong", Boolean(finding));
  for (const control of controlsOf(field)) control.toggleAttribute("aria-invalid", false);
  if (finding) for (const control of controlsOf(field)) control.setAttribute("aria-invalid", "true");
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

// --- the panel

function refresh() {
  offerNames();
  const { values, found } = judge();
  const shown = showFindings(found);
  const empty = found.filter(({ code }) => code === "SHAPE-EMPTY").length;
  showStatus(empty, new Set(found.filter(({ code }) => code !== "SHAPE-EMPTY").map(({ field }) => field)).size, found);
  showList(shown);
  document.getElementById("yaml").textContent = yaml.write(values);
  document.getElementById("file").textContent = fileName(values);
  return { values, found };
}

function showStatus(empty, wrong, found) {
  const status = document.getElementById("status");
  const parts = [
    empty ? plural(empty, "{n} field to fill in", "{n} fields to fill in") : "",
    wrong ? plural(wrong, "{n} finding to correct", "{n} findings to correct") : "",
  ].filter(Boolean);
  const text = found.length ? parts.join(", ") : data.words["The request is complete."];
  if (status.textContent !== text) status.textContent = text;
  status.className = found.length ? (wrong ? "wrong" : "open") : "fine";
}

function plural(number, one, several) {
  return data.words[number === 1 ? one : several].replace("{n}", number);
}

function showList(shown) {
  const entries = shown.map(({ field, ...finding }) => {
    const link = element("a", `${nameOf(field)} : ${told(finding).text}`);
    link.href = `#${controlsOf(field)[0]?.id ?? "s-networks"}`;
    return inItem(link);
  });
  document.getElementById("findings").replaceChildren(...entries);
}

function inItem(child) {
  const made = document.createElement("li");
  made.append(child);
  return made;
}

function nameOf(field) {
  const label = field.querySelector("label, legend") ?? field.closest("section").querySelector("h2");
  return label.firstChild.textContent.trim();
}

function fileName(values) {
  return `${shapeIsName(values.tenant) ? values.tenant : data.words.tenant}.yaml`;
}

function shapeIsName(text) {
  return typeof text === "string" && new RegExp(data.schema.properties.tenant.pattern, "u").test(text);
}

// --- names to choose from

const SOURCES = {
  networks: () => namesIn(form, '[data-key="networks"]').map(asIs),
  tiers: (select) => tiersIn(platformOf(select)).map(asIs),
  targets: (select) => tierChoices(select),
  ends: (select) => [
    { uid: "internet", name: "internet", text: "Internet" },
    { uid: "administration", name: "administration", text: data.words.administration },
    ...tierChoices(select),
  ],
};

function asIs({ uid, name }) {
  return { uid, name, text: name };
}

function platformOf(select) {
  return select.closest(".item-platform");
}

function namesIn(holder, selector) {
  const map = holder.querySelector(selector);
  return itemsOf(map).map((item) => ({ uid: item.dataset.uid, name: valueOf(item.querySelector("[data-name]")) ?? "" }))
    .filter(({ name }) => name);
}

function tiersIn(platform) {
  return namesIn(platform, '[data-key="tiers"]');
}

function tierChoices(select) {
  const own = platformOf(select);
  const others = [...form.querySelectorAll(".item-platform")].filter((platform) => platform !== own).flatMap((platform) => {
    const name = valueOf(platform.querySelector("[data-name]"));
    return tiersIn(platform).map((tier) => ({ uid: tier.uid, name: `${name}.${tier.name}`, text: `${name}.${tier.name}` }));
  });
  return [...tiersIn(own).map(asIs), ...others];
}

// An option remembers the entry it stands for, so that a renamed network or tier stays chosen
function offerNames() {
  for (const select of form.querySelectorAll("select[data-source]")) {
    const choices = SOURCES[select.dataset.source](select);
    const chosen = select.selectedOptions[0];
    if (chosen?.value && !choices.some(({ uid: known }) => known === chosen.value)) {
      choices.push({ uid: chosen.value, name: chosen.dataset.name, text: chosen.dataset.name });
    }
    const before = JSON.stringify([...select.options].slice(1).map(({ value, text }) => [value, text]));
    if (before !== JSON.stringify(choices.map(({ uid: value, text }) => [value, text]))) fillSelect(select, choices, chosen?.value);
  }
}

function fillSelect(select, choices, chosen) {
  const options = choices.map(({ uid: value, name, text }) => {
    const option = element("option", text);
    option.value = value;
    option.dataset.name = name;
    return option;
  });
  select.replaceChildren(select.options[0], ...options);
  select.value = chosen ?? "";
}

// --- entries

function addItem(many, values = {}) {
  const made = document.getElementById(many.dataset.template).content.cloneNode(true);
  const item = made.querySelector("[data-item]");
  item.dataset.uid = `item-${uid += 1}`;
  wire(item);
  many.querySelector(":scope > .items").append(item);
  for (const [key, value] of Object.entries(values)) {
    item.querySelector(`[data-key="${key}"] input`).value = value;
  }
  return item;
}

function removeItem(item) {
  const many = item.parentElement.closest(".many");
  item.remove();
  many.querySelector(":scope > [data-add]").focus();
  refresh();
}

function titleItem(item) {
  const title = item.querySelector("[data-title]");
  const named = item.querySelector(":scope > .row > [data-name]");
  const name = named ? valueOf(named) : undefined;
  title.textContent = name ?? title.dataset.untitled;
  item.querySelector(":scope > [data-remove]").setAttribute("aria-label", `${title.parentElement.closest("fieldset").querySelector(":scope > [data-remove]").dataset.words} ${name ?? ""}`.trim());
}

// Gives labels, hints and findings to their controls
function wire(holder) {
  for (const field of holder.querySelectorAll(".field")) {
    const id = `field-${uid += 1}`;
    const hint = field.querySelector(".hint");
    const finding = field.querySelector(".finding");
    hint.id = `${id}-hint`;
    finding.id = `${id}-finding`;
    controlsOf(field).forEach((control, at) => {
      control.id = at ? `${id}-${at}` : id;
      control.setAttribute("aria-describedby", `${hint.id} ${finding.id}`);
      if (field.hasAttribute("data-required")) control.required = true;
    });
    if (field.dataset.kind !== "radio") field.querySelector("label").htmlFor = id;
  }
}

function controlsOf(field) {
  return field.dataset.part === "field" ? [...field.querySelectorAll("input, select, textarea")] : [];
}

// --- what a person does

form.addEventListener("input", (event) => {
  const item = event.target.closest("[data-name]")?.closest("[data-item]");
  if (item && item !== form) titleItem(item);
  refresh();
});

form.addEventListener("focusout", (event) => {
  const field = event.target.closest('[data-part="field"]');
  if (!field || field.contains(event.relatedTarget)) return;
  touched.add(field);
  if (!pressing) refresh();
});

// What is pressed must not move away before the click: a finding that appears waits for the release
let pressing = false;
document.addEventListener("pointerdown", () => { pressing = true; });
for (const released of ["pointerup", "pointercancel"]) {
  document.addEventListener(released, () => setTimeout(() => {
    pressing = false;
    refresh();
  }));
}

form.addEventListener("click", (event) => {
  if (event.target.matches("[data-add]")) {
    const item = addItem(event.target.closest(".many"));
    refresh();
    item.querySelector("input, select").focus();
  } else if (event.target.matches("[data-remove]")) removeItem(event.target.closest("[data-item]"));
});

form.addEventListener("submit", (event) => event.preventDefault());

document.getElementById("findings").addEventListener("click", (event) => {
  const target = event.target.closest("a") && document.getElementById(event.target.getAttribute("href").slice(1));
  if (!target) return;
  event.preventDefault();
  openAround(target);
  target.focus();
});

function openAround(element) {
  for (let around = element.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
}

// The file's text if there is no finding; else every finding is shown, and the first one's place is told
function finished() {
  everythingShown = true;
  const { values, found } = refresh();
  if (!found.length) return { name: fileName(values), text: yaml.write(values) };
  document.getElementById("s-result").focus();
  return null;
}

document.getElementById("download").addEventListener("click", () => {
  const file = finished();
  if (!file) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file.text], { type: "application/yaml" }));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  saved = true;
});

document.getElementById("copy").addEventListener("click", async (event) => {
  const file = finished();
  if (!file) return;
  await copied(file.text);
  event.target.textContent = data.words.Copied;
  setTimeout(() => { event.target.textContent = data.words.Copy; }, 2000);
  saved = true;
});

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // an old browser, or a page that was opened from a disk: the text is selected instead
    getSelection().selectAllChildren(document.getElementById("yaml"));
    document.execCommand("copy");
  }
}

let saved = true;
form.addEventListener("input", () => { saved = false; });
window.addEventListener("beforeunload", (event) => {
  if (!saved) event.preventDefault();
});

wire(form);
addItem(form.querySelector('[data-key="networks"]'));
const platform = addItem(form.querySelector('[data-key="platforms"]'));
addItem(platform.querySelector('[data-key="tiers"]'));
refresh();
