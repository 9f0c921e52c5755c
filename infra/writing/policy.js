"use strict";
// What the country's policy refuses: infra/policy in the page. Its data is the country's, its day the browser's own.
// What the page does not ask for (hardening, backups) comes from the site's defaults and is judged all the same.

// --- the tenant

function checkReservedName({ tenant }, { policy, zones }, add) {
  if (policy.reserved_names.includes(tenant)) add("POLICY-NAME", ["tenant"], { found: tenant, zone: `${tenant}.${zones.own}` });
}

function checkContacts(request, { policy }, add) {
  const people = request.contacts ?? {};
  const { classification = "public" } = request;
  if (haveSameAddress(people.owner, people.technical)) add("POLICY-CONTACT-SAME", ["contacts", "technical", "email"], {});
  if (policy.classifications[classification]?.independent_security && haveSameAddress(people.security, people.technical)) {
    add("POLICY-CONTACT-SECURITY", ["contacts", "security", "email"], { classification });
  }
  for (const [role, { email }] of Object.entries(people)) {
    if (email && !isNationalName(email.slice(email.lastIndexOf("@") + 1), policy)) {
      add("POLICY-CONTACT-DOMAIN", ["contacts", role, "email"], { found: email, accepted: policy.domains.join(", ") });
    }
  }
}

function haveSameAddress(one, other) {
  const [first, second] = [one, other].map((person) => plain(person?.email ?? ""));
  return first === second && first !== "";
}

// For comparing: no case, single spaces, one kind of apostrophe
function plain(text) {
  return text.replace(/\u2019/g, "'").toUpperCase().toLowerCase().trim().replace(/\s+/g, " ");
}

function isNationalName(name, policy) {
  const own = name.toLowerCase().replace(/\.+$/, "");
  return policy.domains.some((domain) => own === domain || own.endsWith(`.${domain}`));
}

function checkReview({ review_by: found, classification }, { policy }, add) {
  const level = policy.classifications[classification];
  if (!level || found === undefined || !isDay(found)) return;
  const months = level.review_months;
  const latest = monthsAfter(today(), months);
  if (found < today()) add("POLICY-REVIEW-PAST", ["review_by"], { found, latest });
  else if (found > latest) add("POLICY-REVIEW-FAR", ["review_by"], { found, latest, classification, months });
}

// The day where the reader is, as year-month-day; such texts are in the order of their days
function today() {
  const now = new Date();
  return dayText(now.getFullYear(), now.getMonth(), now.getDate());
}

function dayText(year, month, day) {
  return `${String(year).padStart(4, "0")}-${String(month + 1).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

// The same day of the month some months later, or that month's last day if it has none such
function monthsAfter(day, months) {
  const [year, month, date] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0));
  return dayText(last.getUTCFullYear(), last.getUTCMonth(), Math.min(date, last.getUTCDate()));
}

// --- the data

// What the tenant says that it holds, the stricter first, with what the country asks of it
function naturesOf({ data: held = {} }, { policy }) {
  return policy.natures.filter(({ key }) => held[key]);
}

function checkNature(request, data, add) {
  const order = Object.keys(data.policy.classifications);
  const { classification: found } = request;
  if (!order.includes(found)) return;
  const rank = ({ least }) => order.indexOf(least);
  const low = naturesOf(request, data).filter((asked) => order.indexOf(found) < rank(asked));
  if (!low.length) return;
  const { word, least, law } = low.reduce((most, asked) => (rank(asked) > rank(most) ? asked : most));
  add("POLICY-NATURE", ["classification"], { found, nature_word: word, least, law });
}

function checkNatureEncryption(request, data, add) {
  if (data.encrypts.includes(request.classification)) return;  // told by checkEncryption
  const accepted = encrypting(data);
  for (const { encrypted, word, law } of naturesOf(request, data)) {
    for (const { path, found } of encrypted ? unencrypted(request, data) : []) {
      add("POLICY-UNENCRYPTED", path, { found, nature_word: word, accepted, law });
    }
  }
}

function checkBackups(request, data, add) {
  const asked = askedBackups(request, data);
  const empty = !Object.keys(request.buckets ?? {}).length && !tiersOf(request).length;
  if (!asked || empty) return;
  const { backups: found } = request;
  if (!found) add("POLICY-BACKUP-MISSING", ["backups"], asked);
  if (found?.every_hours > asked.every) add("POLICY-BACKUP-RARE", ["backups", "every_hours"], { ...asked, found: found.every_hours });
  if (found?.keep_days < asked.keep) add("POLICY-BACKUP-SHORT", ["backups", "keep_days"], { ...asked, found: found.keep_days });
}

// The strictest of what the classification and the nature of the data ask for
function askedBackups(request, data) {
  const levels = [data.policy.classifications[request.classification], ...naturesOf(request, data)];
  const asked = levels.map((level) => level?.backups).filter(Boolean);
  if (!asked.length) return null;
  return {
    every: Math.min(...asked.map(({ every_hours: hours }) => hours)), keep: Math.max(...asked.map(({ keep_days: days }) => days)),
  };
}

// --- the servers

function checkHardening({ hardening, classification }, { policy }, add) {
  const least = policy.classifications[classification]?.hardening;
  const at = policy.hardening_levels.indexOf(hardening?.level);
  if (least === undefined || at < 0 || at >= policy.hardening_levels.indexOf(least)) return;
  add("POLICY-HARDENING", ["hardening", "level"], { found: hardening.level, least, classification });
}

// Each image is told once
function checkImages(request, { policy }, add) {
  const told = new Set();
  for (const { path, values: { image: found } } of tiersOf(request)) {
    const until = policy.support_ends[found];
    if (until === undefined || told.has(found) || until >= today()) continue;
    add("POLICY-IMAGE-ENDED", [...path, "image"], { found, until });
    told.add(found);
  }
}

// --- what is open

function checkInternetFlows(request, { policy, administration_ports: administration }, add) {
  const behind = portsBehind(request);
  for (const { path, platform, flow } of flowsOf(request)) {
    if (flow.from !== "internet") continue;
    const allowed = new Set([...policy.published_ports, ...(behind.get(endOf(flow.to ?? "", platform)) ?? [])]);
    (flow.ports ?? []).forEach((found, at) => {
      const range = portRange(found);
      if (range && !opens(range, administration)) checkOpened(range, found, allowed, policy, [...path, "ports", at], add);
    });
  }
}

// The ports that a load balancer reaches, by the tier's full name
function portsBehind(request) {
  const behind = new Map();
  for (const [platform, { publish = {} }] of Object.entries(request.platforms ?? {})) {
    for (const { tier, port } of Object.values(publish)) {
      const place = `${platform}.${tier}`;
      behind.set(place, [...(behind.get(place) ?? []), port]);
    }
  }
  return behind;
}

function opens({ protocol, first, last }, ports) {
  return protocol === "tcp" && ports.some((port) => first <= port && port <= last);
}

function checkOpened(range, found, allowed, policy, path, add) {
  const closed = policy.closed_ports.find(({ port }) => opens(range, [port]));
  if (closed) add("POLICY-CLOSED-PORT", path, { found, ...closed });
  else if (range.protocol !== "tcp" || !isWithin(range, allowed)) add("POLICY-EXPOSURE", path, exposed(found, policy));
}

function isWithin({ first, last }, allowed) {
  return [...allowed].filter((port) => first <= port && port <= last).length === last - first + 1;
}

function exposed(found, policy) {
  return { found, accepted: policy.published_ports.join(", ") };
}

// The port that the load balancer opens; the one of the servers behind it may be any
function checkListening(request, { policy }, add) {
  for (const [platform, { publish = {} }] of Object.entries(request.platforms ?? {})) {
    for (const [found, { listen }] of Object.entries(publish)) {
      if (typeof listen !== "number" || policy.published_ports.includes(listen)) continue;
      const path = ["platforms", platform, "publish", found, "listen"];
      const closed = policy.closed_ports.find(({ port }) => port === listen);
      if (closed) add("POLICY-CLOSED-PORT", path, { found, ...closed });
      else add("POLICY-EXPOSURE", path, exposed(`${found}:${listen}`, policy));
    }
  }
}

// --- where connections lead

function checkDestinations(request, data, add) {
  (request.egress ?? []).forEach(({ to: found }, at) => {
    const block = found === undefined ? null : soundDestination(found, data);
    if (block && !data.policy.addresses.some((own) => isInside(block, own))) {
      checkAbroad(block, found, ["egress", at, "to"], request, data, add);
    }
  });
}

// A destination's range; nothing if checkDestination refuses it already
function soundDestination(text, data) {
  let refused = false;
  checkDestination(text, [], data, () => { refused = true; });
  return refused ? null : addressBlock(text);
}

function isInside(inner, outer) {
  return outer.first <= inner.first && inner.last <= outer.last;
}

function checkAbroad(block, found, path, request, data, add) {
  const { accepted: destinations, country, authority } = data.policy;
  const accepted = destinations.find((each) => isInside(block, each));
  const kept = naturesOf(request, data).find(({ transfers }) => !(accepted?.personal && transfers));
  if (kept) {
    const code = kept.key === "health" ? "POLICY-TRANSFER-HEALTH" : "POLICY-TRANSFER";
    add(code, path, { found, country, nature_word: kept.word, law: kept.law, authority });
  } else if (!accepted) add("POLICY-EGRESS", path, { found, country });
}

const POLICY_RULES = [
  checkReservedName, checkContacts, checkReview, checkInternetFlows, checkListening, checkDestinations, checkNature,
  checkNatureEncryption, checkHardening, checkBackups, checkImages,
];
