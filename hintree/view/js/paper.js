// What is printed: the whole answer path with hints and versions, in full.
import { el } from "./dom.js";
import { typeset } from "./rich.js";

/** @typedef {import("./tree.js").Tree} Tree */

/**
 * @param {Tree} tree
 * @returns {Node[]}
 */
export function paperOf(tree) {
  const parts = [el("h2", "", `Answer path ${tree.name}`.trim())], list = el("ol", "paper");
  for (const id of tree.path.slice(1)) {
    const score = tree.score[id] === null ? "no score" : `score ${tree.score[id].toFixed(2)}`;
    const item = el("li", "", el("b", "", `Step ${id} ${tree.authorOf(id)}, ${score}`));
    if (tree.hint[id]) item.append(el("p", "hint", `Hint: ${tree.hint[id]}`));
    if (tree.data.critique[id]) item.append(el("p", "hint", `Critique: ${tree.data.critique[id]}`));
    for (const old of tree.versions(id)) {
      if (old === id) continue;
      item.append(el("p", "old", `Version of the ${tree.authorOf(old)}, step ${old}, ${tree.statusOf(old)}: ${tree.text[old]}`));
    }
    item.append(el("div", "whole", ...(tree.data.rich[id] ? typeset(tree.data.rich[id]) : [tree.text[id] || "(empty)"])));
    list.append(item);
  }
  return [...parts, list];
}
