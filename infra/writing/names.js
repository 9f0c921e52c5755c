"use strict";
// Whether the names and sizes of a request fit together: infra/intake/consistency.py and name_checks.py in the page.
// Each rule takes the request merged with its defaults, the page's data, and `add(code, path, values)`.

function merge(under, over) {
  const merged = Object.assign(Object.create(null), under);
  for (const [key, value] of Object.entries(over)) {
    const both = isMap(value) && isMap(merged[key]);
    if (key === "hosts") delete merged.prefix;
    merged[key] = isMap(value) ? merge(both ? merged[key] : {}, value) : value;
  }
  return merged;
}

function isMap(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// The request with what the site gives where it says nothing
function completed(values, data) {
  const request = merge(data.defaults[values.classification ?? ""] ?? data.defaults[""], values);
  for (const { values: tier } of tiersOf(request)) {
    for (const [key, value] of Object.entries(request.tier ?? {})) tier[key] ??= value;
    for (const volume of Object.values(tier.volumes ?? {})) volume.type ??= tier.volume_type;
  }
  for (const platform of Object.values(request.platforms ?? {})) {
    for (const published of Object.values(platform.publish ?? {})) published.listen ??= published.port;
  }
  return request;
}

function tiersOf(request) {
  return Object.entries(request.platforms ?? {}).flatMap(([platform, content]) =>
    Object.entries(content.tiers ?? {}).map(([tier, values]) =>
      ({ path: ["platforms", platform, "tiers", tier], platform, tier, values })));
}

function checkTenantName(request, data, add) {
  const name = request.tenant;
  if (name === undefined) return;
  if (data.tenants.includes(name)) add("WRITING-EXISTS", ["tenant"], { found: name });
  if (data.reserved.includes(name)) add("NAME-RESERVED", ["tenant"], { found: name });
  const zone = `${name}.${data.zones.own}`;
  for (const [owner, suffix] of Object.entries(data.zones.others)) {
    if (`.${suffix}`.endsWith(`.${zone}`)) add("NAME-ZONE", ["tenant"], { zone, owner });
  }
}

function checkTiers(request, data, add) {
  const networks = Object.keys(request.networks ?? {});
  if (!networks.length ) add("VALUE-NO-NETWORK", ["networks"], {});
  for (const { path, values } of tiersOf(request)) {
    if (values.network !== undefined && !networks.includes(values.network)) {
      add("NAME-UNKNOWN-NETWORK", [...path, "network"], { found: values.network, ...suggestion(networks) });
    }
    const least = data.images[values.image];
    if (typeof values.disk === "number" && values.disk < least) {
      add("DISK-TOO-SMALL", [...path, "disk"], { image: values.image, least, found: values.disk });
    }
  }
}

// What the site's catalogue has; the page offers nothing else, but a name may be inherited
function checkCatalogue(request, data, add) {
  const check = (kind, path, found) => {
    const names = data.catalogue[kind];
    if (found !== undefined && !names.includes(found)) add(`NAME-UNKNOWN-${kind}`, path, { found, ...suggestion(names) });
  };
  for (const [network, { qos }] of Object.entries(request.networks ?? {})) check("QOS", ["networks", network, "qos"], qos);
  for (const { path, values } of tiersOf(request)) {
    check("FLAVOR", [...path, "flavor"], values.flavor);
    check("IMAGE", [...path, "image"], values.image);
    check("VOLUME-TYPE", [...path, "volume_type"], values.volume_type);
    for (const [volume, { type }] of Object.entries(values.volumes ?? {})) {
      if (type !== values.volume_type) check("VOLUME-TYPE", [...path, "volumes", volume, "type"], type);
    }
  }
}

// "a" with "b-c" makes the same names as "a-b" with "c"
function checkHostNames(request, data, add) {
  const owners = new Map();
  for (const { path, platform, tier } of tiersOf(request)) {
    const joined = `${platform}-${tier}`;
    const clash = owners.get(joined) ?? data.hosts[`${request.tenant}-${joined}`];
    if (clash) add("HOST-NAME-CLASH", path, { other: clash, name: `${request.tenant}-${joined}-1` });
    owners.set(joined, `${platform}.${tier}`);
  }
}

function checkVolumeNames(request, data, add) {
  const owners = new Map();
  for (const { path, platform, tier, values } of tiersOf(request)) {
    for (const volume of Object.keys(values.volumes ?? {})) {
      for (let number = 1; number <= Math.min(values.count, 200); number += 1) {
        const name = `${platform}-${tier}-${number}-${volume}`;
        const own = `${platform}.${tier}/${volume}`;
        const [other, owner] = owners.get(name) ?? [own, ""];
        owners.set(name, owners.get(name) ?? [own, `${platform}.${tier}`]);
        if (other !== own) {
          add("VOLUME-NAME-CLASH", [...path, "volumes", volume], { other: owner, name: `${request.tenant}-${name}` });
          break;
        }
      }
    }
  }
}

// Every server needs an address of its network, and so does the load balancer of every published tier
function checkRoom(request, data, add) {
  const needed = new Map();
  for (const { platform, tier, values } of tiersOf(request)) {
    const published = Object.values(request.platforms[platform].publish ?? {}).some((entry) => entry.tier === tier);
    needed.set(values.network, (needed.get(values.network) ?? 0) + (Number(values.count) || 0) + published);
  }
  for (const [network, { hosts, prefix }] of Object.entries(request.networks ?? {})) {
    const found = prefix === undefined ? hosts : 2 ** (32 - prefix) - data.addresses.taken;
    if (needed.get(network) > found) {
      const key = prefix === undefined ? "hosts" : "prefix";
      add("NETWORK-FULL", ["networks", network, key], { needed: needed.get(network), network, found });
    }
  }
}

function checkGroups(request, data, add) {
  const tenant = request.tenant ?? "";
  const longer = data.tenants.filter((name) => name.startsWith(`${tenant}-`)).sort((a, b) => b.length - a.length);
  for (const found of Object.keys(request.access?.groups ?? {})) {
    const owner = longer.find((name) => found.startsWith(`${name}-`));
    const path = ["access", "groups", found];
    if (owner) add("GROUP-FOREIGN", path, { found, owner, tenant });
    else if (tenant && !found.startsWith(`${tenant}-`)) add("GROUP-PREFIX", path, { found, tenant });
  }
}

function checkEncryption(request, data, add) {
  const { classification } = request;
  if (!data.encrypts.includes(classification)) return;
  const accepted = encrypting(data);
  for (const { path, found } of unencrypted(request, data)) add("CLASS-UNENCRYPTED", path, { found, classification, accepted });
}

function encrypting(data) {
  return Object.keys(data.volume_types).filter((name) => data.volume_types[name]).join(", ") || "—";
}

// Every volume type that does not encrypt, root disks included, with its place
function unencrypted(request, data) {
  const chosen = tiersOf(request).flatMap(({ path, values }) => [
    { path: [...path, "volume_type"], found: values.volume_type },
    ...Object.entries(values.volumes ?? {}).map(([volume, { type }]) => ({ path: [...path, "volumes", volume, "type"], found: type })),
  ]);
  return chosen.filter(({ found }) => data.volume_types[found] === false);
}
