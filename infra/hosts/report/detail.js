"use strict";
// What was observed on one host for one rule, and what became of it over the runs.

const dialog = document.getElementById("detail");
let askedFrom = null;

function showDetail(host, rule, from) {
  const about = data.rules[rule], { name, about: kind, levelWord } = data.hosts[host];
  const [verdict, expected, effective, persistent, why, deviation, remedied] = data.kinds[data.cells[host][rule]];
  const said = (number) => number < 0 ? null : data.texts[number];
  const list = document.getElementById("detail-list");
  list.replaceChildren();
  document.getElementById("detail-title").textContent = about.title || about.name;
  const tell = (word, text, className = "") => {
    if (text) list.append(element("dt", data.words[word]), element("dd", text, className));
  };
  tell("Verdict", `${data.verdicts[verdict].symbol} ${data.verdicts[verdict].word}`);
  tell("Host", `${name} (${[kind, levelWord].filter(Boolean).join(", ")})`);
  tell("Rule", `${about.recommendation} ${about.name}`);
  tell("Level", about.level);
  tell("Severity", about.severityWord);
  tell("Expected", said(expected), "said");
  tell("Observed now", said(effective) ?? data.words["Nothing is observed"], "said");
  tell("Observed after a reboot", said(persistent), "said");
  tell("Reason", said(why), "said");
  tell("Deviation", said(deviation));
  if (remedied) tell("Remedied by this run", "✓");
  tell("Why it is asked for", about.reason);
  if (data.runs.length > 1) tellHistory(list, data.history[host]?.[rule]);
  askedFrom = from;
  dialog.showModal();
  document.getElementById("detail-title").focus();
}

function tellHistory(list, verdicts) {
  const told = element("dd");
  list.append(element("dt", data.words["History"]), told);
  if (!verdicts) {
    told.textContent = data.words["No change in the runs that are known"];
    return;
  }
  verdicts.forEach((verdict, at) => {
    const known = data.verdicts[verdict];
    told.append(element("div", `${data.runs[at][1].slice(0, 10)}  ${known ? `${known.symbol} ${known.word}` : "–"}`));
  });
}

dialog.addEventListener("close", () => askedFrom?.isConnected && matrix.focus(askedFrom));
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();  // outside of it
});
