"use strict";
// Hosts by rules as a table, of the cells that a filter lets through. What a host said only ever becomes textContent.

const data = JSON.parse(document.getElementById("data").textContent);
const CELL = "td[class^=v-]";  // one with a verdict that is shown; its place tells host and rule
const WIDEST_ON_PAPER = 60;  // rules

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function verdictOf(kind) {
  return kind === data.notAsked ? undefined : data.verdicts[data.kinds[kind][0]];
}

class Matrix {
  constructor(place) {
    this.place = place;
    this.readout = document.getElementById("readout");
    this.blank = element("td");
    this.cells = data.verdicts.map(({ name, symbol, word }) => {
      const cell = element("td", symbol, `v-${name}`);
      cell.setAttribute("aria-label", word);
      return cell;
    });
    place.addEventListener("keydown", (event) => this.move(event));
    place.addEventListener("click", (event) => this.open(event.target.closest(CELL)));
    place.addEventListener("focusin", (event) => this.point(event.target.closest(CELL), true));
    place.addEventListener("mouseover", (event) => this.point(event.target.closest(CELL), false));
  }

  // rows: hosts' numbers; columns: rules' numbers; lets(host, rule) says whether a cell is shown
  draw(rows, columns, lets) {
    this.columns = columns;
    const table = element("table");
    table.setAttribute("role", "grid");
    table.setAttribute("aria-labelledby", "results");
    table.setAttribute("aria-rowcount", rows.length + 2);
    table.setAttribute("aria-colcount", columns.length + 1);
    table.append(this.widths(columns), this.head(columns));
    let tenant, body;
    for (const host of rows) {
      if (data.hosts[host].tenant !== tenant) {
        ({ tenant } = data.hosts[host]);
        body = element("tbody");
        body.append(this.group(data.hosts[host], columns));
        table.append(body);
      }
      body.append(this.row(host, columns, lets));
    }
    this.place.replaceChildren(table);
    this.place.closest(".view").classList.toggle("too-wide", columns.length > WIDEST_ON_PAPER);
    this.current = table.querySelector(CELL);
    this.current?.setAttribute("tabindex", "0");
  }

  widths(columns) {
    const group = element("colgroup");
    group.append(element("col", "", "names"), ...columns.map(() => element("col", "", "rule")));
    return group;
  }

  head(columns) {
    const head = element("thead"), above = element("tr"), names = element("tr");
    const corner = element("th", data.words["Host"], "corner");
    corner.scope = "col";
    corner.rowSpan = 2;
    above.append(corner);
    for (let at = 0; at < columns.length;) {
      const { recommendation } = data.rules[columns[at]];
      let end = at;
      while (end < columns.length && data.rules[columns[end]].recommendation === recommendation) end += 1;
      const group = element("th", recommendation);
      group.scope = "colgroup";
      group.colSpan = end - at;
      group.title = recommendation;
      above.append(group);
      at = end;
    }
    for (const rule of columns) {
      const name = element("th");
      name.scope = "col";
      name.title = `${data.rules[rule].name} ${data.rules[rule].title}`;
      name.append(element("span", data.rules[rule].name));
      names.append(name);
    }
    head.append(above, names);
    return head;
  }

  group({ tenant, ministry }, columns) {
    const row = element("tr"), name = element("th", tenant, "group"), rest = element("td", ministry, "group");
    name.scope = "rowgroup";
    rest.colSpan = Math.max(1, columns.length);
    row.append(name, rest);
    return row;
  }

  row(host, columns, lets) {
    const about = data.hosts[host], row = element("tr"), name = element("th", about.short);
    row.dataset.host = host;
    name.scope = "row";
    name.title = about.name;
    row.append(name);
    if (about.assessment) {
      const told = element("td", about.assessment, about.state);
      told.colSpan = Math.max(1, columns.length);
      row.append(told);
      return row;
    }
    const kinds = data.cells[host];
    for (const rule of columns) {
      const kind = kinds[rule] ?? data.notAsked;
      const shown = kind !== data.notAsked && lets(host, rule);
      row.append((shown ? this.cells[data.kinds[kind][0]] : this.blank).cloneNode(true));
    }
    return row;
  }

  // --- one cell: where it is, what stands there

  at(cell) {
    return [Number(cell.parentElement.dataset.host), this.columns[cell.cellIndex - 1]];
  }

  point(cell, focused) {
    if (!cell) return;
    const [host, rule] = this.at(cell);
    const { name, title, recommendation } = data.rules[rule];
    const verdict = verdictOf(data.cells[host][rule]).word;
    this.readout.textContent = [data.hosts[host].name, recommendation, title || name, verdict].join(" · ");
    if (!focused) return;
    cell.setAttribute("aria-label", this.readout.textContent);
    this.current?.setAttribute("tabindex", "-1");
    this.current = cell;
    cell.setAttribute("tabindex", "0");
  }

  open(cell) {
    if (cell) showDetail(...this.at(cell), cell);
  }

  move(event) {
    const cell = event.target.closest(CELL);
    if (!cell || event.altKey || event.metaKey) return;
    const next = this.next(cell, event.key, event.ctrlKey);
    if (next === undefined) return;
    event.preventDefault();
    if (next === "open") this.open(cell);
    else this.focus(next);
  }

  next(cell, key, whole) {
    const row = [...cell.parentElement.querySelectorAll(CELL)];
    const column = cell.cellIndex;
    const rows = () => [...this.place.querySelectorAll("tbody tr")].map((each) => each.cells[column]).filter((each) => each?.matches(CELL));
    switch (key) {
      case "Enter": case " ": return "open";
      case "ArrowRight": return row[row.indexOf(cell) + 1] ?? null;
      case "ArrowLeft": return row[row.indexOf(cell) - 1] ?? null;
      case "ArrowDown": return rows()[rows().indexOf(cell) + 1] ?? null;
      case "ArrowUp": return rows()[rows().indexOf(cell) - 1] ?? null;
      case "Home": return whole ? this.place.querySelector(CELL) : row[0];
      case "End": return whole ? [...this.place.querySelectorAll(CELL)].at(-1) : row.at(-1);
      default: return undefined;
    }
  }

  // The names of rows and columns stay in place and would hide it
  focus(cell) {
    if (!cell) return;
    cell.tabIndex = 0;  // else it takes no focus
    cell.focus({ preventScroll: true });
    const frame = this.place.getBoundingClientRect(), box = cell.getBoundingClientRect();
    const head = this.place.querySelector("thead").offsetHeight, names = this.place.querySelector("tbody th").offsetWidth;
    if (box.top < frame.top + head) this.place.scrollTop -= frame.top + head - box.top;
    if (box.bottom > frame.bottom) this.place.scrollTop += box.bottom - frame.bottom + 16;
    if (box.left < frame.left + names) this.place.scrollLeft -= frame.left + names - box.left;
    if (box.right > frame.right) this.place.scrollLeft += box.right - frame.right + 16;
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
