// What happened in which order, and what was known after each event: a replay never shows the future.

/** @typedef {import("./tree.js").Tree} Tree */

/**
 * An event: its kind, the step, and more: the role and number of requests, or a status and its reason.
 * @typedef {[string, number, any]} Event
 */

export class Timeline {
  /** @param {Tree} tree */
  constructor(tree) {
    this.tree = tree;
    this.recorded = tree.data.events !== null;
    /** @type {Event[]} */
    this.events = tree.data.events === null ? derived(tree) : [...tree.data.events, ["answer", tree.chosen, null]];
    this.born = new Int32Array(tree.size);
    this.scored = new Int32Array(tree.size).fill(this.events.length + 1);
    /** @type {Map<number, Array<[number, string, string]>>} Changes of status by step: after which event, and why. */
    this.changes = new Map();
    this.events.forEach(([kind, id, more], k) => {
      if (kind === "step") this.born[id] = k + 1;
      else if (kind === "score") this.scored[id] = Math.min(this.scored[id], k + 1);
      else if (kind === "status") this.changes.set(id, [...(this.changes.get(id) || []), [k + 1, more[0], more[1]]]);
    });
  }

  /** Number of events, which is the time at which everything is known. */
  get end() { return this.events.length; }

  /**
   * Tell whether a step was there after so many events.
   * @param {number} id
   * @param {number} time
   */
  isThere(id, time) { return this.born[id] <= time; }

  /**
   * The score of a step as it was known then.
   * @param {number} id
   * @param {number} time
   */
  scoreAt(id, time) { return this.scored[id] <= time || time >= this.end ? this.tree.score[id] : null; }

  /**
   * Status and reason of a step as they were then.
   * @param {number} id
   * @param {number} time
   * @returns {[string, string]}
   */
  statusAt(id, time) {
    if (time >= this.end) return [this.tree.statusOf(id), this.tree.reason[id] || ""];
    let [status, reason] = [this.tree.answer[id] !== undefined || this.tree.data.ended[id] === "e" ? "terminal" : "open", ""];
    for (const [when, then, why] of this.changes.get(id) || []) if (when <= time) [status, reason] = [then, why];
    return [status, reason];
  }

  /**
   * The step that an event before or at this time is about.
   * @param {number} time
   */
  stepAt(time) { return time > 0 ? this.events[Math.min(time, this.end) - 1][1] : 0; }

  /**
   * An event as a sentence.
   * @param {number} k
   */
  sentence(k) {
    const [kind, id, more] = this.events[k], tree = this.tree;
    if (kind === "request") return `request to the ${more[0]}${more[1] > 1 ? `, ${more[1]} times` : ""}, ${id ? `after step ${id}` : "about the problem"}`;
    if (kind === "step" && id in tree.replaces) return `rewrite: step ${id} by the ${tree.authorOf(id)}, in place of step ${tree.replaces[id]}`;
    if (kind === "step") return `step ${id} by the ${tree.authorOf(id) === "hinted" ? "reasoner under a hint" : tree.authorOf(id)}`;
    if (kind === "score") return `score ${tree.score[id] === null ? "–" : tree.score[id].toFixed(2)} for step ${id}`;
    if (kind === "status") return `step ${id} is ${more[0]}${more[1] ? `: ${more[1]}` : ""}`;
    return tree.answer[id] === undefined ? "no answer" : `answer ${tree.answer[id]}, of step ${id}`;
  }
}

/**
 * Events of a tree that recorded none: steps in their order, each with its score. A step given up for reasons that came
 * later is shown so at the end, or where the version that replaced it was scored.
 * @param {Tree} tree
 * @returns {Event[]}
 */
function derived(tree) {
  /** @type {Event[]} */
  const events = [], late = [];
  /** @type {Map<number, number[]>} */
  const replaced = new Map();
  for (const [old, by] of Object.entries(tree.data.replacedBy)) replaced.set(by, [...(replaced.get(by) || []), +old]);
  /** @param {number} id @returns {Event} */
  const status = (id) => ["status", id, [tree.statusOf(id), tree.reason[id] || ""]];
  for (let id = 1; id < tree.size; id++) {
    events.push(["step", id, null]);
    if (tree.score[id] !== null) events.push(["score", id, null]);
    for (const old of replaced.get(id) || []) events.push(status(old));
    if (id in tree.data.duplicateOf || tree.data.status[id] === "f") events.push(status(id));
    else if (tree.isLost(id) && !(id in tree.data.replacedBy)) late.push(status(id));
  }
  return [...events, ...late, ["answer", tree.chosen, null]];
}
