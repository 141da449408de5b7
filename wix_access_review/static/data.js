// What the models say, and the joins that the page needs: no rule of access is here.

const data = JSON.parse(document.getElementById("data").textContent);
const { accounts, people, roles, assets, sites, grants, findings, rules, history: past } = data;

const COUNTS = { people: people.id.length, sites: sites.id.length, grants: grants.role.length };
const SEVERITIES = ["none", "low", "medium", "high", "critical"];
const TYPES = { member: "member", invite: "invited", contributor: "contributor" };
/** What is UNSURE may be privileged, or not: the roles were not read. It is sorted as if it were. */
const PRIVILEGED = 1, PENDING = 2, UNSURE = 4;

/** Where the rows of each owner begin, when the rows are sorted by owner; one more entry ends the last. */
function starts(counts) {
  const first = new Int32Array(counts.length + 1);
  counts.forEach((count, place) => (first[place + 1] = first[place] + count));
  return first;
}

/** For each owner the places at which it stands in a column; -1 owns nothing. */
function group(column, count) {
  const sizes = new Array(count).fill(0);
  for (const owner of column) if (owner >= 0) sizes[owner]++;
  const first = starts(sizes);
  const next = first.slice();
  const places = new Int32Array(first[count]);
  column.forEach((owner, place) => {
    if (owner >= 0) places[next[owner]++] = place;
  });
  return (owner) => places.subarray(first[owner], first[owner + 1]);
}

/** Made when it is first asked for. */
function lazy(make) {
  let made;
  return () => (made === undefined ? (made = make()) : made);
}

const grantStart = starts(people.grants);
const grantPerson = new Int32Array(COUNTS.grants);
people.grants.forEach((count, person) => grantPerson.fill(person, grantStart[person], grantStart[person] + count));

const flag = (grant, bit) => (grants.flags[grant] & bit) !== 0;
const strength = (grant) => roles.strength[grants.role[grant]] ?? 0;
const timeOf = (place) => (place < 0 ? null : data.times[place]);
const accountOf = (person) => accounts.name[people.account[person]];

const reachOfScope = group(data.reach.scope, data.scopes);
const scopeSites = lazy(() =>
  Array.from({ length: data.scopes }, (_, scope) => Int32Array.from(reachOfScope(scope), (place) => data.reach.site[place])),
);
const scopeGrants = lazy(() => group(grants.scope, data.scopes));
const siteScopes = lazy(() => group(data.reach.site, COUNTS.sites));
const personFindings = lazy(() => group(findings.person, COUNTS.people));
const personPast = lazy(() => group(past.person, COUNTS.people));

/** The grants of a person, strongest first. */
const grantsOf = (person) => Array.from({ length: people.grants[person] }, (_, place) => grantStart[person] + place);

/** Every grant that reaches a site, of everybody. */
function grantsReaching(site) {
  const found = [];
  for (const place of siteScopes()(site)) for (const grant of scopeGrants()(data.reach.scope[place])) found.push(grant);
  return found.sort((a, b) => strength(b) - strength(a) || a - b);
}

/** For each site that a person reaches: the strongest grant that does, and how many do. */
function reachOf(person) {
  const best = new Map();
  for (let grant = grantStart[person]; grant < grantStart[person + 1]; grant++) {
    const scope = grants.scope[grant];
    if (scope < 0) continue;
    for (const site of scopeSites()[scope]) {
      const known = best.get(site);
      // Strongest first: the first one stays.
      if (known) known.ways++;
      else best.set(site, { grant, ways: 1 });
    }
  }
  return best;
}

/** How many sites each person reaches, and how many people, and privileged people, reach each site. */
const reachCounts = lazy(() => {
  const sitesOf = new Int32Array(COUNTS.people);
  const peopleAt = new Int32Array(COUNTS.sites);
  const powerAt = new Int32Array(COUNTS.sites);
  const seen = new Int32Array(COUNTS.sites).fill(-1);
  const power = new Int32Array(COUNTS.sites).fill(-1);
  const reached = scopeSites();
  for (let person = 0; person < COUNTS.people; person++) {
    for (let grant = grantStart[person]; grant < grantStart[person + 1]; grant++) {
      const scope = grants.scope[grant];
      if (scope < 0) continue;
      const privileged = (grants.flags[grant] & PRIVILEGED) !== 0;
      for (const site of reached[scope]) {
        if (seen[site] !== person) {
          seen[site] = person;
          peopleAt[site]++;
          sitesOf[person]++;
        }
        if (privileged && power[site] !== person) {
          power[site] = person;
          powerAt[site]++;
        }
      }
    }
  }
  return { sitesOf, peopleAt, powerAt };
});

const BANDS = [
  { name: "power", mark: "\u2605", text: "privileged role" },
  { name: "strong", mark: "\u25cf", text: "strength 70 and more" },
  { name: "middle", mark: "\u25d0", text: "strength 40 to 69" },
  { name: "light", mark: "\u25cb", text: "strength below 40" },
];
/** How a grant is painted: what is privileged, and how strong a role is, the models say. */
function band(grant) {
  if (flag(grant, PRIVILEGED)) return BANDS[0];
  const value = strength(grant);
  return value >= 70 ? BANDS[1] : value >= 40 ? BANDS[2] : BANDS[3];
}

const lower = (texts) => texts.map((text) => (text === null ? "" : text.toLowerCase()));
const searchable = lazy(() => ({
  people: people.name.map((text, place) => `${text}\n${people.email[place] ?? ""}\n${people.id[place]}`.toLowerCase()),
  roles: lower(roles.name),
  assets: lower(assets.name),
  sites: sites.name.map((text, place) => `${text}\n${data.texts[sites.folder[place]] ?? ""}\n${sites.id[place]}`.toLowerCase()),
}));
const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
/** Which of some texts have a word in them: 1 or 0 for each. */
const having = (texts, word) => Uint8Array.from(texts, (text) => (text.includes(word) ? 1 : 0));
/** The places of the texts that have all words in them. */
function places(texts, text) {
  const wanted = words(text);
  const found = [];
  texts.forEach((one, place) => {
    if (wanted.every((word) => one.includes(word))) found.push(place);
  });
  return found;
}

const path = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;
const personPath = (person) => path("person", accounts.id[people.account[person]], people.type[person] < 0 ? "" : data.types[people.type[person]], people.id[person]);
const sitePath = (site) => path("site", accounts.id[sites.account[site]], sites.id[site]);
const paths = lazy(() => {
  const found = new Map();
  for (let person = 0; person < COUNTS.people; person++) found.set(personPath(person), ["person", person]);
  for (let site = 0; site < COUNTS.sites; site++) found.set(sitePath(site), ["site", site]);
  return found;
});
const siteOfAsset = lazy(() => {
  const known = new Map(sites.id.map((id, site) => [`${sites.account[site]}\n${id}`, site]));
  return assets.id.map((id, asset) =>
    data.asset_types[assets.type[asset]] === "site" ? known.get(`${assets.account[asset]}\n${id}`) ?? -1 : -1,
  );
});
const personLink = (person) => el("a", { href: personPath(person) }, name(people.name[person]));
const siteLink = (site) => el("a", { href: sitePath(site) }, name(sites.name[site]));
const typeText = (person) => TYPES[data.types[people.type[person]]] ?? data.types[people.type[person]] ?? "-";
