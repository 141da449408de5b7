// The sections that search and filter: the matrix, the people, the sites and the review table.

const live = () => el("p", { class: "result", role: "status", "aria-live": "polite" });
const search = (label, oninput) => field(label, el("input", { type: "search", autocomplete: "off", spellcheck: "false", oninput }), "wide");
const control = (made) => made.querySelector("input, select");
const mount = (id, ...parts) => document.querySelector(`#${id} .mount`).replaceChildren(...parts);
const accountChoice = (changed) => choice([["", "all accounts"], ...accounts.name.map((text, place) => [place, text])], changed);
const severityChoices = [["", "any"], ["1", "any finding"], ["2", "medium or worse"], ["3", "high or worse"], ["4", "critical"], ["0", "none"]];
const fitsSeverity = (value, rank) => value === "" || (value === "0" ? rank === 0 : rank >= Number(value));

/** The filters of each section by name, to be set from elsewhere. */
const filters = {};

function peopleList() {
  const grid = new Grid("All people", columns(PERSON, "person account type outside grants privileged sites findings worst"));
  const said = live();
  const update = eachFrame(() => {
    const account = several ? control(which).value : "";
    const found = places(searchable().people, control(text).value).filter((person) =>
      (account === "" || people.account[person] === Number(account)) && fitsSeverity(control(severity).value, people.worst[person])
      && (control(type).value === "" || data.types[people.type[person]] === control(type).value)
      && (control(outside).value === "" || people.external[person] === Number(control(outside).value))
      && (control(power).value === "" || powerOf(person) === control(power).value));
    grid.show(found);
    said.textContent = `${number(found.length)} of ${plural(COUNTS.people, "person", "people")}`;
  });
  const text = search("Search people", update);
  const which = field("Account", accountChoice(update));
  const severity = field("Findings", choice(severityChoices, update));
  const type = field("Person", choice([["", "any"], ...data.types.map((one) => [one, TYPES[one] ?? one])], update));
  const outside = field("Outside", choice([["", "any"], ["1", "yes"], ["0", "no"]], update));
  const power = field("Privileged", choice(POWERS, update));
  filters.people = { set: { text, which, type, outside, power, severity }, update };
  mount("people", el("div", { class: "tools" }, text, several && which, type, outside, power, severity, clear(filters.people)), said, grid.element);
  update();
  return grid;
}

function siteList() {
  const grid = new Grid("All sites", columns(SITE, "site account people power"));
  const said = live();
  const update = eachFrame(() => {
    const account = several ? control(which).value : "";
    const found = places(searchable().sites, control(text).value).filter((site) => account === "" || sites.account[site] === Number(account));
    grid.show(found);
    said.textContent = `${number(found.length)} of ${plural(COUNTS.sites, "site")}`;
  });
  const text = search("Search sites", update);
  const which = field("Account", accountChoice(update));
  mount("sites", el("div", { class: "tools" }, text, several && which), said, grid.element);
  update();
  return grid;
}

function legend() {
  return el("ul", { class: "legend", "aria-label": "Legend" },
    BANDS.map((one) => el("li", {}, el("span", { class: `mx-cell ${one.name}`, "aria-hidden": "true" }, one.mark), one.text)),
    el("li", {}, el("span", { class: "mx-cell light pending", "aria-hidden": "true" }, BANDS[3].mark), "dashed: pending, an open invite"),
    el("li", {}, el("span", { class: "mx-cell none", "aria-hidden": "true" }), "no access"));
}

const strongestOf = lazy(() => Int32Array.from(people.id, (_, person) => {
  const first = grantStart[person];
  return first === grantStart[person + 1] ? -1 : powerKey(first) + strength(first);
}));
const setFilters = ({ set, update }, values) => {
  for (const [key, made] of Object.entries(set)) control(made).value = values[key] ?? "";
  update();
};
const clear = (filter) => el("button", { type: "button", class: "plain-button", onclick: () => setFilters(filter, {}) }, "Clear filters");
const ORDERS = {
  strongest: ["strongest role first", (found) => ordered(found, (person) => strongestOf()[person], true)],
  sites: ["most sites first", (found) => ordered(found, (person) => reachCounts().sitesOf[person], true)],
  name: ["by name", (found) => Int32Array.from(found)],
};

function matrixSection() {
  const status = el("p", { class: "mx-status", "aria-hidden": "true" }, "Point at a cell, or move to it with the arrow keys; Enter opens the person.");
  const matrix = new Matrix(status);
  const said = live();
  const update = eachFrame(() => {
    const account = several ? Number(control(which).value) : 0;
    const found = places(searchable().people, control(person).value).filter((one) =>
      people.account[one] === account && people.grants[one] > 0 && (!control(only).checked || powerOf(one) !== "no"));
    const shownSites = places(searchable().sites, control(site).value).filter((one) => sites.account[one] === account);
    matrix.show(ORDERS[control(order).value][1](Int32Array.from(found)), shownSites);
    said.textContent = `${plural(found.length, "person", "people")} with a grant, ${plural(shownSites.length, "site")}`;
  });
  const person = search("Search people", update);
  const site = search("Search sites", update);
  const which = field("Account", choice(accounts.name.map((text, place) => [place, text]), update));
  const order = field("Order", choice(Object.entries(ORDERS).map(([value, [text]]) => [value, text]), update));
  const only = field("Only privileged people", el("input", { type: "checkbox", onchange: update }), "check");
  mount("matrix", el("div", { class: "tools" }, person, site, several && which, order, only), said, legend(), matrix.box, status);
  update();
  return matrix;
}

const COLUMNS_OF_REVIEW = "person account type role power on via decision granted seen worst";

function reviewTable() {
  const grid = new Grid("Rows of the review table", columns(GRANT, COLUMNS_OF_REVIEW), "No grant matches: remove a filter.");
  const said = live();
  const value = (made) => control(made).value;
  const fits = () => {
    const [account, role, power, via, type, severity, decision] = [which, roleOf, privileged, viaOf, typeOf, severityOf, decided].map(value);
    const wantedDecision = data.decisions.map((text) => text.startsWith(`${decision}\n`));
    const wantedRole = role === "" ? null : Uint8Array.from(roles.name, (one) => (one === roleNames[Number(role)] ? 1 : 0));
    const tests = words(value(text)).map((word) => {
      const { people: ofPeople, roles: ofRoles, assets: ofAssets } = searchable();
      return [having(ofPeople, word), having(ofRoles, word), having(ofAssets, word), having(lower(accounts.name), word)];
    });
    return (grant) => {
      const person = grantPerson[grant];
      return (account === "" || people.account[person] === Number(account))
        && (wantedRole === null || wantedRole[grants.role[grant]] === 1)
        && (power === "" || powerOfGrant(grant) === power)
        && (via === "" || grants.via[grant] === Number(via))
        && (type === "" || people.type[person] === Number(type))
        && fitsSeverity(severity, people.worst[person])
        && (decision === "" || wantedDecision[grants.decided[grant]])
        && tests.every(([inPeople, inRoles, inAssets, inAccounts]) => inPeople[person] || inRoles[grants.role[grant]] || inAssets[grants.asset[grant]] || inAccounts[people.account[person]]);
    };
  };
  const update = eachFrame(() => {
    const fit = fits();
    const found = new Int32Array(COUNTS.grants);
    let count = 0;
    for (let grant = 0; grant < COUNTS.grants; grant++) if (fit(grant)) found[count++] = grant;
    grid.show(found.slice(0, count));
    said.textContent = `${number(count)} of ${plural(COUNTS.grants, "grant")}`;
  });
  const roleNames = [...new Set(roles.name)];
  const text = search("Search person, role, site or folder", update);
  const which = field("Account", accountChoice(update));
  const roleOf = field("Role", choice([["", "all roles"], ...roleNames.map((one, place) => [place, one])], update));
  const privileged = field("Privileged", choice(POWERS, update));
  const viaOf = field("Via", choice([["", "any"], ...vias.map((one, place) => [place, one])], update));
  const typeOf = field("Person", choice([["", "any"], ...data.types.map((one, place) => [place, TYPES[one] ?? one])], update));
  const severityOf = field("Findings", choice(severityChoices, update));
  const kinds = [...new Set(data.decisions.map((text) => text.split("\n")[0]))];
  const decided = field("Decision", choice([["", "any"], ...kinds.map((one) => [one, one])], update));
  const all = [text, which, roleOf, privileged, viaOf, typeOf, severityOf, decided];
  filters.review = { set: { ...all }, update };
  mount("review", el("div", { class: "tools" }, all.filter((one) => (several || one !== which) && (hasCampaign || one !== decided)), clear(filters.review)), said, grid.element);
  update();
  return grid;
}
