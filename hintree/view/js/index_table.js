// The table of an index. Only rows in sight exist; every row has the same height.
import { counted, el } from "./dom.js";
import { wrongs } from "./index_rows.js";

/** @typedef {import("./index_types.js").IndexData} IndexData */
/** @typedef {import("./index_types.js").Result} Result */
/** @typedef {import("./index_rows.js").State} State */

const ROW = 34, AROUND = 8;
const NARROW = "(max-width: 640px)"; // page.css hides steps, question, reference and tokens there
/** @type {Record<string, string>} */
export const MARKS = {right: "✓", wrong: "✗", ungraded: "?", failed: "!"};

/**
 * A result as its mark and its text, which leads to its tree.
 * @param {Result} result
 * @param {string} page
 * @param {string} back
 */
export function resultLink([mark, text, tree], page, back) {
  const shape = el("span", "mark", MARKS[mark]), words = el("span", "said", text);
  shape.title = mark;
  if (tree < 0 || !page) return el("span", `result ${mark}`, shape, words);
  const link = el("a", `result ${mark}`, shape, words);
  link.href = `${page}#${new URLSearchParams({tree: String(tree), ...(back ? {back} : {})})}`;
  link.setAttribute("aria-label", `${mark}: ${text}`);
  return link;
}

export class ProblemTable {
  /**
   * @param {IndexData} data
   * @param {HTMLElement} scroll
   * @param {HTMLTableElement} table
   * @param {(name: string) => void} onSort
   * @param {(place: number) => void} onSelect
   * @param {() => string} back
   */
  constructor(data, scroll, table, onSort, onSelect, back) {
    this.data = data;
    this.scroll = scroll;
    this.table = table;
    this.onSort = onSort;
    this.onSelect = onSelect;
    this.back = back;
    /** @type {number[]} */
    this.places = [];
    /** @type {State | null} */
    this.state = null;
    this.head = el("thead");
    this.body = el("tbody");
    table.append(this.head, this.body);
    scroll.addEventListener("scroll", () => this.rows());
    this.body.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target), row = /** @type {HTMLElement | null} */ (target.closest("tr[data-place]"));
      if (row && !target.closest("a")) onSelect(Number(row.dataset.place));
    });
  }

  /** @param {number[]} places @param {State} state */
  draw(places, state) {
    this.places = places;
    this.state = state;
    /** @type {Array<[string, string]>} */
    const columns = [["id", "problem"], ["steps", "steps"], ["question", "question"], ["reference", "reference"], ["wrong", "wrong"], ["tokens", "tokens"]];
    const heads = columns.map(([name, label]) => this.heading(name, name, label));
    for (const k of state.arms) heads.push(this.heading(String(k), "arm", this.data.arms[k].name, k));
    this.head.replaceChildren(el("tr", "", ...heads));
    this.table.style.setProperty("--arms", String(state.arms.length));
    this.table.setAttribute("aria-rowcount", String(places.length + 1));
    this.rows();
  }

  /** @param {string} sort @param {string} name @param {string} label @param {number} arm */
  heading(sort, name, label, arm = -1) {
    const cell = el("th", name), state = /** @type {State} */ (this.state), sorted = state.sort === sort;
    cell.setAttribute("aria-sort", sorted ? (state.down ? "descending" : "ascending") : "none");
    const act = el("button", "sort");
    act.type = "button";
    if (arm >= 0) act.append(swatch(this.data.arms[arm]), " ");
    act.append(label, sorted ? el("span", "arrow", state.down ? " ▼" : " ▲") : "");
    act.addEventListener("click", () => this.onSort(sort));
    cell.scope = "col";
    cell.append(act);
    return cell;
  }

  rows() {
    const state = this.state, {scrollTop, clientHeight} = this.scroll;
    if (!state) return;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - AROUND), last = Math.min(this.places.length, Math.ceil((scrollTop + clientHeight) / ROW) + AROUND);
    const shown = this.places.slice(first, last).map((place, k) => this.row(place, first + k, state));
    this.body.replaceChildren(this.space(first), ...shown, this.space(this.places.length - last));
  }

  /** Room of the rows that are not there. @param {number} count */
  space(count) {
    const row = el("tr", "space"), cell = el("td");
    row.setAttribute("aria-hidden", "true");
    cell.colSpan = (matchMedia(NARROW).matches ? 2 : 6) + (this.state?.arms.length || 0);
    cell.style.height = `${count * ROW}px`;
    row.hidden = count === 0;
    row.append(cell);
    return row;
  }

  /** @param {number} place @param {number} at @param {State} state */
  row(place, at, state) {
    const problem = this.data.problems[place], shown = state.arms.map((k) => problem.cells[k]);
    const tokens = shown.flat().reduce((sum, result) => sum + result[4], 0), back = this.back();
    const row = el("tr", place === state.row ? "selected" : "");
    row.dataset.place = String(place);
    row.setAttribute("aria-rowindex", String(at + 2));
    if (place === state.row) row.setAttribute("aria-current", "true");
    const name = el("td", "id");
    const open = el("button", "pick", problem.id || String(place + 1));
    open.type = "button";
    open.addEventListener("click", () => this.onSelect(place));
    name.append(open);
    row.append(name, el("td", "steps", problem.steps === null ? "–" : String(problem.steps)), el("td", "question", el("bdi", "", problem.question)),
      el("td", "reference", problem.reference), el("td", "wrong", String(wrongs(shown))), el("td", "tokens", counted(tokens)));
    for (const cell of shown) row.append(el("td", "arm", ...cell.map((result) => resultLink(result, problem.page, back))));
    return row;
  }

  /** Scroll until a problem is in sight. @param {number} place */
  reach(place) {
    const at = this.places.indexOf(place), head = this.head.offsetHeight;
    if (at < 0) return;
    const top = at * ROW, {scrollTop, clientHeight} = this.scroll;
    if (top < scrollTop || top + ROW > scrollTop + clientHeight - head) this.scroll.scrollTop = top - clientHeight / 2;
    this.rows();
  }
}

/**
 * The mark of an arm in its colour.
 * @param {import("./index_types.js").Arm} arm
 */
export function swatch(arm) {
  const made = el("span", "swatch", arm.mark);
  made.style.color = arm.colour;
  made.setAttribute("aria-hidden", "true");
  return made;
}
