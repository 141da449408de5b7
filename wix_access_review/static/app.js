// Puts the parts together: which page is shown, what is printed, and what links where.

const overview = document.getElementById("overview");
const detail = document.getElementById("detail");
const title = document.title;
const PAGES = { person: personPage, site: sitePage };
let shown = null;
let left = null;

const cameFromOverview = () => left !== null;

function openPage(kind, place) {
  if (!shown) left = { hash: previous, y: scrollY, focus: document.activeElement };
  shown = PAGES[kind](place);
  document.title = `${shown.title || "(no name)"} - ${title}`;
  overview.hidden = true;
  detail.hidden = false;
  detail.replaceChildren(back(), ...shown.content);
  scrollTo(0, 0);
  detail.querySelector("h2").focus({ preventScroll: true });
}

function missing() {
  shown = { grids: [] };
  overview.hidden = true;
  detail.hidden = false;
  detail.replaceChildren(back(), el("h2", { tabindex: -1 }, "Not in this review"), el("p", {}, "No person or site of this review has this address."));
}

function closePage() {
  const wasOpen = shown !== null;
  shown = null;
  document.title = title;
  detail.hidden = true;
  detail.replaceChildren();
  overview.hidden = false;
  if (wasOpen && left && left.hash === location.hash) {
    scrollTo(0, left.y);
    if (left.focus?.isConnected) left.focus.focus({ preventScroll: true });
  } else if (wasOpen) document.getElementById(location.hash.slice(1) || "content")?.scrollIntoView();
  left = null;
}

let previous = "";
function route() {
  const { hash } = location;
  const found = hash.startsWith("#/") ? paths().get(hash) : null;
  if (found) openPage(...found);
  else if (hash.startsWith("#/")) missing();
  else closePage();
  previous = hash;
}

/** Names that the page came with become links to their page. */
function link() {
  for (const who of document.querySelectorAll("[data-person]")) {
    const hash = path("person", ...JSON.parse(who.dataset.person).map((one) => one ?? ""));
    if (!paths().has(hash)) continue;
    const made = el("a", { href: hash });
    made.append(...who.childNodes);
    who.replaceChildren(made);
  }
}

const MORE = 100;
/** What fills the lists of findings up before they are printed. */
const fill = [];

/** The rest of a finding's cases, some at a time. */
function more(box) {
  const line = box.querySelector("p.more");
  if (!line) return;
  const rule = rules.title.findIndex((text, place) =>
    text === box.dataset.title && rules.rule[place] === box.dataset.rule && rules.severity[place] === box.dataset.severity);
  const all = lazy(() => findings.rule.flatMap((one, place) => (one === rule ? [place] : [])));
  const list = box.querySelector(".cases");
  const text = (finding) => (findings.person[finding] >= 0 ? personLink(findings.person[finding]) : name(findings.about[finding] || "the account"));
  const mail = (person) => people.email[person] && [" ", el("span", { class: "quiet-text" }, name(people.email[person]))];
  const total = Number(box.querySelector(".count").dataset.count);
  const show = (count) => {
    const next = all().slice(list.children.length, list.children.length + count);
    list.append(...next.map((finding) => el("li", {}, el("span", { class: "who" }, text(finding)), mail(findings.person[finding]), el("span", { class: "why" }, name(findings.text[finding])))));
    say();
  };
  const button = el("button", { type: "button", class: "plain-button", onclick: () => show(MORE) });
  fill.push(() => show(Math.max(0, MORE - list.children.length)));
  const say = () => {
    const rest = all().length - list.children.length;
    const beyond = `and ${number(total - list.children.length)} more: in the table access_wix.findings`;
    button.textContent = `Show ${number(Math.min(MORE, rest))} more`;
    seen.textContent = ` ${number(list.children.length)} of ${number(total)} are shown.`;
    seen.hidden = rest <= 0;
    button.hidden = rest <= 0;
    rested.textContent = beyond;
    rested.hidden = total <= list.children.length;
    rested.classList.toggle("printed", rest > 0);
  };
  const rested = el("span");
  const seen = el("span", { class: "seen" });
  line.replaceChildren(button, seen, rested);
  say();
}

/** A figure leads to the rows that it counts. */
function jump(card) {
  const { jump: to, set } = card.dataset;
  const term = card.querySelector("dt");
  const values = Object.fromEntries(new URLSearchParams(set ?? ""));
  const made = el("a", { href: `#${to}`, onclick: () => filters[to] && setFilters(filters[to], values) });
  made.append(...term.childNodes);
  term.replaceChildren(made);
}

function printing(on) {
  if (on) fill.forEach((one) => one());
  const grids = shown ? shown.grids : [tables.review];
  for (const grid of grids) grid.print(on);
  for (const box of document.querySelectorAll("#findings details")) {
    if (on) box.dataset.was = box.open ? "open" : "";
    box.open = on || box.dataset.was === "open";
  }
}

for (const section of document.querySelectorAll("section.js")) section.hidden = false;
const tables = { review: reviewTable(), people: peopleList(), sites: siteList(), matrix: matrixSection() };
link();
document.querySelectorAll("details.finding").forEach(more);
document.querySelectorAll("[data-jump]").forEach(jump);
addEventListener("hashchange", route);
addEventListener("beforeprint", () => printing(true));
addEventListener("afterprint", () => printing(false));
route();
