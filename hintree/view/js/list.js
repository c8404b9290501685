// The list of open branches. Only rows in sight exist; a row is higher where it shows a hint.
import { el } from "./dom.js";
import { actionChip, badge, chip } from "./marks.js";

/** @typedef {import("./tree.js").Tree} Tree */

const LINE = 28, MORE = 19, INDENT = 16, DEEPEST = 24;
const NARROW = {width: 560, indent: 7, deepest: 12};
const LONGEST = 400; // characters of a text in a row
const MOST_PRINTED = 3000;

/**
 * @typedef {object} View What the list reads: time, selection, what is open, found and left by the filters.
 * @property {Tree} tree
 * @property {number} time
 * @property {number} selected
 * @property {Set<number>} open
 * @property {Set<number>} matches
 * @property {string} prefix
 * @property {(id: number) => boolean} isShown
 */

export class StepList {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    /** @type {number[]} */
    this.rows = [];
    this.tops = new Float64Array(1);
    this.box = el("div", "rows");
    this.box.setAttribute("role", "presentation");
    this.element = el("div", "list", this.box);
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "tree");
    this.element.setAttribute("aria-label", `Steps ${view.tree.name}`.trim());
    this.element.addEventListener("scroll", () => this.draw());
  }

  get narrow() { return this.element.clientWidth < NARROW.width; }

  /** Walk through the open branches, and add up the heights. */
  collect() {
    const {tree, open} = this.view, waiting = [0];
    this.rows = [];
    while (waiting.length) {
      const id = /** @type {number} */ (waiting.pop());
      if (!this.view.isShown(id)) continue;
      this.rows.push(id);
      if (open.has(id)) for (let k = tree.children[id].length - 1; k >= 0; k--) waiting.push(tree.children[id][k]);
    }
    this.tops = new Float64Array(this.rows.length + 1);
    const base = LINE + (this.narrow ? MORE : 0);
    this.rows.forEach((id, k) => { this.tops[k + 1] = this.tops[k] + base + (tree.hint[id] ? MORE : 0); });
    this.box.style.height = `${this.tops[this.rows.length]}px`;
  }

  /** The row at a height. @param {number} height */
  rowAt(height) {
    let low = 0, high = this.rows.length;
    while (low < high) { const mid = (low + high) >> 1; if (this.tops[mid + 1] <= height) low = mid + 1; else high = mid; }
    return low;
  }

  draw(all = false) {
    const top = this.element.scrollTop, first = all ? 0 : Math.max(0, this.rowAt(top) - 4);
    const last = all ? Math.min(MOST_PRINTED, this.rows.length) : Math.min(this.rows.length, this.rowAt(top + this.element.clientHeight) + 5);
    this.box.replaceChildren(...this.rows.slice(first, last).map((id, k) => this.row(id, first + k)));
    const active = this.view.prefix + this.view.selected;
    if (document.getElementById(active)) this.element.setAttribute("aria-activedescendant", active);
    else this.element.removeAttribute("aria-activedescendant");
  }

  /** Scroll until a step is in sight. @param {number} id */
  reach(id) {
    const at = this.rows.indexOf(id), {scrollTop, clientHeight} = this.element;
    if (at >= 0 && (this.tops[at] < scrollTop || this.tops[at + 1] > scrollTop + clientHeight)) {
      this.element.scrollTop = this.tops[at] - clientHeight / 2;
      this.draw();
    }
  }

  /** @param {number} id @param {number} at */
  row(id, at) {
    const {tree, time, selected, open, matches, prefix} = this.view, [status, reason] = tree.timeline.statusAt(id, time);
    const isParent = tree.children[id].some((child) => this.view.isShown(child)), narrow = this.narrow;
    const row = el("div", `row ${status} ${tree.onPath.has(id) ? "path" : ""} ${id in tree.replaces || tree.newer.has(id) ? "versioned" : ""}`);
    row.id = prefix + id;
    row.dataset.id = String(id);
    row.style.top = `${this.tops[at]}px`;
    row.style.height = `${this.tops[at + 1] - this.tops[at]}px`;
    row.style.paddingLeft = `${8 + Math.min(tree.depth[id], narrow ? NARROW.deepest : DEEPEST) * (narrow ? NARROW.indent : INDENT)}px`;
    for (const [name, value] of this.spoken(id, status, isParent)) row.setAttribute(name, value);
    if (id === selected) row.setAttribute("aria-selected", "true");
    if (matches.has(id)) row.classList.add("match");
    const head = el("div", "line", el("span", "toggle", isParent ? (open.has(id) ? "▾" : "▸") : ""));
    if (id) head.append(el("span", "id", String(id)));
    head.append(badge(tree.authorOf(id)), ...actionChip(tree.data.action[id]), chip(tree.timeline.scoreAt(id, time)));
    const found = tree.data.passages[id], whole = found ? `${found.length} passage${found.length > 1 ? "s" : ""}` : tree.text[id] || "(empty)";
    const text = el("bdi", "text", (id ? whole : tree.question).slice(0, LONGEST));
    if (!narrow) head.append(text);
    if (tree.answer[id] !== undefined) head.append(el("span", "answer", tree.answer[id].slice(0, LONGEST)));
    if (status !== "open" && status !== "terminal") head.append(el("span", "fate", reason || status));
    if (tree.hint[id]) row.append(el("div", "hint", `hint: ${tree.hint[id].slice(0, LONGEST)}`));
    row.append(head, ...(narrow ? [text] : []));
    return row;
  }

  /** What a screen reader says about a row. @param {number} id @param {string} status @param {boolean} isParent
   * @returns {Array<[string, string]>} */
  spoken(id, status, isParent) {
    const {tree, open, time} = this.view, siblings = id ? tree.children[tree.parent[id]] : [0], score = tree.timeline.scoreAt(id, time);
    const hint = tree.hint[id] ? `, hint: ${tree.hint[id].slice(0, LONGEST)}` : "";
    const action = tree.data.action[id] ? ` by ${tree.data.action[id]}` : "";
    const what = id ? `Step ${id}, ${tree.authorOf(id)}${action}, ${score === null ? "no score" : `score ${score.toFixed(2)}`}, ${status}${hint}: ${tree.text[id].slice(0, LONGEST)}`
      : `The problem: ${tree.question.slice(0, LONGEST)}`;
    /** @type {Array<[string, string]>} */
    const found = [["role", "treeitem"], ["aria-label", what], ["aria-level", String(tree.depth[id] + 1)],
      ["aria-setsize", String(siblings.length)], ["aria-posinset", String(siblings.indexOf(id) + 1)], ["aria-selected", "false"]];
    return isParent ? [...found, ["aria-expanded", String(open.has(id))]] : found;
  }
}
