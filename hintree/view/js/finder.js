// Search and filters.
import { find } from "./dom.js";

/** @typedef {import("./tree.js").Tree} Tree */
/** @typedef {import("./pane.js").Pane} Pane */

/**
 * Steps that hold the words in text, hint, critique, reason, answer, author or action, or have that id; in the order of the search.
 * @param {Tree} tree
 * @param {string} words
 */
export function matching(tree, words) {
  const low = words.trim().toLowerCase(), id = /^#?(\d+)$/.exec(low)?.[1], found = [];
  if (!low) return [];
  for (let i = 1; i < tree.size; i++) {
    const whole = `${tree.text[i]}\n${tree.hint[i] || ""}\n${tree.data.critique[i] || ""}\n${tree.reason[i] || ""}\n${tree.answer[i] ?? ""}\n${tree.authorOf(i)}\n${tree.data.action[i] || ""}`;
    if (String(i) === id || (!low.startsWith("#") && whole.toLowerCase().includes(low))) found.push(i);
  }
  return found;
}

/**
 * The test of the filters that are set; null where none is.
 * @returns {((tree: Tree, id: number) => boolean) | null}
 */
export function chosenFilter() {
  const author = find("author").value, status = find("status").value, low = +find("low").value, high = +find("high").value;
  const rewritten = find("rewritten").checked, any = low === 0 && high === 1;
  if (!author && !status && any && !rewritten) return null;
  return (tree, id) => (!author || tree.authorOf(id) === author) && (!status || tree.statusOf(id) === status)
    && (!rewritten || id in tree.replaces || tree.newer.has(id))
    && (any || tree.score[id] !== null && tree.score[id] >= low && tree.score[id] <= high);
}

/**
 * Filter the trees, and say how many steps pass.
 * @param {Pane[]} panes
 */
export function applyFilters(panes) {
  const passes = chosenFilter();
  for (const pane of panes) pane.filter(passes);
  let left = 0;
  if (passes) for (const {tree} of panes) for (let id = 1; id < tree.size; id++) if (passes(tree, id)) left++;
  find("kept").textContent = passes ? `${left} pass` : "";
}
