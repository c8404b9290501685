"use strict";
// The page: one tree or two side by side, the toolbar, the keyboard, and the address that leads back to a step.

const data = JSON.parse(document.getElementById("data").textContent);
const trees = data.trees.map((columns) => new Tree({...columns, question: data.question, id: data.id}));
const find = (id) => document.getElementById(id);
const HELP = [
  ["↑ ↓", "step before, step after"], ["→ ←", "open, close or go to the step before"], ["Enter", "open or close"],
  ["/", "search"], ["n p", "next, previous match"], ["a", "jump to the answer"], ["[ ]", "back and forward in time"],
  ["Space", "replay"], ["e r", "open all, only the chosen path"], ["c", "copy the path as Markdown"], ["d", "dark or light"],
  ["Tab", "the other tree"], ["?", "this help"],
];
let panes = [], current = null, found = [], timer = 0;

/** Show the tree ``left``, and ``right`` beside it unless it is null. */
function compose(left, right) {
  panes = [left, right].filter((k) => k !== null).map((k) => new Pane(trees[k], select));
  panes.forEach((pane, k) => { pane.prefix = `s${k}-`; });
  find("panes").replaceChildren(...panes.map((pane) => pane.element));
  find("panes").classList.toggle("two", panes.length === 2);
  find("left").value = left;
  find("right").value = right === null ? "" : right;
  find("time").max = Math.max(...panes.map((pane) => pane.tree.size - 1));
  find("time").value = find("time").max;
  current = panes[0];
  applyFilters();
  showTime();
  select(current, current.selected);
}

function select(pane, id, move = true) {
  current = pane;
  if (move) pane.reveal(id);
  for (const other of panes) other.element.classList.toggle("current", other === pane && panes.length > 1);
  find("details").replaceChildren(...details(pane, id, copy));
  remember();
}

/** Keep in the address what is looked at. */
function remember() {
  const at = {tree: find("left").value, with: find("right").value, pane: panes.indexOf(current), step: current.selected, at: +find("time").value};
  if (at.at === +find("time").max) delete at.at;
  const words = find("query").value;
  history.replaceState(null, "", "#" + new URLSearchParams({...at, ...(words ? {q: words} : {})}));
}

/** Go where the address leads; parts that lead nowhere are passed over. */
function follow() {
  const at = new URLSearchParams(location.hash.slice(1));
  const number = (name, below, other) => /^\d+$/.test(at.get(name) || "") && +at.get(name) < below ? +at.get(name) : other;
  compose(number("tree", trees.length, 0), number("with", trees.length, null));
  const pane = panes[number("pane", panes.length, 0)];
  find("query").value = at.get("q") || "";
  search();
  find("time").value = number("at", +find("time").max, find("time").max);
  showTime();
  select(pane, number("step", pane.tree.size, pane.tree.chosen));
}

function showTime() {
  const time = +find("time").value;
  for (const pane of panes) { pane.time = Math.min(time, pane.tree.size - 1); pane.draw(); }
  find("clock").textContent = `${time} of ${find("time").max} steps`;
}

function travel(by) {
  find("time").value = +find("time").value + by;
  showTime();
  const newest = Math.min(+find("time").value, current.tree.size - 1);
  select(current, newest);
}

/** Run through the search from its beginning, in about ten seconds. */
function replay() {
  if (timer) { clearInterval(timer); timer = 0; find("play").textContent = "▶"; return; }
  const stride = Math.max(1, Math.round(+find("time").max / 100));
  if (find("time").value === find("time").max) find("time").value = 0;
  find("play").textContent = "❚❚";
  timer = setInterval(() => { travel(stride); if (find("time").value === find("time").max) replay(); }, 100);
}

function search() {
  found = panes.flatMap((pane) => pane.search(find("query").value).map((id) => [pane, id]));
  find("count").textContent = find("query").value ? `${found.length} found` : "";
}

function nextMatch(by) {
  if (!found.length) return;
  const here = found.findIndex(([pane, id]) => pane === current && id === current.selected);
  const next = here < 0 ? (by > 0 ? 0 : found.length - 1) : (here + by + found.length) % found.length;
  select(...found[next]);
}

function applyFilters() {
  const author = find("author").value, status = find("status").value, low = +find("low").value, high = +find("high").value;
  const all = !author && !status && low === 0 && high === 1;
  const passes = (tree, id) => (!author || tree.authorOf(id) === author) && (!status || STATUS[tree.status[id]] === status)
    && (low === 0 && high === 1 || tree.score[id] !== null && tree.score[id] >= low && tree.score[id] <= high);
  for (const pane of panes) pane.filter(all ? null : passes);
  const left = panes.reduce((sum, pane) => sum + (pane.keep ? pane.tree.parent.filter((_, id) => id && passes(pane.tree, id)).length : 0), 0);
  find("kept").textContent = all ? "" : `${left} pass`;
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
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!document.documentElement.style.colorScheme && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.style.colorScheme = isDark ? "light" : "dark";
  for (const pane of panes) pane.drawPicture();
}

function moveSelection(by) {
  const at = current.rows.indexOf(current.selected) + by;
  if (at >= 0 && at < current.rows.length) select(current, current.rows[at]);
}

/** Right opens, then goes to the first step after; left closes, then goes to the step before. */
function sideways(right) {
  const pane = current, id = pane.selected, tree = pane.tree, isOpen = pane.open.has(id) && tree.children[id].length;
  if (right && tree.children[id].length) { if (isOpen) moveSelection(1); else pane.toggle(id, true); }
  if (!right) { if (isOpen) pane.toggle(id, false); else if (id) select(pane, tree.parent[id]); }
}

const KEYS = {
  ArrowDown: () => moveSelection(1), ArrowUp: () => moveSelection(-1), ArrowRight: () => sideways(true), ArrowLeft: () => sideways(false),
  Enter: () => current.toggle(current.selected), "/": () => find("query").focus(), n: () => nextMatch(1), p: () => nextMatch(-1),
  a: () => select(current, current.tree.chosen), "[": () => travel(-1), "]": () => travel(1), " ": replay,
  e: () => current.openAll(true), r: () => current.openAll(false), c: copy, d: dark, "?": () => find("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || find("help").open) return;
  if (event.target.matches("input, select, textarea")) {
    if (event.key === "Escape") current.list.focus();
    if (event.key === "Enter" && event.target.id === "query") nextMatch(event.shiftKey ? -1 : 1);
    return;
  }
  if (event.target.matches("button, summary") && (event.key === "Enter" || event.key === " ")) return;
  if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
});

function start() {
  find("question").textContent = data.question;
  for (const name of ["left", "right"])
    find(name).append(...trees.map((tree, k) => new Option(tree.name || `tree ${k + 1}`, k)));
  find("compare").hidden = trees.length < 2;
  const on = (id, kind, act) => find(id).addEventListener(kind, act);
  for (const id of ["left", "right"])
    on(id, "change", () => compose(+find("left").value, find("right").value === "" ? null : +find("right").value));
  for (const id of ["author", "status", "low", "high"]) on(id, "change", () => { applyFilters(); remember(); });
  on("query", "input", () => { search(); remember(); });
  on("time", "input", () => travel(0));
  on("play", "click", replay);
  on("answer", "click", KEYS.a);
  on("all", "click", KEYS.e);
  on("only", "click", KEYS.r);
  on("dark", "click", dark);
  on("keys", "click", KEYS["?"]);
  find("help").append(figures(HELP), el("form", "", el("button", "", "Close")));
  find("help").lastChild.method = "dialog";
  find("app").hidden = false;
  follow();
  addEventListener("hashchange", follow);
  addEventListener("resize", () => panes.forEach((pane) => pane.draw()));
  addEventListener("beforeprint", () => panes.forEach((pane) => pane.drawRows(true)));
  addEventListener("afterprint", () => panes.forEach((pane) => pane.drawRows()));
  requestAnimationFrame(() => { document.documentElement.dataset.ready = performance.now().toFixed(0); });
}

start();
