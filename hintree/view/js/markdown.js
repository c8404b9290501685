// A path as Markdown in which no text is markup.

/** @typedef {import("./tree.js").Tree} Tree */

/**
 * The path to a step, with the question, ids, authors, scores, hints and the answer.
 * @param {Tree} tree
 * @param {number} id
 */
export function asMarkdown(tree, id) {
  /** @param {string} text */
  const plain = (text) => text.replace(/\s+/gu, " ").replace(/[!-/:-@[-`{-~]/g, "\\$&");
  const rows = tree.pathTo(id).slice(1).map((step, k) => {
    const score = tree.score[step], hint = tree.hint[step] ? ` *hint: ${plain(tree.hint[step])}*` : "";
    const critique = tree.data.critique[step] ? ` *critique: ${plain(tree.data.critique[step])}*` : "";
    const old = tree.replaces[step] === undefined ? "" : ` (in place of step ${tree.replaces[step]})`;
    const action = tree.data.action[step] ? ` ${plain(tree.data.action[step])}` : "";
    return `${k + 1}. \`${step} ${tree.authorOf(step)}${action}${score === null ? "" : ` ${score.toFixed(2)}`}\`${hint}${critique} ${plain(tree.text[step])}${old}`;
  });
  const answer = tree.answer[id] === undefined ? [] : ["", `Answer: ${plain(tree.answer[id])}`];
  return [plain(tree.question), "", ...rows, ...answer, ""].join("\n");
}
