"use strict";
// Filters, search and views. A filter lets cells through; a host or a rule is shown if one of its cells is.

const filters = document.getElementById("filters");
const matrix = new Matrix(document.getElementById("matrix"));
const WRONG = 3;  // the first verdicts: fails, deviation, unmeasured
const FACES = { host: data.hosts.map(hostText), rule: data.rules.map(ruleText), kind: data.kinds.map(kindText) };
const tabs = [...document.querySelectorAll('[role="tab"]')];

function plain(text) {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
}

function hostText({ name, ministry, about, problem }) {
  return plain(`${name} ${ministry} ${about} ${problem}`);
}

function ruleText({ name, recommendation, title }) {
  return plain(`${name} ${recommendation} ${title}`);
}

function kindText([, expected, effective, persistent, why, deviation]) {
  return plain([expected, effective, persistent, why, deviation].map((number) => data.texts[number] ?? "").join(" "));
}

// --- what is let through

function asked() {
  const value = (name) => document.getElementById(`f-${name}`).value;
  return {
    words: plain(value("search")).split(/\s+/).filter(Boolean), verdict: value("verdict"), tenant: value("tenant"),
    level: value("level"), recommendation: value("recommendation"), severity: value("severity"),
  };
}

function hostsOf({ tenant, level }) {
  return data.hosts.map((host) => (!tenant || host.tenant === tenant) && (!level || host.level === level));
}

function rulesOf({ recommendation, severity }) {
  return data.rules.map((rule) => (!recommendation || rule.recommendation === recommendation)
    && (!severity || rule.severity === severity));
}

function verdictIsAsked(verdict, asked) {
  if (asked === "") return true;
  if (["missing", "unasked"].includes(asked)) return false;
  return asked === "wrong" ? verdict < WRONG : verdict === Number(asked);
}

// Which words each host, rule and kind of verdict holds, as bits: a cell is found if together they hold all
function found(words) {
  const bits = (texts) => texts.map((text) => words.reduce((held, word, at) => text.includes(word) ? held | 1 << at : held, 0));
  return { host: bits(FACES.host), rule: bits(FACES.rule), kind: bits(FACES.kind), all: (1 << words.length) - 1 };
}

function select() {
  const filter = asked(), hosts = hostsOf(filter), rules = rulesOf(filter), held = found(filter.words.slice(0, 30));
  const isVerdict = data.kinds.map(([verdict]) => verdictIsAsked(verdict, filter.verdict));
  const lets = (host, rule) => {
    const kind = data.cells[host][rule];
    return hosts[host] && rules[rule] && isVerdict[kind] && (held.host[host] | held.rule[rule] | held.kind[kind]) === held.all;
  };
  const wanted = { missing: ["", "wrong", "missing"], unasked: ["", "unasked"] };
  const bare = (host) => wanted[data.hosts[host].state]?.includes(filter.verdict) && hosts[host] && held.host[host] === held.all;
  return tally(lets, bare);
}

// bare(host) says whether a host without verdicts is shown, whatever recommendation and severity are chosen
function tally(lets, bare) {
  const byHost = data.hosts.map(() => data.verdicts.map(() => 0)), byRule = data.rules.map(() => data.verdicts.map(() => 0));
  const wrong = data.hosts.map(() => data.verdicts.slice(0, WRONG).map(() => []));
  const rows = new Set(), columns = new Set();
  let cells = 0;
  data.cells.forEach((kinds, host) => {
    if (bare(host)) rows.add(host);
    kinds.forEach((kind, rule) => {
      if (kind === data.notAsked || !lets(host, rule)) return;
      const [verdict] = data.kinds[kind];
      rows.add(host);
      columns.add(rule);
      byHost[host][verdict] += 1;
      byRule[rule][verdict] += 1;
      if (verdict < WRONG) wrong[host][verdict].push(rule);
      cells += 1;
    });
  });
  const inOrder = (numbers) => [...numbers].sort((one, other) => one - other);
  return { lets, rows: inTenants(inOrder(rows)), columns: inOrder(columns), byHost, byRule, wrong, cells };
}

function inTenants(hosts) {
  const place = ({ tenant, name }) => [tenant, name];
  const order = new Intl.Collator("en", { numeric: true });
  return hosts.sort((one, other) => {
    const [a, b] = [place(data.hosts[one]), place(data.hosts[other])];
    return order.compare(a[0], b[0]) || order.compare(a[1], b[1]);
  });
}

// --- showing it

function refresh() {
  const chosen = select();
  matrix.draw(chosen.rows, chosen.columns, chosen.lets);
  const number = new Map(data.rules.map(({ name }, at) => [name, at]));
  showRows("v-rules", "rule", (name) => chosen.byRule[number.get(name)], (name) => chosen.columns.includes(number.get(name)));
  const rows = new Set(chosen.rows);
  showRows("v-hosts", "host", (host) => chosen.byHost[host], (host) => rows.has(Number(host)));
  for (const host of rows) showWrong(host, chosen.wrong[host]);
  tell(chosen);
  tellFilters();
}

function showWrong(host, byVerdict) {
  const place = document.querySelector(`#v-hosts tr[data-host="${host}"] .wrong`);
  place?.replaceChildren(...byVerdict.flatMap((rules, verdict) => rules.length ? [named(rules, verdict)] : []));
}

function named(rules, verdict) {
  const line = element("div");
  line.dataset.verdict = verdict;
  const names = rules.flatMap((rule, at) => [at ? ", " : " ", element("code", data.rules[rule].name)]);
  line.append(element("b", data.verdicts[verdict].word), ...names);
  return line;
}

// Counts stand in the last cells of class n, one a verdict
function showRows(view, key, counts, isShown) {
  for (const row of document.querySelectorAll(`#${view} tr[data-${key}]`)) {
    const name = row.dataset[key];
    row.hidden = !isShown(name);
    if (row.hidden) continue;
    const places = [...row.querySelectorAll("td.n")].slice(-data.verdicts.length);
    if (places.length === data.verdicts.length) places.forEach((place, at) => { place.textContent = counts(name)[at]; });
  }
}

function tell({ rows, columns, cells }) {
  const status = document.getElementById("status");
  const text = rows.length ? data.words["Hosts: {hosts}, rules: {rules}, verdicts: {cells}"] : data.words["Nothing fits."];
  const numbers = { hosts: rows.length, rules: columns.length, cells };
  status.textContent = text.replace(/\{(\w+)\}/g, (_, name) => numbers[name].toLocaleString(document.documentElement.lang));
}

// On paper, where the filters are not: what they are set to
function tellFilters() {
  const set = [...filters.elements].filter((field) => field.matches("input, select") && field.value.trim());
  const colon = document.documentElement.lang === "fr" ? "\u00a0: " : ": ";
  const told = set.map((field) => field.labels[0].textContent + colon + (field.selectedOptions?.[0].textContent ?? field.value.trim()));
  const place = document.getElementById("filtered");
  place.hidden = !told.length;
  place.textContent = told.length ? `${data.words["The matrix and the tables by rule and by host are filtered."]} ${told.join("; ")}` : "";
}

function show(tab) {
  for (const each of tabs) {
    each.setAttribute("aria-selected", String(each === tab));
    each.tabIndex = each === tab ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
}

for (const tab of tabs) {
  tab.addEventListener("click", () => show(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    show(next);
    next.focus();
  });
}

let waiting;
filters.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 150);  // milliseconds: not at every key
});
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("reset", () => setTimeout(refresh));
const closed = [];
window.addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details:not([open])")) {
    each.open = true;
    closed.push(each);
  }
});
window.addEventListener("afterprint", () => { for (const each of closed.splice(0)) each.open = false; });

for (const hidden of [filters, document.getElementById("status"), document.querySelector(".tabs")]) hidden.hidden = false;
show(tabs[0]);
refresh();
