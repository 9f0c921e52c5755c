"use strict";
// Who may talk to whom: infra/intake/flow_checks.py, protection.py and the published names of consistency.py in the page.

const OUTSIDE = ["internet", "administration"];

// "443/tcp", "8000-8010/tcp" or "icmp"; nothing if it is none
function portRange(text) {
  if (text === "icmp") return { protocol: "icmp", first: 0, last: 0 };
  const [, first, last, protocol] = /^([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?\/(tcp|udp)$/.exec(text) ?? [];
  const range = { protocol, first: Number(first), last: Number(last ?? first) };
  return range.first <= range.last && range.last <= 65535 ? range : null;
}

function checkPorts(ports, path, add) {
  ports.forEach((found, at) => {
    if (/^[1-9]/.test(found) && !portRange(found)) add("VALUE-PORTS", [...path, "ports", at], { found });
  });
}

// An end of a flow as "platform.tier", or a word that is no tier
function endOf(text, platform) {
  if (OUTSIDE.includes(text) || text.includes(".")) return text;
  return `${platform}.${text}`;
}

function flowsOf(request) {
  return Object.entries(request.platforms ?? {}).flatMap(([platform, content]) =>
    (content.flows ?? []).map((flow, at) => ({ path: ["platforms", platform, "flows", at], platform, flow })));
}

function checkFlows(request, data, add) {
  const tiers = new Set(tiersOf(request).map(({ platform, tier }) => `${platform}.${tier}`));
  const seen = new Set();
  for (const { path, platform, flow } of flowsOf(request)) {
    for (const key of ["from", "to"]) {
      if (key === "to" && OUTSIDE.includes(flow.to)) add("FLOW-TO-OUTSIDE", [...path, "to"], { found: flow.to });
      else if (flow[key] !== undefined) checkEnd(flow[key], platform, tiers, [...path, key], add);
    }
    const ports = flow.ports ?? [];
    checkPorts(ports, path, add);
    if (flow.from === "internet") checkExposure(ports, path, data, add);
    if (flow.from === undefined || flow.to === undefined || !ports.length) continue;
    const same = JSON.stringify([endOf(flow.from, platform), endOf(flow.to, platform), canonical(ports)]);
    if (seen.has(same)) add("FLOW-REPEATED", path, {});
    seen.add(same);
  }
}

function canonical(ports) {
  return [...new Set(ports.map((text) => JSON.stringify(portRange(text))))].sort();
}

function checkEnd(text, platform, tiers, path, add) {
  const end = endOf(text, platform);
  if (OUTSIDE.includes(end) || tiers.has(end)) return;
  const own = [...tiers].filter((name) => name.startsWith(`${platform}.`)).map((name) => name.split(".")[1]);
  const outside = path.at(-1) === "from" ? OUTSIDE : [];
  add("NAME-UNKNOWN-TIER", path, { found: text, ...suggestion([...own, ...outside]) });
}

function checkExposure(ports, path, data, add) {
  ports.forEach((found, at) => {
    const range = portRange(found);
    if (range?.protocol !== "tcp") return;
    for (const port of data.administration_ports) {
      if (range.first <= port && port <= range.last) add("FLOW-EXPOSED", [...path, "ports", at], { found, port });
    }
  });
}

function checkPublished(request, data, add) {
  const zone = `${request.tenant ?? "…"}.${data.zones.own}`;
  const names = new Set();
  for (const [platform, content] of Object.entries(request.platforms ?? {})) {
    const listening = new Map();
    for (const [name, entry] of Object.entries(content.publish ?? {})) {
      const path = ["platforms", platform, "publish", name];
      if (request.tenant && name !== zone && !name.endsWith(`.${zone}`)) add("PUBLISH-ZONE", path, { found: name, zone });
      if (names.has(name)) add("PUBLISH-TWICE", path, { found: name });
      names.add(name);
      if (request.classification === "secret") add("CLASS-PUBLISHED", path, { found: name });
      if (entry.tier !== undefined) checkPublishedTier(request, platform, path, entry, listening, add);
    }
  }
}

function checkPublishedTier(request, platform, path, { tier, port, listen }, listening, add) {
  const tiers = Object.keys(request.platforms[platform].tiers ?? {});
  if (!tiers.includes(tier)) {
    add("NAME-UNKNOWN-TIER", [...path, "tier"], { found: tier, ...suggestion(tiers) });
    return;
  }
  if (typeof port !== "number") return;
  const place = `${tier}:${listen}`;
  if (listening.has(place) && listening.get(place) !== port) add("PUBLISH-LISTEN", [...path, "port"], { listen, tier });
  else listening.set(place, port);
  if (!isReachable(request, `${platform}.${tier}`, port)) add("PUBLISH-NO-FLOW", path, { found: path.at(-1), port, tier });
}

// A published port that no flow opens to the Internet would never answer
function isReachable(request, target, port) {
  return flowsOf(request).some(({ platform, flow }) =>
    flow.from === "internet" && flow.to !== undefined && endOf(flow.to, platform) === target
    && (flow.ports ?? []).map(portRange).some((range) => range?.protocol === "tcp" && range.first <= port && port <= range.last));
}

function checkEgress(request, data, add) {
  (request.egress ?? []).forEach(({ to, ports }, at) => {
    const path = ["egress", at];
    checkPorts(ports ?? [], path, add);
    if (to !== undefined && /^[0-9.]+\/[0-9]+$/.test(to)) checkDestination(to, [...path, "to"], data, add);
  });
}

function checkDestination(found, path, data, add) {
  const block = addressBlock(found);
  if (!block) {
    add("VALUE-ADDRESS", path, { found, example: "203.0.113.7/32" });
    return;
  }
  const { nowhere, widest } = data.egress;
  const within = (other) => block.first <= other.last && other.first <= block.last;
  if (block.prefix < widest) add("EGRESS-WIDE", path, { found, widest });
  else if (nowhere.some(within)) add("EGRESS-NOWHERE", path, { found });
  for (const site of block.prefix < widest ? [] : data.supernets) {
    if (within(site)) add("EGRESS-INSIDE", path, { found, range: site.range, owner: site.owner });
  }
}

// A range without host bits, its parts without leading zeros; nothing if it is none
function addressBlock(text) {
  const [address, prefix] = text.split("/");
  const parts = address.split(".");
  const fine = parts.length === 4 && [...parts, prefix].every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part));
  if (!fine || parts.some((part) => Number(part) > 255) || Number(prefix) > 32) return null;
  const first = parts.reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  return first % size === 0 ? { first, last: first + size - 1, prefix: Number(prefix) } : null;
}

const RULES = [
  checkTenantName, checkTiers, checkCatalogue, checkHostNames, checkVolumeNames, checkRoom, checkGroups, checkEncryption, checkFlows,
  checkPublished, checkEgress,
];
