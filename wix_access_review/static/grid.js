// A table of any number of rows, of which only those in sight are in the document.

const SPARE = 8;
const MOST_PRINTED = 2000;
/** On a phone three columns stand side by side before one has to scroll. */
const NARROW = matchMedia("(max-width: 700px)").matches;
const MOST_WIDE = 8.2;

/** Places of rows in the order of their keys, equal ones as they were: counting, since keys are small numbers. */
function ordered(rows, key, down) {
  if (!rows.length) return Int32Array.from(rows);
  const keys = Int32Array.from(rows, (row) => key(row));
  let least = Infinity, most = -Infinity;
  for (const value of keys) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const span = most - least + 1;
  if (!(span <= 4 * rows.length + 100000)) {
    const order = Array.from(rows.keys()).sort((a, b) => (down ? keys[b] - keys[a] : keys[a] - keys[b]) || a - b);
    return Int32Array.from(order, (place) => rows[place]);
  }
  const next = new Int32Array(span + 1);
  const slot = (value) => (down ? most - value : value - least);
  for (const value of keys) next[slot(value) + 1]++;
  for (let place = 1; place <= span; place++) next[place] += next[place - 1];
  const sorted = new Int32Array(rows.length);
  keys.forEach((value, place) => (sorted[next[slot(value)]++] = rows[place]));
  return sorted;
}

/**
 * A column: `title`, `cell(row)` makes what stands in it, `key(row)` is the number to sort by, `width` in em,
 * `first` says that it names the row, `down` that it sorts downwards first.
 */
class Grid {
  constructor(label, columns, empty = "Nothing matches.") {
    this.columns = columns = NARROW ? columns.map((column) => ({ ...column, width: Math.min(column.width || 10, MOST_WIDE) })) : columns;
    this.empty = empty;
    this.rows = new Int32Array(0);
    this.shown = this.rows;
    this.sort = null;
    this.body = el("tbody");
    this.heads = columns.map((column, place) => this.head(column, place));
    this.table = el("table", { class: "grid" },
      el("caption", { class: "quiet" }, label),
      el("colgroup", {}, columns.map((column) => {
        const col = el("col");
        col.style.width = `${column.width || 10}em`;
        return col;
      })),
      el("thead", {}, el("tr", { "aria-rowindex": 1 }, this.heads)),
      this.body,
    );
    this.table.style.minWidth = `${columns.reduce((sum, column) => sum + (column.width || 10), 0)}em`;
    this.box = el("div", { class: "box virtual", tabindex: 0, role: "region", "aria-label": label }, this.table);
    this.note = el("p", { class: "printed", hidden: true });
    this.element = el("div", {}, this.box, this.note);
    this.box.addEventListener("scroll", eachFrame(() => this.draw()), { passive: true });
    new ResizeObserver(eachFrame(() => this.draw())).observe(this.box);
  }

  head(column, place) {
    if (!column.key) return el("th", { scope: "col", class: column.number && "num" }, column.title);
    const button = el("button", { type: "button", onclick: () => this.sortBy(place) }, column.title,
      el("span", { class: "arrow", "aria-hidden": "true" }));
    return el("th", { scope: "col", "aria-sort": "none", class: column.number && "num" }, button,
      // Chromium prints no button where it repeats a header.
      el("span", { class: "paper" }, column.title));
  }

  sortBy(place) {
    const again = this.sort && this.sort.place === place;
    this.sort = { place, down: again ? !this.sort.down : Boolean(this.columns[place].down) };
    this.heads.forEach((head, other) => {
      if (this.columns[other].key) head.setAttribute("aria-sort", other === place ? (this.sort.down ? "descending" : "ascending") : "none");
    });
    this.arrange();
  }

  /** Show these rows. */
  show(rows) {
    this.rows = rows instanceof Int32Array ? rows : Int32Array.from(rows);
    this.arrange();
  }

  arrange() {
    const { sort } = this;
    this.shown = sort ? ordered(this.rows, this.columns[sort.place].key, sort.down) : this.rows;
    this.table.setAttribute("aria-rowcount", this.shown.length + 1);
    this.box.scrollTop = 0;
    this.draw(true);
  }

  /** The height of a row: all are alike, and the page's style says how high. */
  get height() {
    return this.measured || (this.measured = parseFloat(getComputedStyle(this.table).getPropertyValue("--row")) || 44);
  }

  draw(always = false) {
    // What is hidden keeps its rows, and with them the focus, until it is seen again.
    if (this.printing || (this.box.isConnected && !this.box.clientHeight)) return;
    const { height, shown } = this;
    const first = Math.max(0, Math.floor(this.box.scrollTop / height) - SPARE);
    const last = Math.min(shown.length, first + Math.ceil((this.box.clientHeight || 600) / height) + 2 * SPARE);
    if (!always && first === this.first && last === this.last) return;
    this.first = first;
    this.last = last;
    const focused = this.focused();
    this.body.replaceChildren(
      ...this.space(first * height),
      ...Array.from(shown.subarray(first, last), (row, place) => this.line(row, first + place)),
      ...this.space((shown.length - last) * height),
      ...(shown.length ? [] : [el("tr", {}, el("td", { colspan: this.columns.length, class: "empty" }, this.empty))]),
    );
    if (focused) this.body.querySelector(`[aria-rowindex="${focused[0]}"]`)?.querySelectorAll("a")[focused[1]]?.focus({ preventScroll: true });
  }

  /** The row and the place in it of the link that has the focus: rows are made anew when the table scrolls. */
  focused() {
    const link = document.activeElement;
    if (!this.body.contains(link)) return null;
    const row = link.closest("tr");
    return [row.getAttribute("aria-rowindex"), [...row.querySelectorAll("a")].indexOf(link)];
  }

  space(height) {
    if (!height) return [];
    const cell = el("td", { colspan: this.columns.length });
    cell.style.height = `${height}px`;
    return [el("tr", { class: "space", "aria-hidden": "true" }, cell)];
  }

  line(row, place) {
    const cells = this.columns.map((column) => {
      const content = column.cell(row);
      const classes = [column.number && "num", column.time && "time"].filter(Boolean).join(" ") || null;
      return column.first ? el("th", { scope: "row" }, content) : el("td", { class: classes }, content);
    });
    return el("tr", { "aria-rowindex": place + 2, class: place % 2 ? "odd" : null }, cells);
  }

  /** Put every row into the document, up to a cap, to be printed; `false` takes them out again. */
  print(on) {
    this.printing = on;
    this.note.hidden = true;
    this.table.classList.toggle("whole", on);
    if (!on) return this.draw(true);
    const count = Math.min(this.shown.length, MOST_PRINTED);
    this.body.replaceChildren(...Array.from(this.shown.subarray(0, count), (row, place) => this.line(row, place)));
    if (count < this.shown.length) {
      this.note.hidden = false;
      this.note.textContent = `Only the first ${number(count)} of ${number(this.shown.length)} rows are printed: filter the table to print others, or use access-review.xlsx.`;
    }
  }
}
