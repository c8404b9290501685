// The index of a run: its arms, and a table of all problems.
import { button, counted, el, find } from "./dom.js";
import { listed } from "./index_rows.js";
import { fromAddress, toAddress } from "./index_state.js";
import { ProblemTable, resultLink, swatch } from "./index_table.js";
import { readAgain } from "./live.js";

/** @type {import("./index_types.js").IndexData} */
const data = JSON.parse(find("data").textContent);
let state = fromAddress(location.hash, data.arms.length, data.problems.length);
const table = new ProblemTable(data, find("scroll"), find("problems"), sortBy, (place) => select(place), () => toAddress(state, data.arms.length));

/** Filter, sort and show anew, and keep the address. */
function update() {
  const places = listed(data.problems, state), address = toAddress(state, data.arms.length);
  table.draw(places, state);
  find("count").textContent = `${counted(places.length)} of ${counted(data.problems.length)} problems`;
  history.replaceState(null, "", `#${address}`);
  showDetails();
}

/** @param {string} name */
function sortBy(name) {
  state = {...state, sort: name, down: state.sort === name ? !state.down : !["id", "question", "reference"].includes(name)};
  find("scroll").scrollTop = 0;
  update();
}

/** @param {number} place */
function select(place) {
  state = {...state, row: place};
  update();
  table.reach(place);
}

/** Select the problem so many rows further down. @param {number} by */
function move(by) {
  const at = table.places.indexOf(state.row), next = at < 0 ? (by > 0 ? 0 : table.places.length - 1) : at + by;
  if (next >= 0 && next < table.places.length) select(table.places[next]);
}

/** The selected problem in full, with the results of all arms that are shown. */
function showDetails() {
  const problem = data.problems[state.row], box = find("details");
  document.body.classList.toggle("picked", problem !== undefined);
  if (!problem) { box.replaceChildren(el("p", "status", "Select a problem: ↑ and ↓, or a click. Enter opens its tree.")); return; }
  const at = table.places.indexOf(state.row), back = toAddress(state, data.arms.length);
  const moves = el("nav", "moves", button("← previous", () => move(-1)), button("next →", () => move(1)),
    el("span", "status", at < 0 ? "filtered out" : ` ${counted(at + 1)} of ${counted(table.places.length)}`));
  moves.setAttribute("aria-label", "Problems");
  const results = el("ul", "results");
  for (const k of state.arms) {
    const cell = problem.cells[k];
    const parts = cell.flatMap((result) => [resultLink(result, problem.page, back), el("small", "", ` ${counted(result[4])} tokens${result[3] ? `, ${result[3]} rewritten` : ""}`)]);
    results.append(el("li", "", el("b", "", swatch(data.arms[k]), ` ${data.arms[k].name}`), ...(parts.length ? parts : [el("small", "", "no result yet")])));
  }
  box.replaceChildren(moves, el("h2", "", problem.id || `Problem ${state.row + 1}`), el("p", "whole", problem.question), el("p", "status", "reference ", el("b", "", problem.reference)), results, ...beside(problem, back));
}

/** A link to the trees of two arms side by side. @param {import("./index_types.js").Problem} problem @param {string} back */
function beside(problem, back) {
  const trees = state.arms.map((k) => problem.cells[k].find((result) => result[2] >= 0)?.[2]).filter((tree) => tree !== undefined);
  if (trees.length < 2) return [];
  const link = el("a", "beside", `Open ${data.arms[state.arms[0]].name} beside ${data.arms[state.arms[1]].name}`);
  link.href = `${problem.page}#${new URLSearchParams({tree: String(trees[0]), with: String(trees[1]), back})}`;
  return [link];
}

/** The head of several columns. @param {string} text @param {number} columns */
function groupHead(text, columns) {
  const head = el("th", "", text);
  head.colSpan = columns;
  head.scope = "colgroup";
  return head;
}

function showArms() {
  const own = ["arm", "right, 95 % interval", "results", "failed", "ungraded"], sums = [...data.roles, "all", "without scorer"];
  const rows = data.arms.map((arm) => {
    const name = el("th", "", swatch(arm), ` ${arm.name}`);
    name.scope = "row";
    return el("tr", "", name, ...[arm.right, arm.count, arm.failed, arm.ungraded, ...arm.tokens, ...arm.gflops].map((value) => el("td", "", String(value))));
  });
  const blank = el("td");
  blank.colSpan = own.length;
  const groups = el("tr", "", blank, groupHead("tokens per result", data.roles.length), groupHead("GFLOPs per result", sums.length));
  const names = el("tr", "", ...[...own, ...data.roles, ...sums].map((text) => el("th", "", text)));
  find("arms").append(el("thead", "", groups, names), el("tbody", "", ...rows));
}

/** Fields show the state. */
function fillFields() {
  for (const id of ["outcome", "arm"]) find(id).value = state[/** @type {"arm"} */ (id)];
  find("query").value = state.q;
  find("rewritten").checked = state.rewritten;
  find("cost").value = state.cost;
  for (const box of find("columns").querySelectorAll("input")) box.checked = state.arms.includes(Number(box.value));
  const pair = state.arms.length === 2 ? state.arms : [-1, -1];
  find("first").value = String(pair[0]);
  find("second").value = String(pair[1]);
}

function readFields() {
  const shown = [...find("columns").querySelectorAll("input:checked")].map((box) => Number(box.value));
  state = {...state, q: find("query").value, outcome: find("outcome").value, arm: find("arm").value, rewritten: find("rewritten").checked,
    cost: Math.max(0, Math.floor(Number(find("cost").value) || 0)), arms: shown.length ? shown : state.arms};
  find("scroll").scrollTop = 0;
  update();
}

/** Show two arms alone, and only problems on which they differ; or all arms again. */
function compareArms() {
  const pair = [Number(find("first").value), Number(find("second").value)];
  if (pair[0] < 0 && pair[1] < 0) state = {...state, arms: fromAddress("", data.arms.length, 0).arms, outcome: ""};
  else if (pair[0] >= 0 && pair[1] >= 0 && pair[0] !== pair[1]) state = {...state, arms: pair, outcome: "differ", arm: ""};
  else return;
  fillFields();
  update();
}

function start() {
  find("name").textContent = data.name;
  find("progress").textContent = data.progress;
  showArms();
  data.arms.forEach((arm, k) => {
    find("arm").append(new Option(arm.name, String(k)));
    const box = el("input");
    box.type = "checkbox";
    box.value = String(k);
    find("columns").append(el("label", "", el("span", "", swatch(arm), ` ${arm.name}`), box));
  });
  for (const id of ["first", "second"])
    find(id).append(new Option("–", "-1"), ...data.arms.map((arm, k) => new Option(arm.name, String(k))));
  for (const id of ["outcome", "arm", "rewritten", "columns"]) find(id).addEventListener("change", readFields);
  for (const id of ["query", "cost"]) find(id).addEventListener("input", readFields);
  for (const id of ["first", "second"]) find(id).addEventListener("change", compareArms);
  find("dark").addEventListener("click", () => {
    const root = document.documentElement, set = root.style.colorScheme;
    root.style.colorScheme = (set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches) ? "light" : "dark";
  });
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, select")) return;
    const by = {ArrowDown: 1, j: 1, ArrowUp: -1, k: -1}[event.key];
    if (by) { event.preventDefault(); move(by); }
    if (event.key === "/") { event.preventDefault(); find("query").focus(); }
    if (event.key === "Enter" && !target.matches("button, a, summary")) find("details").querySelector("a")?.click();
  });
  readAgain(data.live, () => document.querySelector("details[open]") !== null);
  addEventListener("hashchange", () => { state = fromAddress(location.hash, data.arms.length, data.problems.length); fillFields(); update(); });
  addEventListener("resize", () => table.rows());
  find("app").hidden = false;
  fillFields();
  update();
  if (state.row >= 0) table.reach(state.row);
  requestAnimationFrame(() => { document.documentElement.dataset.ready = performance.now().toFixed(0); });
}

start();
