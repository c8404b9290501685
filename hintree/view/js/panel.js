// Everything about one step: its versions, its figures, the prompt it was written from.
import { citations } from "./citations.js";
import { button, cutText, el, figures, shown } from "./dom.js";
import { linked, stepLink } from "./links.js";
import { actionChip, badge, chip } from "./marks.js";
import { questionTree } from "./questions.js";
import { typeset } from "./rich.js";
import { versionBlock } from "./versions.js";

/** @typedef {import("./tree.js").Tree} Tree */
/** @typedef {import("./links.js").Go} Go */

/** @type {Record<string, string>} */
const ENDED = {d: "a delimiter", e: "the end of the text", l: "its length", o: "a loop, which is left out"};

/**
 * @param {Tree} tree
 * @param {number} id
 * @param {number} time
 * @param {Go} go
 * @param {() => void} copy
 * @returns {Node[]}
 */
export function details(tree, id, time, go, copy) {
  if (!id) return [el("h2", "", "The problem"), body(tree, 0, tree.question), figures([["seed", tree.data.seed], ["steps", tree.size - 1]])];
  const [status, reason] = tree.timeline.statusAt(id, time), later = time < tree.timeline.end;
  const head = el("h2", "", `Step ${id} `, badge(tree.authorOf(id), true), " ", ...actionChip(tree.data.action[id]), " ", chip(tree.timeline.scoreAt(id, time)));
  const fate = el("p", "status", status, ...(reason ? [": ", ...linked(tree, reason, go)] : []), " · after ", after(tree, id, go));
  /** @type {HTMLElement[]} */
  const parts = [head, fate];
  const versions = tree.versions(id).filter((k) => tree.timeline.isThere(k, time));
  if (tree.hint[id] && versions.length < 2) parts.push(el("p", "hint", `Hint: ${tree.hint[id]}`));
  if (tree.data.critique[id]) parts.push(folded("critique", "Critique", tree.data.critique[id]));
  if (versions.length > 1) parts.push(versionBlock(tree, id, time, go));
  const found = tree.data.passages[id], questions = questionTree(tree, id, go);
  if (found) for (const [name, text] of found) parts.push(folded("passage", name, text));
  else if (versions.length < 2 || tree.data.rich[id]) parts.push(body(tree, id, tree.text[id] || "(empty)"));
  parts.push(...citations(tree, id, go));
  if (tree.data.thought[id]) parts.push(folded("thought", "Thought", tree.data.thought[id]));
  if (questions) parts.push(questions);
  const mark = button("Copy path as Markdown", copy);
  mark.id = "copy";
  return [...parts, figures(facts(tree, id, later)), prompt(tree, id), mark];
}

/** A long text behind its name. @param {string} look @param {string} name @param {string} text */
function folded(look, name, text) {
  return el("details", look, el("summary", "", ...cutText(name)), el("p", "", ...cutText(text)));
}

/** @param {Tree} tree @param {number} id @param {Go} go */
function after(tree, id, go) {
  return tree.parent[id] ? stepLink(tree.parent[id], go) : stepLink(0, go, "the problem");
}

/** @param {Tree} tree @param {number} id @param {boolean} later @returns {Array<[string, Node | string | number]>} */
function facts(tree, id, later) {
  const data = tree.data, visits = tree.visits[0] && !later;
  /** @type {Array<[string, Node | string | number]>} */
  const rows = [];
  if (tree.answer[id] !== undefined) rows.push(["answer", tree.answer[id]]);
  if (data.fault[id]) rows.push(["suspected", data.fault[id]]);
  if (data.copyOf[id]) rows.push(["copied from", `step ${data.copyOf[id]}`]);
  rows.push(["tokens", data.hintTokens[id] ? `${data.tokens[id]} (and ${data.hintTokens[id]} for the hint)` : data.tokens[id]]);
  rows.push(["probability", `mean ${shown(data.mean[id])}, least ${shown(data.min[id])}`], ["entropy", `${shown(data.entropy[id])} nats`]);
  if (visits) rows.push(["visits", `n = ${tree.visits[id]}, of the step before N = ${tree.visits[tree.parent[id]]}`]);
  if (visits && tree.visits[id]) rows.push(["value", shown(data.value[id])], ["selection", tree.selectionTerms(id) || "–"]);
  return [...rows, ["ended by", ENDED[data.ended[id]]], ["index", data.index[id]], ["seed", data.key[id]]];
}

/**
 * The text of a step, typeset where it holds markup, with its source behind a button.
 * @param {Tree} tree
 * @param {number} id
 * @param {string} text
 */
export function body(tree, id, text) {
  const rich = tree.data.rich[id], plain = el("div", "whole", ...cutText(text));
  if (!rich) return plain;
  const set = el("div", "whole rich", ...typeset(rich)), box = el("div", "", set);
  const toggle = button("Source", () => {
    const isSource = box.firstChild === plain;
    box.firstChild?.replaceWith(isSource ? set : plain);
    toggle.setAttribute("aria-pressed", String(!isSource));
  }, "more");
  toggle.setAttribute("aria-pressed", "false");
  box.append(toggle);
  return box;
}

/**
 * What its author had read: the question, the steps so far, and the hint; made when it is opened first.
 * @param {Tree} tree
 * @param {number} id
 */
function prompt(tree, id) {
  const box = el("details", "prompt", el("summary", "", "Prompt"));
  box.addEventListener("toggle", () => {
    box.append(el("p", "", ...cutText(tree.question)));
    for (const before of tree.pathTo(tree.parent[id]).slice(1)) box.append(el("p", "", ...cutText(tree.text[before])));
    if (tree.hint[id]) box.append(el("p", "hint", `Hint: ${tree.hint[id]}`));
  }, {once: true});
  return box;
}
