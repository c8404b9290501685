// Where steps stand in the picture: leaves side by side, parents centred over their children, folded subtrees as leaves.

/** @typedef {import("./tree.js").Tree} Tree */

/**
 * Columns of all steps; steps inside a folded subtree have its column and are not drawn.
 * @param {Tree} tree
 * @param {Set<number>} folded
 * @param {(id: number) => boolean} isShown
 * @returns {{x: Float32Array, drawn: Uint8Array, columns: number, levels: number}}
 */
export function layOut(tree, folded, isShown) {
  const x = new Float32Array(tree.size), drawn = new Uint8Array(tree.size), order = [], waiting = [0];
  let leaves = 0, levels = 1;
  while (waiting.length) {
    const id = /** @type {number} */ (waiting.pop());
    if (!isShown(id)) continue;
    order.push(id);
    drawn[id] = 1;
    levels = Math.max(levels, tree.depth[id]);
    const children = tree.children[id], before = waiting.length;
    if (!folded.has(id)) for (let k = children.length - 1; k >= 0; k--) if (isShown(children[k])) waiting.push(children[k]);
    if (waiting.length === before) x[id] = leaves++;
  }
  for (let k = order.length - 1; k >= 0; k--) {
    const id = order[k], inside = tree.children[id];
    if (folded.has(id)) continue;
    let first = -1, last = -1;
    for (const child of inside) if (drawn[child]) { if (first < 0) first = child; last = child; }
    if (first >= 0) x[id] = (x[first] + x[last]) / 2;
  }
  return {x, drawn, columns: Math.max(1, leaves - 1), levels};
}
