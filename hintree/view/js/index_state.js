// What is looked at in an index, in its address: it survives a reload, and can be sent to somebody.

/** @typedef {import("./index_rows.js").State} State */

const WORDS = {q: "", outcome: "", arm: "", sort: "wrong"};
const MOST_ARMS = 6; // arms that are shown at first

/**
 * The state of an address; parts that mean nothing are passed over.
 * @param {string} hash
 * @param {number} arms
 * @param {number} problems
 * @returns {State}
 */
export function fromAddress(hash, arms, problems) {
  const at = new URLSearchParams(hash.replace(/^#/u, ""));
  /** @param {string | null} text @param {number} below */
  const number = (text, below) => /^\d{1,9}$/u.test(text || "") && Number(text) < below ? Number(text) : -1;
  const shown = (at.get("arms") || "").split(".").map((text) => number(text, arms)).filter((k) => k >= 0);
  return {
    q: at.get("q") || WORDS.q,
    outcome: ["right", "wrong", "failed", "ungraded", "differ"].includes(at.get("outcome") || "") ? String(at.get("outcome")) : "",
    arm: number(at.get("arm"), arms) >= 0 ? String(at.get("arm")) : "",
    rewritten: at.get("rewritten") === "1",
    cost: Math.max(0, number(at.get("cost"), 1e9)),
    sort: ["id", "steps", "question", "reference", "tokens"].includes(at.get("sort") || "") || number(at.get("sort"), arms) >= 0 ? String(at.get("sort")) : WORDS.sort,
    down: at.get("down") !== "0",
    arms: shown.length ? [...new Set(shown)] : [...Array(Math.min(arms, MOST_ARMS)).keys()],
    row: number(at.get("row"), problems),
  };
}

/**
 * The address of a state, without what is as at first.
 * @param {State} state
 * @param {number} arms
 */
export function toAddress(state, arms) {
  const at = new URLSearchParams();
  for (const [name, usual] of Object.entries(WORDS)) {
    const value = String(state[/** @type {"q"} */ (name)]);
    if (value !== usual) at.set(name, value);
  }
  if (state.rewritten) at.set("rewritten", "1");
  if (state.cost) at.set("cost", String(state.cost));
  if (!state.down) at.set("down", "0");
  if (state.arms.join() !== [...Array(Math.min(arms, MOST_ARMS)).keys()].join()) at.set("arms", state.arms.join("."));
  if (state.row >= 0) at.set("row", String(state.row));
  return at.toString();
}
