// One tree: the columns of the data, and what follows from them. Steps are numbers; 0 is the problem.
import { shown } from "./dom.js";
import { Timeline } from "./timeline.js";

/** @type {Record<string, string>} */
export const STATUS = {o: "open", t: "terminal", p: "pruned", r: "rejected", f: "failed"};
/** @type {Record<string, string>} */
export const AUTHOR = {"-": "problem", r: "reasoner", h: "hinted", t: "teacher", i: "hinter", v: "retriever", f: "verifier"};
/** @type {Record<string, string>} */
export const BADGE = {problem: "?", reasoner: "R", hinted: "H", teacher: "T", hinter: "Hr", retriever: "Rt", verifier: "Vf"};

/** @typedef {import("./types.js").Columns} Columns */

export class Tree {
  /**
   * @param {Columns} data
   * @param {string} question
   */
  constructor(data, question) {
    this.data = data;
    this.question = question;
    this.name = data.name;
    this.story = data.story;
    this.parent = data.parent;
    this.text = data.text;
    this.score = data.score;
    this.visits = data.visits;
    this.hint = data.hint;
    this.reason = data.reason;
    this.replaces = data.replaces;
    this.answer = data.answer;
    this.chosen = data.chosen;
    this.size = data.parent.length;
    this.depth = new Int32Array(this.size);
    /** @type {number[][]} */
    this.children = Array.from({length: this.size}, () => []);
    for (let i = 1; i < this.size; i++) {
      this.children[this.parent[i]].push(i);
      this.depth[i] = this.depth[this.parent[i]] + 1;
    }
    this.levels = this.depth.reduce((a, b) => Math.max(a, b), 1);
    /** @type {Map<number, number[]>} The versions written in place of a step. */
    this.newer = new Map();
    for (const [name, old] of Object.entries(this.replaces)) this.group(+name, old);
    this.path = this.pathTo(this.chosen);
    this.onPath = new Set(this.path);
    this.mostVisits = Math.max(1, this.visits[0], this.visits.reduce((a, b) => Math.max(a, b), 0));
    this.timeline = new Timeline(this);
  }

  /**
   * Place a version beside the one that it replaces.
   * @param {number} id
   * @param {number} old
   */
  group(id, old) {
    this.newer.set(old, [...(this.newer.get(old) || []), id]);
    const siblings = this.children[this.parent[id]];
    siblings.splice(siblings.indexOf(id), 1);
    siblings.splice(siblings.indexOf(old) + 1, 0, id);
  }

  /**
   * The steps from the problem to this one, both included.
   * @param {number} id
   */
  pathTo(id) {
    const path = [];
    for (let i = id; i >= 0; i = this.parent[i]) path.push(i);
    return path.reverse();
  }

  /** @param {number} id */
  authorOf(id) { return AUTHOR[this.data.author[id]]; }

  /** @param {number} id */
  statusOf(id) { return STATUS[this.data.status[id]]; }

  /** True if the search gave the step up. @param {number} id */
  isLost(id) { return "prf".includes(this.data.status[id]); }

  /**
   * All versions of a step in the order in which they came.
   * @param {number} id
   */
  versions(id) {
    let first = id;
    while (first in this.replaces) first = this.replaces[first];
    const all = [first];
    for (let k = 0; k < all.length; k++) all.push(...(this.newer.get(all[k]) || []));
    return all.sort((a, b) => a - b);
  }

  /**
   * The terms that MCTS weighs; c is the search's own constant.
   * @param {number} id
   */
  selectionTerms(id) {
    const p = this.parent[id], n = this.visits[id], all = p >= 0 ? this.visits[p] : 0;
    if (!n || !all) return "";
    const siblings = this.children[p].filter((s) => "ot".includes(this.data.status[s]));
    const sum = siblings.reduce((s, k) => s + this.data.mean[k], 0);
    const prior = sum ? this.data.mean[id] / sum : 0;
    /** @type {Array<[string, number]>} */
    const terms = [
      ["Q", this.data.value[id]],
      ["√(ln N / n)", Math.sqrt(Math.log(all) / n)],
      ["P √N / (1 + n)", prior * Math.sqrt(all) / (1 + n)],
    ];
    return terms.map(([name, x]) => `${name} = ${shown(x)}`).join(", ");
  }
}
