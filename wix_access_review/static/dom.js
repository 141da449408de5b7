// Elements are made here, and text goes in as text: nothing from outside is ever read as markup.

/** Make an element. Strings among the children become text nodes; null and false are left out. */
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(2)) {
    if (child === null || child === undefined || child === false) continue;
    made.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return made;
}

/** Text from outside, whose direction does not spill over to what stands beside it. */
const name = (text) => el("bdi", {}, text === "" ? "(no name)" : text);

const number = (value) => value.toLocaleString("en");

const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** Seconds since 1970 as the review writes a time; a dash when it is not known. */
function moment(seconds) {
  if (seconds === null || seconds === undefined) return "-";
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "-" : date.toISOString().slice(0, 16).replace("T", " ");
}

const badge = (kind, text = kind) => el("span", { class: `badge ${kind}` }, text);

/** A labelled control. */
function field(label, control, kind = "") {
  const id = `field-${(field.count = (field.count || 0) + 1)}`;
  control.id = id;
  return el("div", { class: `field ${kind}` }, el("label", { for: id }, label), control);
}

/** A list to choose from: pairs of value and text. */
function choice(options, onchange) {
  return el("select", { onchange }, options.map(([value, text]) => el("option", { value }, text)));
}

/** Call at most once for each frame. */
function eachFrame(call) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      call();
    });
  };
}
