// The columns of the tables, each written once.

const several = accounts.id.length > 1;
const two = (upper, ...below) => el("div", { class: "two" }, el("div", {}, upper), below.some(Boolean) && el("div", { class: "below" }, below));
/** The bounds of a moment, one below the other. */
function span(first, last) {
  const [after, before] = [timeOf(first), timeOf(last)];
  if (before === null) return after === null ? "not known" : `after ${moment(after)}`;
  return two(after === null ? "at or before" : `${moment(after)} to`, moment(before));
}
const severityBadge = (rank) => (rank > 0 ? badge(SEVERITIES[rank] ?? "critical") : el("span", { class: "quiet-text" }, "none"));

const vias = data.vias;

function assetCell(grant) {
  const asset = grants.asset[grant];
  const site = siteOfAsset()[asset];
  const kind = (data.asset_types[assets.type[asset]] ?? "unknown").replace("_", " ");
  return two(site >= 0 ? siteLink(site) : name(assets.name[asset]), kind);
}

/** What was decided on a grant, and by whom, where there is a campaign. */
const hasCampaign = data.decisions.length > 0;
function decisionCell(grant) {
  if (grants.decided[grant] < 0) return "-";
  const [what, day, who] = data.decisions[grants.decided[grant]].split("\n");
  return two(day ? `${what}, ${day}` : what, who && name(who));
}

const roleCell = (grant) =>
  two(name(roles.name[grants.role[grant]]), flag(grant, PRIVILEGED) && badge("power", "privileged"), flag(grant, UNSURE) && badge("pending", "privilege not known"), flag(grant, PENDING) && badge("pending", "pending"));

const GRANT = {
  person: { title: "Person", first: true, width: 13.5, key: (grant) => grantPerson[grant], cell: (grant) => {
    const person = grantPerson[grant];
    return two(personLink(person), name(people.email[person] ?? "no e-mail"));
  } },
  account: { title: "Account", width: 8, key: (grant) => people.account[grantPerson[grant]], cell: (grant) => name(accountOf(grantPerson[grant])) },
  type: { title: "Type", width: 7.4, key: (grant) => people.type[grantPerson[grant]], cell: (grant) => typeText(grantPerson[grant]) },
  role: { title: "Role", width: 11.3, key: (grant) => grants.role[grant], cell: roleCell },
  power: { title: "Power", width: 5.2, number: true, down: true, key: (grant) => powerKey(grant) + strength(grant), cell: (grant) => String(roles.strength[grants.role[grant]] ?? "-") },
  on: { title: "On", width: 11.3, key: (grant) => grants.asset[grant], cell: assetCell },
  via: { title: "Via", width: 7.4, key: (grant) => grants.via[grant], cell: (grant) => vias[grants.via[grant]] },
  granted: { title: "Granted (UTC)", width: 12.3, time: true, down: true, key: (grant) => grants.before[grant], cell: (grant) => span(grants.after[grant], grants.before[grant]) },
  seen: { title: "Last seen (UTC)", width: 10.5, time: true, down: true, key: (grant) => grants.seen[grant], cell: (grant) => moment(timeOf(grants.seen[grant])) },
  decision: { title: "Decision", width: 12.5, key: (grant) => grants.decided[grant], cell: decisionCell },
  worst: { title: "Findings", width: 7.4, down: true, key: (grant) => people.worst[grantPerson[grant]], cell: (grant) => severityBadge(people.worst[grantPerson[grant]]) },
};

const PERSON = {
  person: { title: "Person", first: true, width: 16, key: (person) => person, cell: (person) => two(personLink(person), name(people.email[person] ?? "no e-mail")) },
  account: { title: "Account", width: 10, key: (person) => people.account[person], cell: (person) => name(accountOf(person)) },
  type: { title: "Type", width: 7, key: (person) => people.type[person], cell: typeText },
  outside: { title: "Outside", width: 6, down: true, key: (person) => people.external[person] ?? -1, cell: (person) => outsideText(person) },
  grants: { title: "Grants", width: 6, number: true, down: true, key: (person) => people.grants[person], cell: (person) => number(people.grants[person]) },
  privileged: { title: "Privileged", width: 7, number: true, down: true, key: (person) => privilegedOf()[person] + unsureOf()[person], cell: (person) => (unsureOf()[person] ? two(number(privilegedOf()[person]), `${number(unsureOf()[person])} not known`) : number(privilegedOf()[person])) },
  sites: { title: "Sites reached", width: 8, number: true, down: true, key: (person) => reachCounts().sitesOf[person], cell: (person) => number(reachCounts().sitesOf[person]) },
  findings: { title: "Findings", width: 7.4, number: true, down: true, key: (person) => people.findings[person], cell: (person) => number(people.findings[person]) },
  worst: { title: "Worst finding", width: 8, down: true, key: (person) => people.worst[person], cell: (person) => severityBadge(people.worst[person]) },
};

const SITE = {
  site: { title: "Site", first: true, width: 16, key: (site) => site, cell: (site) => two(siteLink(site), el("span", {}, sites.trashed[site] === 1 && "in the trash; ", name(data.texts[sites.folder[site]] ?? "no folder"))) },
  account: { title: "Account", width: 10, key: (site) => sites.account[site], cell: (site) => name(accounts.name[sites.account[site]]) },
  people: { title: "People who reach it", width: 9, number: true, down: true, key: (site) => reachCounts().peopleAt[site], cell: (site) => number(reachCounts().peopleAt[site]) },
  power: { title: "Privileged people", width: 9, number: true, down: true, key: (site) => reachCounts().powerAt[site], cell: (site) => number(reachCounts().powerAt[site]) },
};

const outsideText = (person) => (people.external[person] === null ? "not known" : people.external[person] ? "yes" : "no");
function countOf(bit) {
  const counts = new Int32Array(COUNTS.people);
  for (let grant = 0; grant < COUNTS.grants; grant++) if (flag(grant, bit)) counts[grantPerson[grant]]++;
  return counts;
}
const privilegedOf = lazy(() => countOf(PRIVILEGED));
const unsureOf = lazy(() => countOf(UNSURE));
/** Whether a person, or a grant, is privileged: yes, no, or not known. */
const powerOf = (person) => (privilegedOf()[person] > 0 ? "yes" : unsureOf()[person] > 0 ? "not known" : "no");
const powerOfGrant = (grant) => (flag(grant, PRIVILEGED) ? "yes" : flag(grant, UNSURE) ? "not known" : "no");
const powerKey = (grant) => (powerOfGrant(grant) === "no" ? 0 : 1000);
const POWERS = [["", "any"], ["yes", "yes"], ["no", "no"], ["not known", "not known"]];
/** What matters most, which a phone shows first. */
const FIRST = ["person", "role", "on"];
const rankOf = (one) => (FIRST.includes(one) ? FIRST.indexOf(one) : FIRST.length);
/** Columns by name, without the account where there is only one. */
function columns(from, names) {
  const wanted = names.split(" ").filter((one) => (several || one !== "account") && (hasCampaign || one !== "decision"));
  return (NARROW ? wanted.sort((a, b) => rankOf(a) - rankOf(b)) : wanted).map((one) => from[one]);
}
