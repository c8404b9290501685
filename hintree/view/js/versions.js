// All versions of a step as one block: in the order in which they came, differences marked, who wrote each, and scores.
import { LONGEST_TEXT, button, counted, cutText, el } from "./dom.js";
import { wordDiff } from "./diff.js";
import { linked, stepLink } from "./links.js";
import { badge, chip } from "./marks.js";

/** @typedef {import("./tree.js").Tree} Tree */
/** @typedef {import("./links.js").Go} Go */
/** @typedef {import("./diff.js").Part} Part */

const AROUND = 120;   // characters of an unchanged part that are shown before and after a change, in long texts
const MOST_PARTS = 400; // parts that are shown before a person asks for the rest

/**
 * @param {Tree} tree
 * @param {number} selected
 * @param {number} time
 * @param {Go} go
 */
export function versionBlock(tree, selected, time, go) {
  const there = tree.versions(selected).filter((id) => tree.timeline.isThere(id, time));
  const block = el("ol", "versions");
  block.setAttribute("aria-label", "Versions of this step, the oldest first");
  for (const id of there) {
    const old = tree.replaces[id], [status, reason] = tree.timeline.statusAt(id, time);
    const head = el("div", "line", stepLink(id, go), badge(tree.authorOf(id), true), ...scores(tree, id, time));
    const item = el("li", `version ${status}`, head);
    if (id === selected) item.setAttribute("aria-current", "true");
    if (tree.hint[id]) item.append(el("p", "hint", `hint: ${tree.hint[id]}`));
    item.append(old === undefined ? el("p", "", ...cutText(tree.text[id] || "(empty)")) : differences(tree.text[old], tree.text[id]));
    const fate = reason || {open: "kept", terminal: "kept"}[status] || status;
    item.append(el("small", "", ...(old === undefined ? [] : ["in place of ", stepLink(old, go), ": "]), ...linked(tree, fate, go)));
    block.append(item);
  }
  return block;
}

/** @param {Tree} tree @param {number} id @param {number} time */
function scores(tree, id, time) {
  const old = tree.replaces[id], now = chip(tree.timeline.scoreAt(id, time));
  return old === undefined ? [now] : [chip(tree.timeline.scoreAt(old, time)), "→", now];
}

/** @param {string} before @param {string} after */
function differences(before, after) {
  const parts = wordDiff(before, after), long = before.length + after.length > LONGEST_TEXT / 10;
  const text = el("p", "diff", ...parts.slice(0, MOST_PARTS).map((part) => shownPart(part, long)));
  if (parts.length > MOST_PARTS) {
    const rest = parts.length - MOST_PARTS;
    const more = button(`Show ${counted(rest)} more parts`, () => {
      more.replaceWith(...parts.slice(MOST_PARTS).map((part) => shownPart(part, long)));
    }, "more");
    text.append(more);
  }
  return text;
}

/** @param {Part} part @param {boolean} long @returns {Node | string} */
function shownPart([kind, words], long) {
  const cut = long && words.length > 3 * AROUND;
  if (kind === "same" && !cut) return words;
  if (kind === "same") {
    const gap = el("span", "gap", ` … ${counted(words.length - 2 * AROUND)} equal characters … `);
    return el("span", "", words.slice(0, AROUND), gap, words.slice(-AROUND));
  }
  return el(kind === "gone" ? "del" : "ins", "", ...cutText(words));
}
