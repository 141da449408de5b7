// A page for one person, and one for one site.

const back = () => el("p", { class: "back" }, el("a", { href: "#summary", onclick: (event) => {
  if (!cameFromOverview()) return;
  event.preventDefault();
  history.back();
} }, "\u2190 Back to the review"));
const fact = (label, ...content) => el("div", {}, el("dt", {}, label), el("dd", {}, content));
const part = (title, ...content) => el("section", { class: "part" }, el("h3", {}, title), content);

function findingsOf(person) {
  const found = Array.from(personFindings()(person));
  const missing = people.findings[person] - found.length;
  if (!people.findings[person]) return el("p", { class: "empty" }, "None.");
  return el("div", {}, el("ul", { class: "cases" }, found.map((finding) => {
    const rule = findings.rule[finding];
    return el("li", {}, badge(rules.severity[rule]), " ", el("strong", {}, name(rules.title[rule])), el("span", { class: "why" }, name(findings.text[finding])));
  })), missing > 0 && el("p", { class: "more" }, `and ${number(missing)} more: in the table access_wix.findings`));
}

function pastOf(person) {
  const rows = Array.from(personPast()(person));
  const text = (place) => data.texts[place] ?? "-";
  const grid = new Grid("Access that ended", [
    { title: "Role", first: true, width: 14, cell: (row) => name(text(past.role[row])) },
    { title: "On", width: 12, cell: (row) => name(text(past.on[row])) },
    { title: "Granted (UTC)", width: 14, time: true, cell: (row) => span(past.after[row], past.before[row]) },
    { title: "Ended (UTC)", width: 14, time: true, cell: (row) => span(past.ended_after[row], past.ended_before[row]) },
    { title: "How", width: 7, cell: (row) => text(past.ended[row]) },
  ]);
  grid.show(rows);
  const cut = past.person.length < data.totals.history;
  return { grid, element: el("div", {}, rows.length ? grid.element : el("p", { class: "empty" }, "None known."),
    cut && el("p", { class: "more" }, `This page holds the newest ${number(past.person.length)} of ${number(data.totals.history)} grants that ended; access_wix.access_history has all.`)) };
}

function reachGrid(person) {
  const reach = reachOf(person);
  const grid = new Grid("Sites reached", [
    SITE.site,
    { title: "Strongest role", width: 14, key: (site) => grants.role[reach.get(site).grant], cell: (site) => roleCell(reach.get(site).grant) },
    { title: "Via", width: 8, key: (site) => grants.via[reach.get(site).grant], cell: (site) => vias[grants.via[reach.get(site).grant]] },
    { title: "Ways", width: 5, number: true, down: true, key: (site) => reach.get(site).ways, cell: (site) => number(reach.get(site).ways) },
  ], "None.");
  grid.show([...reach.keys()].sort((a, b) => a - b));
  return grid;
}

function personPage(person) {
  const held = new Grid("Grants", columns(GRANT, "role power on via decision granted seen").map((one, place) => (place ? one : { ...one, first: true })), "None.");
  held.show(grantsOf(person));
  const reached = reachGrid(person);
  const ended = pastOf(person);
  const facts = el("dl", { class: "facts" },
    fact("E-mail", name(people.email[person] ?? "none")), fact("Type", typeText(person)), fact("Outside", outsideText(person)),
    fact("Account", name(accountOf(person))),
    people.joined[person] !== null && fact("Joined", `${moment(people.joined[person])} UTC`),
    people.invited[person] !== null && fact("Invited", `${moment(people.invited[person])} UTC`),
    people.expires[person] !== null && fact("Invite expires", `${moment(people.expires[person])} UTC`),
    people.status[person] !== null && fact("Invite", name(people.status[person])),
    fact("Id", el("code", {}, people.id[person])));
  return {
    title: people.name[person],
    grids: [held, reached, ended.grid],
    content: [
      el("p", { class: "eyebrow" }, "Person"), el("h2", { tabindex: -1 }, name(people.name[person])), facts,
      part(`Findings (${number(people.findings[person])})`, findingsOf(person)),
      part(`Grants (${number(people.grants[person])})`, held.element),
      part(`Sites reached (${number(reached.rows.length)})`, reached.element),
      part(`Access that ended (${number(ended.grid.rows.length)})`, ended.element),
    ],
  };
}

function sitePage(site) {
  const reaching = grantsReaching(site);
  const grid = new Grid("Who reaches this site", columns(GRANT, "person type role power on via granted worst"), "Nobody.");
  grid.show(reaching);
  const said = live();
  const everybody = new Set(reaching.map((grant) => grantPerson[grant]));
  const powerful = new Set(reaching.filter((grant) => flag(grant, PRIVILEGED)).map((grant) => grantPerson[grant]));
  const unsure = new Set(reaching.filter((grant) => flag(grant, UNSURE)).map((grant) => grantPerson[grant]));
  const update = eachFrame(() => {
    const fitting = new Set(places(searchable().people, control(text).value));
    const found = reaching.filter((grant) => fitting.has(grantPerson[grant]));
    grid.show(found);
    said.textContent = `${number(found.length)} of ${plural(reaching.length, "grant")}`;
  });
  const text = search("Search people", update);
  update();
  return {
    title: sites.name[site],
    grids: [grid],
    content: [
      el("p", { class: "eyebrow" }, "Site"), el("h2", { tabindex: -1 }, name(sites.name[site])),
      el("dl", { class: "facts" },
        fact("Folder", name(data.texts[sites.folder[site]] ?? "none")), fact("Account", name(accounts.name[sites.account[site]])),
        fact("People who reach it", number(everybody.size)), fact("Privileged people", number(powerful.size)),
        unsure.size > 0 && fact("Privilege not known", number(unsure.size)),
        sites.trashed[site] === 1 && fact("State", "in the trash"), fact("Id", el("code", {}, sites.id[site]))),
      part("Who reaches it, and through what", el("div", { class: "tools" }, text), said, grid.element),
    ],
  };
}
