// People by sites, each cell the strongest role. Only the cells in sight are in the document.

/** Sizes in pixels: columns this wide have their names level, or in two lines; headers are at most so high. */
const WIDEST = 190, LEVEL = 78, ROOMY = 46, MOST_HIGH = 250, PER_LETTER = 7;

class Matrix {
  constructor(status) {
    this.status = status;
    this.people = [];
    this.sites = [];
    this.longest = 0;
    this.at = [0, 0];
    this.head = el("div", { class: "mx-head", role: "row", "aria-rowindex": 1 });
    this.body = el("div", { class: "mx-body", role: "rowgroup" });
    this.grid = el("div", { class: "mx-grid", role: "grid", "aria-label": "People and the sites that they reach, by strongest role" },
      el("div", { role: "rowgroup", class: "mx-top" }, this.head), this.body);
    this.box = el("div", { class: "mx", tabindex: -1 }, this.grid);
    this.box.addEventListener("scroll", eachFrame(() => this.draw()), { passive: true });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("pointerover", (event) => this.describe(event.target.closest("[data-at]")));
    this.box.addEventListener("focusin", (event) => {
      const cell = event.target.closest("[data-at]");
      if (cell) this.at = cell.dataset.at.split(",").map(Number);
      this.describe(cell);
    });
    this.box.addEventListener("click", (event) => {
      if (!event.target.closest("a")) this.open(event.target.closest("[data-at]"));
    });
    new ResizeObserver(eachFrame(() => this.draw(true))).observe(this.box);
  }

  show(shownPeople, shownSites) {
    this.people = shownPeople;
    this.sites = shownSites;
    this.longest = shownSites.reduce((most, site) => Math.max(most, sites.name[site].length), 0);
    this.at = [0, 0];
    this.box.scrollTo(0, 0);
    this.grid.setAttribute("aria-rowcount", shownPeople.length + 1);
    this.grid.setAttribute("aria-colcount", shownSites.length + 1);
    this.box.hidden = !shownPeople.length || !shownSites.length;
    this.draw(true);
  }

  /** Few sites share the width that is free, so that their names can be read; the names of many stand upright. */
  get sizes() {
    const style = getComputedStyle(document.documentElement);
    const size = (property) => parseFloat(style.getPropertyValue(property));
    const least = size("--mx-column"), side = size("--mx-side");
    const share = Math.floor((this.box.clientWidth - side) / Math.max(1, this.sites.length));
    const column = clamp(share, WIDEST + 1) < least ? least : Math.min(share, WIDEST);
    const level = column >= LEVEL;
    const top = level ? size("--mx-top") : Math.min(MOST_HIGH, Math.max(size("--mx-top"), PER_LETTER * this.longest + 20));
    return { row: size("--mx-row"), column, side, top, level };
  }

  /** Tell the style how wide and how high, and which way the names run. */
  fit({ column, top, level }) {
    this.box.style.setProperty("--mx-column", `${column}px`);
    this.box.style.setProperty("--mx-top", `${top}px`);
    this.box.classList.toggle("level", level);
    this.box.classList.toggle("roomy", column >= ROOMY);
  }

  draw(always = false) {
    if (this.box.hidden || !this.box.clientHeight) return;
    const sizes = this.sizes;
    const { row, column, side, top } = sizes;
    if (always) this.fit(sizes);
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.box;
    const span = (from, size, length, count) => [Math.max(0, Math.floor(from / size) - 3), Math.min(count, Math.ceil((from + length) / size) + 3)];
    const rows = span(scrollTop, row, clientHeight, this.people.length);
    const cols = span(scrollLeft, column, clientWidth - side, this.sites.length);
    const drawn = [...rows, ...cols].join();
    if (!always && drawn === this.drawn) return;
    this.drawn = drawn;
    this.grid.style.width = `${side + this.sites.length * column}px`;
    this.grid.style.height = `${top + this.people.length * row}px`;
    const focused = document.activeElement?.dataset?.at && this.box.contains(document.activeElement);
    const inSight = range(cols);
    this.head.replaceChildren(this.corner(), ...inSight.map((place) => this.title(place, side + place * column)));
    this.body.replaceChildren(...range(rows).map((place) => this.line(place, inSight, top + place * row, side, column)));
    if (focused) this.cellAt(this.at)?.focus({ preventScroll: true });
  }

  corner() {
    return el("div", { class: "mx-corner", role: "columnheader", "aria-colindex": 1 }, "Person");
  }

  title(place, left) {
    const site = this.sites[place];
    const made = el("div", { class: "mx-site", role: "columnheader", "aria-colindex": place + 2 },
      el("a", { href: sitePath(site), tabindex: -1, title: sites.name[site] }, name(sites.name[site])));
    made.style.left = `${left}px`;
    return made;
  }

  line(place, cols, top, side, column) {
    const person = this.people[place];
    const reach = reachOf(person);
    const made = el("div", { class: "mx-row", role: "row", "aria-rowindex": place + 2 },
      el("div", { class: "mx-person", role: "rowheader", "aria-colindex": 1 },
        el("a", { href: personPath(person), tabindex: -1, title: people.email[person] ?? people.name[person] }, name(people.name[person]))),
      cols.map((at) => this.cell(place, at, reach.get(this.sites[at]), side + at * column)));
    made.style.top = `${top}px`;
    return made;
  }

  cell(place, at, found, left) {
    const here = place === this.at[0] && at === this.at[1];
    const attributes = { role: "gridcell", "aria-colindex": at + 2, "data-at": `${place},${at}`, tabindex: here ? 0 : -1 };
    const made = found
      ? el("div", { ...attributes, class: `mx-cell ${band(found.grant).name}${flag(found.grant, PENDING) ? " pending" : ""}`, "aria-label": this.label(found) },
        el("span", { "aria-hidden": "true" }, band(found.grant).mark))
      : el("div", { ...attributes, class: "mx-cell none", "aria-label": "no access" });
    made.style.left = `${left}px`;
    return made;
  }

  label({ grant, ways }) {
    const more = ways > 1 ? `, and ${plural(ways - 1, "other way")}` : "";
    return `${roles.name[grants.role[grant]]}${flag(grant, PRIVILEGED) ? ", privileged" : flag(grant, UNSURE) ? ", privilege not known" : ""} via ${vias[grants.via[grant]]}${flag(grant, PENDING) ? ", pending" : ""}${more}`;
  }

  describe(cell) {
    if (!cell) return;
    const [place, at] = cell.dataset.at.split(",").map(Number);
    const person = this.people[place], site = this.sites[at];
    if (person === undefined || site === undefined) return;
    this.status.replaceChildren(name(people.name[person]), " on ", name(sites.name[site]), ": ", name(cell.getAttribute("aria-label")));
  }

  open(cell) {
    if (cell) location.hash = personPath(this.people[Number(cell.dataset.at.split(",")[0])]);
  }

  cellAt([place, at]) {
    return this.body.querySelector(`[data-at="${place},${at}"]`);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.sizes.row) - 2);
    const [place, at] = this.at;
    const ends = event.ctrlKey || event.metaKey;
    const goals = {
      ArrowDown: [place + 1, at], ArrowUp: [place - 1, at], ArrowRight: [place, at + 1], ArrowLeft: [place, at - 1],
      PageDown: [place + page, at], PageUp: [place - page, at],
      Home: [ends ? 0 : place, 0], End: [ends ? this.people.length - 1 : place, this.sites.length - 1],
    };
    if (event.key === "Enter") this.open(event.target.closest("[data-at]"));
    if (!goals[event.key]) return;
    event.preventDefault();
    this.go(goals[event.key]);
  }

  go([place, at]) {
    const { row, column, side, top } = this.sizes;
    this.at = [clamp(place, this.people.length), clamp(at, this.sites.length)];
    const [y, x] = [this.at[0] * row, this.at[1] * column];
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.box;
    const to = (from, size, length, now) => (from < now ? from : from + size > now + length ? from + size - length : now);
    this.box.scrollTo(to(x, column, clientWidth - side, scrollLeft), to(y, row, clientHeight - top, scrollTop));
    this.draw(true);
    this.cellAt(this.at)?.focus({ preventScroll: true });
  }
}

const range = ([first, last]) => Array.from({ length: Math.max(0, last - first) }, (_, place) => first + place);
const clamp = (value, count) => Math.max(0, Math.min(count - 1, value));
