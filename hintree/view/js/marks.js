// Small marks of a step: who wrote it, and its score.
import { colour, inkOn } from "./colours.js";
import { el } from "./dom.js";
import { BADGE } from "./tree.js";

/**
 * Who wrote a step, by letter, shape and colour; ``wide`` spells it out.
 * @param {string} author
 */
export function badge(author, wide = false) {
  const made = el("span", `badge ${author}${wide ? " wide" : ""}`, wide ? author : BADGE[author]);
  made.title = author === "hinted" ? "reasoner, under a hint" : author;
  return made;
}

/**
 * The action that wrote a step, as a chip; nothing for a plain step.
 * @param {string | undefined} action
 */
export function actionChip(action) {
  return action ? [el("span", "act", action)] : [];
}

/**
 * A score as a coloured chip with its number; a dash without one.
 * @param {number | null} score
 */
export function chip(score) {
  const made = el("span", "chip", score === null ? "–" : score.toFixed(2));
  made.style.background = colour(score);
  if (score !== null) made.style.color = inkOn(score);
  return made;
}
