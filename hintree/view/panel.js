"use strict";
// Everything about one step: its versions side by side, its figures, the prompt it was written from.

function details(pane, id, copy) {
  const tree = pane.tree, status = tree.statusAt(id, pane.time);
  const title = id ? `Step ${id}` : "The problem";
  const head = el("h2", "", title, " ", el("span", `badge wide ${tree.authorOf(id)}`, tree.authorOf(id)), " ", pane.chip(id));
  if (!id) return [head, el("p", "whole", tree.question), figures([["id", tree.id || "–"], ["seed", tree.seed], ["steps", tree.size - 1]])];
  const fate = tree.reason[id] ? `${status}: ${tree.reason[id]}` : status;
  const versions = tree.versions(id);
  const parts = [head, el("p", "status", fate)];
  if (versions.length > 1) for (let k = 1; k < versions.length; k++) parts.push(...comparison(pane, tree.replaces[versions[k]], versions[k]));
  else parts.push(el("p", "whole", tree.text[id] || "(empty)"));
  const copyButton = el("button", "", "Copy path as Markdown");
  copyButton.id = "copy";
  copyButton.addEventListener("click", copy);
  return [...parts, figures([
    ["hint", tree.hint[id] || "–"],
    ["answer", tree.answer[id] ?? "–"],
    ["score", shown(tree.score[id])],
    ["tokens", tree.hintTokens[id] ? `${tree.tokens[id]} (and ${tree.hintTokens[id]} for the hint)` : tree.tokens[id]],
    ["probability", `mean ${shown(tree.mean[id])}, least ${shown(tree.min[id])}`],
    ["entropy", `${shown(tree.entropy[id])} nats`],
    ["visits", !tree.visits[0] ? "–" : `n = ${tree.visits[id]}, of the step before N = ${tree.visits[tree.parent[id]]}`],
    ["value", tree.visits[id] ? shown(tree.value[id]) : "–"],
    ["selection", tree.selectionTerms(id) || "–"],
    ["ended by", {d: "a delimiter", e: "the end of the text", l: "its length", o: "a loop, which is left out"}[tree.ended[id]]],
    ["index", tree.index[id]],
    ["seed", tree.key[id]],
  ]), prompt(tree, id), copyButton];
}

/** Two versions of a step, the words that differ marked, with scores and the reason. */
function comparison(pane, before, after) {
  const tree = pane.tree, diff = wordDiff(tree.text[before], tree.text[after]);
  const side = (id, kinds) => {
    const text = el("p", "", ...diff.filter(([kind]) => kinds.includes(kind)).map(([kind, words]) =>
      kind === "same" ? words : el(kind === "gone" ? "del" : "ins", "", words)));
    const head = el("div", "", `step ${id} `, el("span", `badge wide ${tree.authorOf(id)}`, tree.authorOf(id)), " ", pane.chip(id));
    const box = el("div", `version ${STATUS[tree.status[id]]}`, head, text, el("small", "", tree.reason[id] || "kept"));
    if (tree.hint[id]) head.append(el("small", "", ` hint: ${tree.hint[id]}`));
    return box;
  };
  return [el("div", "versions", side(before, ["same", "gone"]), side(after, ["same", "new"]))];
}

function figures(rows) {
  const table = el("dl", "figures");
  for (const [name, value] of rows) table.append(el("dt", "", name), el("dd", "", String(value)));
  return table;
}

/** What its author had read: the question, the steps so far, and the hint; made when it is opened first. */
function prompt(tree, id) {
  const box = el("details", "prompt", el("summary", "", "Prompt"));
  box.addEventListener("toggle", () => {
    box.append(el("p", "", tree.question));
    for (const before of tree.pathTo(tree.parent[id]).slice(1)) box.append(el("p", "", tree.text[before]));
    if (tree.hint[id]) box.append(el("p", "hint", `Hint: ${tree.hint[id]}`));
  }, {once: true});
  return box;
}

/** The path to a step, with the question, as Markdown in which no text is markup. */
function asMarkdown(tree, id) {
  const plain = (text) => text.replace(/\s+/gu, " ").replace(/[!-/:-@[-`{-~]/g, "\\$&");
  const rows = tree.pathTo(id).slice(1).map((step, k) => {
    const score = tree.score[step] === null ? "" : ` ${tree.score[step].toFixed(2)}`;
    return `${k + 1}. \`${tree.authorOf(step)}${score}\` ${plain(tree.text[step])}`;
  });
  const answer = tree.answer[id] === undefined ? [] : ["", `Answer: ${plain(tree.answer[id])}`];
  return [plain(tree.question), "", ...rows, ...answer, ""].join("\n");
}
