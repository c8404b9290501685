// The story strip: a line each for the answer, the path, the rewrites, the method and the cost.
import { counted, el, figures, scaled } from "./dom.js";
import { stepLink } from "./links.js";
import { typeset } from "./rich.js";

/** @typedef {import("./tree.js").Tree} Tree */
/** @typedef {import("./links.js").Go} Go */
/** @typedef {import("./types.js").Story} Story */
/** @typedef {Array<Node | string>} Parts */

const MOST = 24; // links to steps in a line

/**
 * The strip of one tree, with its name where several are shown.
 * @param {Tree} tree
 * @param {Go} go
 * @param {boolean} named
 */
export function storyStrip(tree, go, named) {
  const strip = el("section", "story"), list = el("dl");
  strip.setAttribute("aria-label", `Story ${tree.name}`.trim());
  if (named) strip.append(el("h2", "", tree.name));
  for (const [name, parts] of lines(tree, go)) list.append(el("dt", "", name), el("dd", "", ...parts));
  strip.append(list);
  return strip;
}

/**
 * @param {Tree} tree
 * @param {Go} go
 * @returns {Array<[string, Parts]>}
 */
function lines(tree, go) {
  /** @type {Array<[string, Parts]>} */
  const found = [["Answer", answerLine(tree, go)], ["Path", pathLine(tree, go)]];
  const rewrites = rewriteLine(tree, go);
  if (rewrites.length) found.push(["Rewritten", rewrites]);
  if (tree.story) found.push(["Method", methodLine(tree, tree.story)]);
  if (tree.story && Object.values(tree.story.usage).some((usage) => usage.calls)) found.push(["Cost", costLine(tree.story, tree.name)]);
  return found;
}

/**
 * The mark of a verdict: its shape tells it without its colour.
 * @param {boolean} right
 */
export function verdict(right) {
  return el("span", `verdict ${right ? "right" : "wrong"}`, right ? "✓ right" : "✗ wrong");
}

/** @param {Tree} tree @param {Go} go @returns {Parts} */
function answerLine(tree, go) {
  const story = tree.story, answer = story ? story.answer : tree.answer[tree.chosen] ?? null;
  /** @type {Parts} */
  const parts = [answer === null ? el("b", "none", story?.status === "running" ? "none yet" : "none found") : el("b", "said", ...typeset(tree.data.rich[-1] || [answer]))];
  if (!story) return parts;
  if (story.right !== null) parts.push(" ", verdict(story.right));
  if (story.reference !== null) parts.push(` reference ${story.reference}`);
  if (story.confidence !== null) parts.push(dot(), `confidence ${story.confidence.toFixed(2)}`);
  if (story.first_wrong !== null) parts.push(dot(), "first wrong ", stepLink(story.first_wrong, go));
  if (story.status) parts.push(dot(), story.status);
  return parts;
}

/** @param {Tree} tree @param {Go} go @returns {Parts} */
function pathLine(tree, go) {
  const path = tree.path.slice(1), hinted = path.filter((id) => id in tree.hint).length;
  /** @type {Parts} */
  const parts = [`${path.length} of ${counted(tree.size - 1)} steps kept`];
  if (path.length) parts.push(": ", ...chain(path.map((id) => [id]), go));
  if (hinted) parts.push(dot(), `${hinted} under hints`);
  const teacher = path.filter((id) => tree.authorOf(id) === "teacher").length;
  if (teacher) parts.push(dot(), `${teacher} by the teacher`);
  return parts;
}

/** @param {Tree} tree @param {Go} go @returns {Parts} */
function rewriteLine(tree, go) {
  const tried = Object.keys(tree.replaces).map(Number), kept = tree.path.filter((id) => id in tree.replaces);
  /** @type {Map<string, number>} */
  const authors = new Map();
  for (const id of tried) authors.set(byWhom(tree, id), (authors.get(byWhom(tree, id)) || 0) + 1);
  /** @type {Parts} */
  const parts = [];
  kept.slice(0, MOST).forEach((id, k) => {
    parts.push(k ? ", " : "", stepLink(tree.replaces[id], go), " → ", stepLink(id, go, String(id)), ` ${byWhom(tree, id)}`);
  });
  if (tried.length > kept.length) parts.push(kept.length ? "" : "none on the path", dot());
  if (tried.length > kept.length) parts.push(`${counted(tried.length)} tried: ${[...authors].map(([who, n]) => `${counted(n)} ${who}`).join(", ")}`);
  return parts;
}

/** @param {Tree} tree @param {number} id */
function byWhom(tree, id) {
  return tree.authorOf(id) === "hinted" ? "by the reasoner under a hint" : `by the ${tree.authorOf(id)}`;
}

/** @param {Tree} tree @param {Story} story @returns {Parts} */
function methodLine(tree, story) {
  const {preset, ...rest} = story.method, settings = Object.entries(rest);
  const names = settings.flatMap(([, value]) => [dot(), value.replace(/\(.*/su, "")]);
  const summary = el("summary", "", el("b", "", preset || tree.name), ...names, dot(), `seed ${tree.data.seed}`);
  return [el("details", "", summary, el("div", "more-facts", figures(settings)))];
}

/** @param {Story} story @param {string} name @returns {Parts} */
function costLine(story, name) {
  const rows = Object.entries(story.usage).filter(([, usage]) => usage.calls), table = el("table");
  table.append(el("thead", "", row("th", ["role", "model", "calls", "generated", "discarded", "computed", "FLOPs", "seconds"])));
  const body = el("tbody");
  for (const [role, u] of rows)
    body.append(row("td", [role, story.models[role] || "–", counted(u.calls), counted(u.generated_tokens), counted(u.discarded_tokens),
      counted(u.forwarded_tokens), scaled(u.flops), u.seconds.toFixed(2)]));
  table.append(body);
  const summary = el("summary", "", ...rows.flatMap(([role, u], k) => {
    const tokens = u.generated_tokens ? `${counted(u.generated_tokens)} tokens` : `${counted(u.calls)} calls`;
    return [k ? dot() : "", el("span", `role ${role}`, role), story.models[role] ? ` ${story.models[role]}` : "", ` ${tokens}`];
  }));
  const scroller = el("div", "scroller more-facts", table);
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  scroller.setAttribute("aria-label", `Cost per role ${name}`.trim());
  return [el("details", "", summary, scroller)];
}

/** @param {"th" | "td"} tag @param {string[]} cells */
function row(tag, cells) {
  return el("tr", "", ...cells.map((text) => el(tag, "", text)));
}

/** @param {number[][]} groups @param {Go} go @returns {Parts} */
function chain(groups, go) {
  const parts = groups.slice(0, MOST).flatMap(([id], k) => [k ? " → " : "", stepLink(id, go, String(id))]);
  return groups.length > MOST ? [...parts, " …"] : parts;
}

function dot() { return el("span", "dot", " · "); }
