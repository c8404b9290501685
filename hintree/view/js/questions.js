// The tree of questions on a path: sub-questions, each with those below it and its answer.
import { cutText, el } from "./dom.js";
import { stepLink } from "./links.js";

/** @typedef {import("./tree.js").Tree} Tree */
/** @typedef {import("./links.js").Go} Go */

/**
 * The sub-questions on the path to a step, nested, with their answers; null where there are none.
 * @param {Tree} tree
 * @param {number} id
 * @param {Go} go
 */
export function questionTree(tree, id, go) {
  const {level, yields} = tree.data, asked = tree.pathTo(id).filter((step) => level[step] && yields[step] === "sub_question");
  if (!asked.length) return null;
  const box = el("details", "questions", el("summary", "", `Questions up to here (${asked.length})`));
  /** @type {HTMLElement[]} The entry of the last question of each level; the box stands for the problem. */
  const last = [box];
  for (const step of tree.pathTo(id)) {
    const at = level[step], line = () => [...cutText(tree.text[step]), " ", stepLink(step, go, String(step))];
    if (at && yields[step] === "sub_answer") last[at].append(el("p", "found", ...line()));
    if (!at || yields[step] !== "sub_question") continue;
    last[at] = el("li", "", el("p", "asked", ...line()));
    listIn(last[at - 1]).append(last[at]);
  }
  box.open = true;
  return box;
}

/** The list of an element, made where it has none. @param {HTMLElement} above */
function listIn(above) {
  const made = above.querySelector(":scope > ol") || el("ol");
  if (!made.parentNode) above.append(made);
  return made;
}
