// Steps named in sentences, as links to them.
import { el } from "./dom.js";

/** @typedef {import("./tree.js").Tree} Tree */
/** @typedef {(id: number) => void} Go */

/**
 * A link to a step.
 * @param {number} id
 * @param {Go} go
 * @param {string} label
 */
export function stepLink(id, go, label = `step ${id}`) {
  const link = el("a", "step", label);
  link.href = `#step=${id}`;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(id);
  });
  return link;
}

/**
 * A reason in which every step that it names is a link.
 * @param {Tree} tree
 * @param {string} reason
 * @param {Go} go
 * @returns {Array<Node | string>}
 */
export function linked(tree, reason, go) {
  return reason.split(/(\bsteps? \d+(?: and \d+)*)/u).flatMap((part, k) => {
    if (k % 2 === 0) return [part];
    return part.split(/(\d+)/u).map((piece, at) => {
      const id = +piece;
      return at % 2 && id > 0 && id < tree.size ? stepLink(id, go, piece) : piece;
    });
  });
}
