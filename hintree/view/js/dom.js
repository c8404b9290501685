// Elements made from text: no text ever becomes markup.

/**
 * An element with a class and children; strings become text.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/**
 * The element of the page with this id.
 * @param {string} id
 * @returns {any}
 */
export function find(id) {
  return document.getElementById(id);
}

/**
 * A button that runs an action.
 * @param {string} label
 * @param {() => void} action
 * @param {string} className
 * @param {string} title
 */
export function button(label, action, className = "", title = "") {
  const made = el("button", className, label);
  made.type = "button";
  if (title) { made.title = title; made.setAttribute("aria-label", title); }
  made.addEventListener("click", action);
  return made;
}

/**
 * A number for people; a dash for none.
 * @param {number | string | null | undefined} x
 */
export function shown(x, digits = 3) {
  if (x === null || x === undefined) return "–";
  return typeof x === "string" ? x : String(+x.toPrecision(digits));
}

/**
 * A whole number with thousands apart.
 * @param {number} x
 */
export function counted(x) {
  return Math.round(x).toLocaleString("en");
}

/**
 * A number with its unit's prefix, such as 1.2 G.
 * @param {number} x
 */
export function scaled(x) {
  const at = Math.min(6, Math.max(0, Math.floor(Math.log10(Math.max(1, x)) / 3)));
  return `${shown(x / 1000 ** at)} ${["", "k", "M", "G", "T", "P", "E"][at]}`.trimEnd();
}

/**
 * Names and values side by side.
 * @param {Array<[string, Node | string | number]>} rows
 */
export function figures(rows) {
  const table = el("dl", "figures");
  for (const [name, value] of rows)
    table.append(el("dt", "", name), el("dd", "", typeof value === "number" ? String(value) : value));
  return table;
}

/** Characters of a text that are shown before a person asks for the rest. */
export const LONGEST_TEXT = 20000;

/**
 * A long text cut, with a button that shows all of it.
 * @param {string} text
 * @param {(part: string) => Node | string} make
 * @returns {Array<Node | string>}
 */
export function cutText(text, make = (part) => part) {
  if (text.length <= LONGEST_TEXT) return [make(text)];
  const part = el("span", "", make(text.slice(0, LONGEST_TEXT)), "…");
  const more = button(`Show all ${counted(text.length)} characters`, () => { part.replaceChildren(make(text)); more.remove(); }, "more");
  return [part, more];
}
