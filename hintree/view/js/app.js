// The page: one tree or two side by side, and the address that leads back to a step.
import { el, figures, find } from "./dom.js";
import { applyFilters, matching } from "./finder.js";
import { HELP, bindKeys } from "./keys.js";
import { readAgain } from "./live.js";
import { asMarkdown } from "./markdown.js";
import { Pane } from "./pane.js";
import { details } from "./panel.js";
import { paperOf } from "./paper.js";
import { Replay } from "./replay.js";
import { typeset } from "./rich.js";
import { storyStrip } from "./story.js";
import { Tree } from "./tree.js";

/** @type {import("./types.js").PageData} */
const data = JSON.parse(find("data").textContent);
const trees = data.trees.map((columns) => {
  if (data.rich) columns.rich[0] = data.rich;
  return new Tree(columns, data.question);
});
find("others").hidden = !trees.some((tree) => Object.keys(tree.data.action).length);
/** @type {Pane[]} */
let panes = [];
/** @type {Pane} */
let current;
/** @type {Array<[Pane, number]>} */
let found = [];
/** @type {Replay} */
let replay;

/**
 * Show the tree ``left``, and ``right`` beside it unless it is null.
 * @param {number} left
 * @param {number | null} right
 */
function compose(left, right) {
  const numbers = right === null ? [left] : [left, right];
  panes = numbers.map((k, at) => new Pane(trees[k], at, select));
  find("panes").replaceChildren(...panes.map((pane) => pane.element));
  find("stories").replaceChildren(...panes.map((pane) => storyStrip(pane.tree, (id) => select(pane, id), panes.length > 1)));
  for (const name of ["panes", "stories"]) find(name).classList.toggle("two", panes.length === 2);
  find("left").value = left;
  find("right").value = right === null ? "" : right;
  current = panes[0];
  replay.reset(Math.max(...panes.map((pane) => pane.tree.timeline.end)));
  applyFilters(panes);
  showTime(replay.time);
  select(current, current.selected);
}

/**
 * Select a step of a tree, and show everything about it.
 * @param {Pane} pane
 * @param {number} id
 */
function select(pane, id, move = true) {
  current = pane;
  if (move && !pane.isShown(id) && pane.time < pane.tree.timeline.end) replay.go(pane.tree.timeline.born[id]);
  if (move) pane.reveal(id);
  for (const other of panes) other.element.classList.toggle("current", other === pane && panes.length > 1);
  find("details").replaceChildren(...details(pane.tree, id, pane.time, (to) => select(pane, to), copy));
  remember();
}

/** Keep in the address what is looked at. */
function remember() {
  const at = new URLSearchParams({tree: find("left").value, with: find("right").value, pane: String(panes.indexOf(current))});
  if (!data.live || current.selected !== current.tree.chosen) at.set("step", String(current.selected));
  if (replay.time < replay.end) at.set("at", String(replay.time));
  if (find("query").value) at.set("q", find("query").value);
  if (back) at.set("back", back);
  history.replaceState(null, "", `#${at}`);
}

/** Address of the index that a person came from, with its filters. */
let back = "";

/** Go where the address leads; parts that lead nowhere are passed over. */
function follow() {
  const at = new URLSearchParams(location.hash.slice(1));
  /** @param {string} name @param {number} below @param {any} other */
  const number = (name, below, other) => /^\d{1,9}$/.test(at.get(name) || "") && Number(at.get(name)) < below ? Number(at.get(name)) : other;
  back = at.get("back") || "";
  for (const [name, page] of Object.entries(data.links)) find(name).href = page + (back ? `#${name === "index" ? back : new URLSearchParams({back})}` : "");
  compose(number("tree", trees.length, 0), number("with", trees.length, null));
  const pane = panes[number("pane", panes.length, 0)], step = number("step", pane.tree.size, pane.tree.chosen);
  find("query").value = at.get("q") || "";
  search();
  current = pane;
  const time = number("at", replay.end, replay.end);
  replay.go(time);
  select(pane, pane.tree.timeline.isThere(step, time) ? step : pane.tree.timeline.stepAt(time));
}

/** @param {number} time */
function showTime(time) {
  for (const pane of panes) { pane.time = Math.min(time, pane.tree.timeline.end); pane.draw(); }
  const newest = current.tree.timeline.stepAt(current.time);
  if (time < replay.end || !current.isShown(current.selected)) select(current, current.isShown(newest) ? newest : 0);
}

function search() {
  const words = find("query").value;
  found = panes.flatMap((pane) => {
    const ids = matching(pane.tree, words);
    pane.matches = new Set(ids);
    pane.draw();
    return ids.map((id) => /** @type {[Pane, number]} */ ([pane, id]));
  });
  find("count").textContent = words ? `${found.length} found` : "";
}

/** @param {number} by */
function nextMatch(by) {
  if (!found.length) return;
  const here = found.findIndex(([pane, id]) => pane === current && id === current.selected);
  const next = here < 0 ? (by > 0 ? 0 : found.length - 1) : (here + by + found.length) % found.length;
  select(...found[next]);
}

/** Copy without the clipboard interface, which pages from a disk may not use. */
function copy() {
  const box = el("textarea", "copying");
  box.value = asMarkdown(current.tree, current.selected);
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  find("said").textContent = done ? "copied" : "could not copy";
  setTimeout(() => { find("said").textContent = ""; }, 2000);
}

function dark() {
  const root = document.documentElement, set = root.style.colorScheme;
  const isDark = set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.style.colorScheme = isDark ? "light" : "dark";
  for (const pane of panes) pane.draw();
}

/** @param {number} by */
function moveSelection(by) {
  const at = current.rows.indexOf(current.selected) + by;
  if (at >= 0 && at < current.rows.length) select(current, current.rows[at]);
}

/** Right opens, then goes to the first step after; left closes, then goes to the step before. @param {boolean} right */
function sideways(right) {
  const pane = current, id = pane.selected, inside = pane.tree.children[id].length > 0, isOpen = pane.open.has(id) && inside;
  if (right && inside) { if (isOpen) moveSelection(1); else pane.toggle(id, true); }
  if (!right) { if (isOpen) pane.toggle(id, false); else if (id) select(pane, pane.tree.parent[id]); }
}

/** @type {Record<string, () => void>} */
const ACTIONS = {
  ArrowDown: () => moveSelection(1), ArrowUp: () => moveSelection(-1), ArrowRight: () => sideways(true), ArrowLeft: () => sideways(false),
  Enter: () => current.toggle(current.selected), "/": () => find("query").focus(), n: () => nextMatch(1), p: () => nextMatch(-1),
  a: () => select(current, current.tree.chosen), "[": () => replay.go(replay.time - 1), "]": () => replay.go(replay.time + 1),
  " ": () => replay.toggle(), e: () => current.openAll(true), r: () => current.openAll(false), f: () => current.fold(current.selected),
  "+": () => current.picture.zoomAt(1.4), "-": () => current.picture.zoomAt(1 / 1.4), 0: () => current.picture.fit(),
  c: copy, d: dark, "?": () => find("help").showModal(),
};

/** @param {boolean} before */
function print(before) {
  find("paper").replaceChildren(...(before ? panes.flatMap((pane) => paperOf(pane.tree)) : []));
  for (const pane of panes) pane.list.draw(before);
}

function start() {
  find("question").replaceChildren(...(data.rich ? typeset(data.rich) : [data.question]));
  for (const name of ["left", "right"])
    find(name).append(...trees.map((tree, k) => new Option(tree.name || `tree ${k + 1}`, String(k))));
  find("compare").hidden = trees.length < 2;
  find("pages").hidden = !Object.keys(data.links).length;
  for (const name of ["previous", "index", "next"]) find(name).hidden = !(name in data.links);
  replay = new Replay(showTime, () => current.tree);
  /** @param {string} id @param {string} kind @param {() => void} act */
  const on = (id, kind, act) => find(id).addEventListener(kind, act);
  for (const id of ["left", "right"])
    on(id, "change", () => compose(+find("left").value, find("right").value === "" ? null : +find("right").value));
  for (const id of ["author", "status", "low", "high", "rewritten"]) on(id, "change", () => { applyFilters(panes); remember(); });
  on("query", "input", () => { search(); remember(); });
  for (const [id, key] of [["answer", "a"], ["all", "e"], ["only", "r"], ["dark", "d"], ["keys", "?"]]) on(id, "click", ACTIONS[key]);
  const close = el("form", "", el("button", "", "Close"));
  close.method = "dialog";
  find("help").append(el("h2", "", "Keys"), figures(HELP), close);
  bindKeys(ACTIONS, () => current.list.element.focus(), nextMatch);
  find("app").hidden = false;
  follow();
  readAgain(data.live, () => replay.time < replay.end || panes.some((pane) => pane.isMoved));
  addEventListener("hashchange", follow);
  addEventListener("resize", () => panes.forEach((pane) => pane.draw()));
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  requestAnimationFrame(() => { document.documentElement.dataset.ready = performance.now().toFixed(0); });
}

start();
